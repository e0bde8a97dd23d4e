package io.jobledger.ledger.h2;

import io.jobledger.ledger.LedgerException;
import io.jobledger.ledger.rows.Failures;
import io.jobledger.log.LogException;
import io.jobledger.log.LogHead;
import io.jobledger.log.file.FileLog;
import java.io.IOException;
import java.nio.file.Path;

/** Computes the records of a ledger that no ingester has open again from its log. */
public final class LedgerComputing {
    private LedgerComputing() {}

    /** Hears how far it is. */
    public interface Progressing {
        void at(long entry, long of);
    }

    /**
     * Throws the records away and computes them again.
     *
     * @throws LedgerException of kind {@code UNUSABLE} when there is no ledger, it is in use, or its log is not whole
     */
    public static LogHead run(Path ledger, int cacheKib, Progressing progress) {
        LedgerDirectory directory = new LedgerDirectory(ledger);
        directory.requireLog();
        try (FileLog log = FileLog.open(directory.log(), FileLog.Options.of(0))) {
            directory.takeClosed();
            H2Database.delete(directory.projections());
            long of = log.head().entry();
            LogHead applied;
            try (Projections projections = Projections.open(directory, cacheKib)) {
                applied = H2SecondPlace.project(projections, log, of, entry -> progress.at(entry, of));
            }
            directory.close(applied);
            return applied;
        } catch (IOException | LogException e) {
            throw new LedgerException(LedgerException.Kind.UNUSABLE, Failures.text(e), e);
        }
    }
}
