package io.jobledger.ledger.jdbc;

import io.jobledger.ledger.LedgerException;
import java.util.Arrays;
import javax.sql.DataSource;
import org.flywaydb.core.Flyway;
import org.flywaydb.core.api.MigrationInfo;

/**
 * Brings a database to this program's version. Flyway lets one process at a time do it; the others wait and find it
 * done.
 */
public final class Migrations {
    private Migrations() {}

    /**
     * Runs what is missing.
     *
     * @param ledger names the ledger for a message
     * @param folders those of {@code migrations} that are for this database
     * @throws LedgerException of kind {@code UNUSABLE} when a newer program has been here
     */
    public static void run(DataSource database, String ledger, String... folders) {
        Flyway flyway = Flyway.configure()
                .dataSource(database)
                .locations(Arrays.stream(folders)
                        .map(folder -> "classpath:migrations/" + folder)
                        .toArray(String[]::new))
                .cleanDisabled(true)
                .baselineOnMigrate(false)
                .load();
        for (MigrationInfo migration : flyway.info().all()) {
            if (migration.getState().name().startsWith("FUTURE")) {
                throw new LedgerException(
                        LedgerException.Kind.UNUSABLE,
                        ledger + " is newer than this program: it has version " + migration.getVersion()
                                + ", which this program does not know. Start the newer Jobledger that wrote it, or"
                                + " name another ledger with --ledger");
            }
        }
        flyway.migrate();
    }
}
