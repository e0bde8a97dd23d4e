package io.jobledger.ledger.postgres;

import static io.jobledger.Wire.run;
import static io.jobledger.Wire.saved;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.jobledger.config.LedgerLocation;
import io.jobledger.ledger.Ledger;
import io.jobledger.ledger.LedgerContract;
import io.jobledger.ledger.LedgerException;
import io.jobledger.ledger.query.PageRequest;
import io.jobledger.ledger.query.RunFilter;
import io.jobledger.log.LogHead;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The ledger on a real PostgreSQL server. */
public class PostgresLedgerTest extends LedgerContract {
    private LedgerLocation.Postgres database;

    public static PostgresLedger.Options options(LedgerLocation.Postgres database) {
        return new PostgresLedger.Options(database, 20_000, 1000, null, Duration.ofMinutes(4), Duration.ofSeconds(30));
    }

    @BeforeEach
    @Override
    public void openLedger() {
        database = PostgresServer.shared().newDatabase();
        super.openLedger();
    }

    @Override
    protected Ledger open(List<String> mirrors) {
        return PostgresLedger.open(options(database), mirrors, clock);
    }

    @Override
    protected Ledger openAnother() {
        return PostgresLedger.open(options(PostgresServer.shared().newDatabase()), List.of(), clock);
    }

    @Test
    void ledgerThatCannotBeOpened_saysWhy_andWhatToDo() throws Exception {
        LedgerLocation.Postgres nowhere =
                new LedgerLocation.Postgres(PostgresServer.shared().url("nowhere"), "postgres", "secret", 2);
        assertUnusable(nowhere, "nowhere", "does not exist", "Make the database first");
        int port;
        try (ServerSocket free = new ServerSocket(0)) {
            port = free.getLocalPort();
        }
        assertUnusable(
                new LedgerLocation.Postgres("jdbc:postgresql://localhost:" + port + "/l?user=u", null, "secret", 2),
                "//localhost:" + port + "/l",
                "Is the server up");
        try (Connection connection = PostgresServer.connect(database);
                Statement sql = connection.createStatement()) {
            sql.execute(
                    "INSERT INTO flyway_schema_history (installed_rank, version, description, type, script, checksum,"
                            + " installed_by, execution_time, success) VALUES (99, '99', 'from the future', 'SQL',"
                            + " 'V99__future.sql', 1, 'x', 1, TRUE)");
        }
        assertUnusable(database, "newer than this program", "version 99");
    }

    private void assertUnusable(LedgerLocation.Postgres location, String... words) {
        assertThatThrownBy(() ->
                        PostgresLedger.open(options(location), List.of(), clock).close())
                .isInstanceOfSatisfying(
                        LedgerException.class, e -> assertThat(e.kind()).isEqualTo(LedgerException.Kind.UNUSABLE))
                .hasMessageContainingAll(words)
                .hasMessageNotContaining("Exception")
                .hasMessageNotContaining("\n")
                .hasMessageNotContaining("secret");
    }

    @Test
    void databaseThatWasPutBack_goesOnInANewEpoch_onceSomebodyAcceptsTheLoss() {
        append(saved(run(1), 1, "h", "p", "j", "a"));
        LogHead told = new LogHead(
                1, ledger.heads().now().entry() + 3, ledger.heads().now().hash());
        assertThatThrownBy(() -> ledger.heads().require(told))
                .isInstanceOfSatisfying(
                        LedgerException.class, e -> assertThat(e.kind()).isEqualTo(LedgerException.Kind.BEHIND));
        ledger.close();
        assertThat(PostgresLedger.acceptLoss(database, "user ada", clock).epoch())
                .isEqualTo(2);
        ledger = open(List.of());
        ledger.heads().require(told);
        append(saved(run(2), 1, "h", "p", "k", "b"));
        assertThat(newest("h", "p", "k").jobId().value()).isEqualTo("b");
        assertThat(newest("h", "p", "j").jobId().value()).isEqualTo("a");
    }

    @Test
    void nulCharacter_inAQuestion_findsNothing() {
        append(saved(run(2), 1, "h", "p", "j", "a", "metadata", Map.of("text", "a\0b")));
        assertThat(newest("h", "p", "j").metadata()).isEqualTo(Map.of("text", "a\0b"));
        assertThat(ledger.audit()
                        .runs(RunFilter.builder().runName("a\0b").build(), PageRequest.first(10))
                        .items())
                .isEmpty();
    }

    @Test
    void backup_isRefused_andTheWayIsNamed() {
        assertThatThrownBy(() -> ledger.backup(Path.of("/nowhere")))
                .isInstanceOfSatisfying(
                        LedgerException.class, e -> assertThat(e.kind()).isEqualTo(LedgerException.Kind.UNSUPPORTED))
                .hasMessageContaining("pg_dump");
    }
}
