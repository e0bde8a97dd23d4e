package io.jobledger.cli.serve;

import io.jobledger.auth.FileTokenStore;
import io.jobledger.auth.TokenStore;
import io.jobledger.cli.view.CommandFailed;
import io.jobledger.config.LedgerLocation;
import io.jobledger.config.Settings;
import io.jobledger.ledger.postgres.PostgresAccess;
import io.jobledger.trail.FileTrail;
import io.jobledger.trail.Trail;
import java.nio.file.Path;
import java.time.Clock;
import java.util.function.BiFunction;

/**
 * Where tokens and audit trail are: in the data directory beside an embedded ledger, in the database that ingesters
 * share. Thread-safe.
 *
 * @param tokensIn names the place of the tokens for people
 */
public record AccessStores(TokenStore tokens, Trail trail, String tokensIn, Runnable closing) implements AutoCloseable {
    /** Names of tokens and trail in a copy of the log. */
    public static final String TOKENS = "tokens.json";

    public static final String TRAIL = "audit.jsonl";

    /** For a command that does not open the ledger; brings a database to this program's version. */
    public static AccessStores open(Settings settings, Clock clock) {
        return of(settings, clock, PostgresAccess::open);
    }

    /** For an ingester that has the ledger open. */
    static AccessStores ofOpenLedger(Settings settings, Clock clock) {
        return of(settings, clock, PostgresAccess::new);
    }

    /**
     * Makes sure that nobody finds the ledger open who had closed it: that there are no tokens in the data directory
     * when those in a database count, and it has none.
     *
     * @throws CommandFailed saying what to do
     */
    void passOverNoTokens(Settings settings) {
        Path file = settings.access().tokens();
        if (settings.ledger() instanceof LedgerLocation.Postgres
                && tokens.read().isEmpty()
                && new FileTokenStore(file).read().isPresent()) {
            throw new CommandFailed("the tokens in " + file + " do not count for the ledger " + settings.ledger()
                    + ", which has none. Make some there with 'jobledger token create --ledger …', or move"
                    + " that file away to do without");
        }
    }

    private static AccessStores of(
            Settings settings, Clock clock, BiFunction<LedgerLocation.Postgres, Clock, PostgresAccess> database) {
        if (settings.ledger() instanceof LedgerLocation.Postgres location) {
            PostgresAccess access = database.apply(location, clock);
            return new AccessStores(access.tokens(), access.trail(), location.toString(), access::close);
        }
        return new AccessStores(
                new FileTokenStore(settings.access().tokens()),
                new FileTrail(settings.access().auditTrail(), clock),
                settings.access().tokens().toString(),
                () -> {});
    }

    @Override
    public void close() {
        closing.run();
    }
}
