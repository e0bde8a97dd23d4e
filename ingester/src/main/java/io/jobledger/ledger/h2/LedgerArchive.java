package io.jobledger.ledger.h2;

import io.jobledger.ledger.LedgerException;
import io.jobledger.ledger.Verifier;
import io.jobledger.ledger.verify.LogVerifier;
import io.jobledger.log.EventLog;
import io.jobledger.log.file.FileLog;
import java.io.IOException;
import java.nio.file.Path;
import java.util.function.LongConsumer;
import org.jdbi.v3.core.Jdbi;

/** A ledger's directory that is only looked at: one that no ingester has open, or a copy of it. Thread-safe. */
public final class LedgerArchive implements AutoCloseable {
    private static final int CACHE_KIB = 8 * 1024;

    private final FileLog log;
    private final Projections projections;
    private final LedgerDirectory directory;

    private LedgerArchive(LedgerDirectory directory, FileLog log, Projections projections) {
        this.directory = directory;
        this.log = log;
        this.projections = projections;
    }

    /**
     * Opens it; nothing is appended.
     *
     * @param records whether its records are wanted, too
     * @throws LedgerException of kind {@code UNUSABLE} when there is none, it is in use, or it cannot be read
     */
    public static LedgerArchive open(Path path, boolean records) {
        LedgerDirectory directory = new LedgerDirectory(path);
        directory.requireLog();
        FileLog log = null;
        try {
            log = FileLog.open(directory.log(), FileLog.Options.of(0));
            Projections projections = records ? Projections.open(directory, CACHE_KIB) : null;
            if (projections != null) {
                log.require(projections.applied(), directory.projections().toString());
            }
            return new LedgerArchive(directory, log, projections);
        } catch (IOException | RuntimeException e) {
            if (log != null) {
                log.close();
            }
            throw directory.unusable(e);
        }
    }

    /** What it acknowledged; to be read only. */
    public EventLog log() {
        return log;
    }

    /**
     * Its records, once they have all that is in the log; works what they lack into them.
     *
     * @param progress hears now and then how far they are
     */
    public Jdbi records(LongConsumer progress) {
        H2SecondPlace.project(projections, log, log.head().entry(), progress);
        return projections.jdbi();
    }

    public Verifier verifier() {
        return new LogVerifier(
                log, projections == null ? null : projections.jdbi(), () -> H2SecondPlace.below(directory.path()));
    }

    @Override
    public void close() {
        if (projections != null) {
            projections.close();
        }
        log.close();
    }
}
