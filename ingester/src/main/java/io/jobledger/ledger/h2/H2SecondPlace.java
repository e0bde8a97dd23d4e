package io.jobledger.ledger.h2;

import io.jobledger.files.PrivateFiles;
import io.jobledger.ledger.rows.Failures;
import io.jobledger.ledger.verify.SecondPlace;
import io.jobledger.log.EventLog;
import io.jobledger.log.LogHead;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.UUID;
import java.util.function.LongConsumer;
import org.jdbi.v3.core.Jdbi;

/** Projections in a temporary H2 file. */
public final class H2SecondPlace implements SecondPlace {
    private static final int CACHE_KIB = 8 * 1024;
    private static final int GROUP = 4000;

    private final LedgerDirectory directory;
    private final Projections projections;

    private H2SecondPlace(LedgerDirectory directory, Projections projections) {
        this.directory = directory;
        this.projections = projections;
    }

    /** Makes an empty one in a directory of its own below {@code parent}. */
    public static H2SecondPlace below(Path parent) {
        LedgerDirectory directory = new LedgerDirectory(parent.resolve("projected-again-" + UUID.randomUUID()));
        try {
            PrivateFiles.createDirectory(directory.path());
            return new H2SecondPlace(directory, Projections.open(directory, CACHE_KIB));
        } catch (IOException e) {
            throw Failures.of("there is no place to compute the records again", e);
        }
    }

    @Override
    public void project(EventLog log, long upTo, LongConsumer progress) {
        project(projections, log, upTo, progress);
    }

    /** Projects on from where the projections are; returns where they are then. */
    static LogHead project(Projections projections, EventLog log, long upTo, LongConsumer progress) {
        try {
            while (projections.applied().entry() < upTo) {
                LogHead before = projections.applied();
                GroupApply.run(
                        projections, before, LogSteps.after(log, before, GROUP, upTo), (names, head, received) -> {});
                progress.accept(projections.applied().entry());
            }
            return projections.applied();
        } catch (SQLException e) {
            throw Failures.of("the records could not be computed again", e);
        }
    }

    @Override
    public Jdbi jdbi() {
        return projections.jdbi();
    }

    @Override
    public void close() {
        projections.close();
        try {
            H2Database.delete(directory.projections());
            Files.delete(directory.path());
        } catch (IOException e) {
            Projector.LOG.warn("The temporary directory {} could not be removed: {}", directory.path(), e.toString());
        }
    }
}
