package io.jobledger.ledger.postgres;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.jobledger.TestClock;
import io.jobledger.auth.Scope;
import io.jobledger.auth.Token;
import io.jobledger.auth.TokenAdmin;
import io.jobledger.auth.TokenStore;
import io.jobledger.auth.TokenStoreContract;
import io.jobledger.auth.TokenStoreException;
import io.jobledger.auth.Tokens;
import io.jobledger.config.LedgerLocation;
import io.jobledger.ledger.jdbc.JdbcLedger;
import io.jobledger.trail.Act;
import io.jobledger.trail.Trail;
import io.jobledger.trail.TrailContract;
import io.jobledger.trail.TrailException;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Tokens and audit trail in a PostgreSQL database. */
class PostgresAccessTest {
    private final LedgerLocation.Postgres database = PostgresServer.shared().newDatabase();
    private final List<PostgresAccess> open = new ArrayList<>();

    /** One more process on the same database. */
    private synchronized PostgresAccess access(Clock clock) {
        PostgresAccess access =
                open.isEmpty() ? PostgresAccess.open(database, clock) : new PostgresAccess(database, clock);
        open.add(access);
        return access;
    }

    @AfterEach
    void closeAll() {
        open.forEach(PostgresAccess::close);
    }

    private void sql(String sql) throws SQLException {
        try (Connection connection = PostgresServer.connect(database);
                Statement statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }

    /** The tokens. */
    @Nested
    class TokensTest extends TokenStoreContract {
        @Override
        protected TokenStore store() {
            return access(clock).tokens();
        }

        @Test
        void damagedRow_isRefused_andNoPassingFault() throws SQLException {
            TokenStore store = store();
            new TokenAdmin(store, acts, clock).create(EnumSet.of(Scope.READ), "ci", null, "test");
            sql("UPDATE access_tokens SET scopes = 'root'");
            assertThatThrownBy(store::read)
                    .isInstanceOfSatisfying(
                            TokenStoreException.class,
                            e -> assertThat(e.isPassing()).isFalse())
                    .hasMessageContaining("damaged");
            assertThatThrownBy(() -> new Tokens(store, clock)).isInstanceOf(TokenStoreException.class);
        }

        @Test
        void adoptedTokens_areThoseOfTheOtherStore_andWhatIsRevokedThereIsRevokedHere() {
            TokenAdmin admin = admin();
            Token made =
                    admin.create(EnumSet.of(Scope.READ), "here", null, "test").token();
            Token other = new Token(
                    "0badcafe", "there", EnumSet.of(Scope.ADMIN), "0".repeat(64), clock.instant(), null, null, null);
            PostgresTokens store = (PostgresTokens) store();
            store.adopt(List.of(other));
            store.adopt(List.of(other));
            assertThat(store.read().orElseThrow()).containsExactly(made, other);
            store.adopt(List.of(other.revoked(clock.instant())));
            store.adopt(List.of(other));
            assertThat(store.read().orElseThrow()).containsExactly(made, other.revoked(clock.instant()));
        }
    }

    /** The audit trail. */
    @Nested
    class TrailTest extends TrailContract {
        private PostgresAccess first;

        @BeforeEach
        void open() {
            first = access(Clock.systemUTC());
        }

        @Override
        protected Trail trail(Instant now) {
            return new PostgresTrail(
                    JdbcLedger.jdbi(() -> PostgresServer.connect(database)), "here", new TestClock(now));
        }

        @Test
        void line_saysFromWhereTheDatabaseWasTold() {
            first.trail().record(new Act("prune", "ann", "10.0.0.1", Map.of("via", "forged")));
            assertThat(lines())
                    .singleElement()
                    .satisfies(line -> assertThat(line.get("via").textValue()).matches("127\\.0\\.0\\.1|::1"));
        }
    }

    @Test
    void databaseThatIsAway_isAPassingFault_andActsAreNotDone(@TempDir Path directory) {
        try (PostgresServer server = new PostgresServer(directory.resolve("server"));
                PostgresAccess access = PostgresAccess.open(server.newDatabase(), Clock.systemUTC())) {
            TokenAdmin admin = new TokenAdmin(access.tokens(), access.trail(), Clock.systemUTC());
            admin.create(EnumSet.of(Scope.READ), "before", null, "test");
            server.stop();
            assertThatThrownBy(access.tokens()::read)
                    .isInstanceOfSatisfying(
                            TokenStoreException.class,
                            e -> assertThat(e.isPassing()).isTrue())
                    .hasMessageContaining("try again");
            assertThatThrownBy(() -> admin.create(EnumSet.of(Scope.READ), "meanwhile", null, "test"))
                    .isInstanceOf(TokenStoreException.class);
            assertThatThrownBy(() -> access.trail().record(new Act("prune", "ann", "local", Map.of())))
                    .isInstanceOf(TrailException.class)
                    .hasMessageContaining("nothing was done");
            server.startAgain();
            // The pool takes some seconds to try again.
            await().atMost(Duration.ofMinutes(1))
                    .ignoreExceptionsMatching(e -> e instanceof TokenStoreException || e instanceof TrailException)
                    .until(() -> admin.create(EnumSet.of(Scope.READ), "after", null, "test") != null);
            assertThat(admin.list()).extracting(Token::name).containsExactly("before", "after");
        }
    }
}
