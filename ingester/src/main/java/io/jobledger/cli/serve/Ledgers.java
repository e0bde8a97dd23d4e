package io.jobledger.cli.serve;

import io.jobledger.config.LedgerLocation;
import io.jobledger.config.Settings;
import io.jobledger.ledger.Ledger;
import io.jobledger.ledger.h2.EmbeddedLedger;
import io.jobledger.ledger.postgres.PostgresLedger;
import java.time.Clock;
import java.util.List;

/** Opens the ledger that the settings name: the one place that knows which there are. */
public final class Ledgers {
    private Ledgers() {}

    /**
     * Opens it, and brings it to this program's version.
     *
     * @param mirrors URIs of the mirrors to feed
     * @throws LedgerException of kind {@code UNUSABLE} that says what to do
     */
    public static Ledger open(Settings settings, List<String> mirrors, Clock clock) {
        LedgerLocation location = settings.ledger();
        if (location instanceof LedgerLocation.Postgres database) {
            return PostgresLedger.open(
                    new PostgresLedger.Options(
                            database,
                            settings.queueEvents(),
                            settings.commitEvents(),
                            settings.eventRetention(),
                            settings.mirrorClaim(),
                            settings.queryTimeout()),
                    mirrors,
                    clock);
        }
        LedgerLocation.File file = (LedgerLocation.File) location;
        return EmbeddedLedger.open(
                new EmbeddedLedger.Options(
                        file.base(),
                        (int) (settings.ledgerCache() / 1024),
                        settings.queueEvents(),
                        settings.commitEvents(),
                        settings.minFree(),
                        settings.queryTimeout()),
                mirrors,
                clock);
    }
}
