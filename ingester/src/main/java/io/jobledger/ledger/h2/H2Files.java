package io.jobledger.ledger.h2;

import io.jobledger.ledger.Ledger;
import io.jobledger.log.LogFiles;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.jdbi.v3.core.Jdbi;

/** The log's files, and what the mirrors have as SQL. */
record H2Files(LogFiles log, Jdbi outbox) implements Ledger.Copied {
    /** With more, a mirror has been away for long: what it lacks is worked out again after a restore. */
    private static final long MOST_ENTRIES = 20_000;

    @Override
    public byte[] delivery() {
        return outbox.withHandle(handle -> {
            long entries = handle.createQuery("SELECT COUNT(*) FROM outbox")
                    .mapTo(Long.class)
                    .one();
            return entries > MOST_ENTRIES ? null : bytes(LedgerBackup.script(handle));
        });
    }

    private static byte[] bytes(List<String> script) {
        return String.join("\n", script).getBytes(StandardCharsets.UTF_8);
    }
}
