package io.jobledger.ledger.h2;

import io.jobledger.event.BatchDecoder;
import io.jobledger.files.AtomicFiles;
import io.jobledger.files.PrivateFiles;
import io.jobledger.ledger.LedgerException;
import io.jobledger.ledger.chain.LedgerHead;
import io.jobledger.ledger.jdbc.JdbcLedger;
import io.jobledger.ledger.jdbc.Migrations;
import io.jobledger.ledger.project.LedgerWriter;
import io.jobledger.ledger.project.WriterMemory;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Clock;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import org.jdbi.v3.core.Handle;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Makes a ledger that is refused for what it has lost one that can be used again, with what is left. For an operator
 * who has decided so.
 */
public final class H2Salvage {
    private static final Logger LOG = LoggerFactory.getLogger(H2Salvage.class);
    private static final DateTimeFormatter STAMP =
            DateTimeFormatter.ofPattern("yyyyMMdd'T'HHmmss'Z'").withZone(ZoneOffset.UTC);

    private H2Salvage() {}

    /**
     * What was found and what was done.
     *
     * @param known number of an event that is known to have been acknowledged; 0 when nothing is known
     * @param before number of the last event in the ledger's file
     * @param stored events of the journal that were stored again; they follow under new numbers where those before them
     *     are lost
     * @param evidence directory with a copy of all files as they were
     */
    public record Outcome(long known, long before, long stored, Path evidence) {}

    /**
     * Keeps a copy of every file of the ledger aside, stores what the journal still has, and begins to count from
     * there.
     *
     * @param base the ledger's path without suffix
     * @throws LedgerException of kind {@code UNUSABLE} when there is no ledger that can be opened, or it is in use;
     *     nothing is changed then
     */
    public static Outcome run(Path base, int cacheKib, Clock clock) {
        Path file = H2Files.databaseFile(base);
        H2Ledger.claim(file);
        try {
            if (!Files.exists(file) || Files.size(file) == 0) {
                throw new LedgerException(
                        LedgerException.Kind.UNUSABLE,
                        "there is no ledger at " + file + ", so nothing is left that could be kept. "
                                + LedgerMark.WAYS);
            }
            H2Files.prepare(base, made -> {});
            try (H2Connections probe = H2Connections.readOnly(base, cacheKib)) {
                JdbcLedger.jdbi(probe).withHandle(LedgerHead::read);
            }
            return salvage(base, file, cacheKib, clock);
        } catch (Exception e) {
            throw H2Ledger.unusable(file, e);
        } finally {
            H2Ledger.release(file);
        }
    }

    private static Outcome salvage(Path base, Path file, int cacheKib, Clock clock) throws Exception {
        Journal journal = new Journal("file:", file);
        long known = known(file);
        Path evidence = keep(file, journal, clock);
        long before;
        long stored;
        try (H2Connections connections = new H2Connections(base, cacheKib, "file:")) {
            Migrations.run(connections.dataSource(), "the ledger " + file, "common");
            try (Handle handle = JdbcLedger.jdbi(connections).open()) {
                before = LedgerHead.read(handle).entry();
                stored = store(handle, journal);
                handle.execute("CHECKPOINT SYNC");
                LedgerHead head = LedgerHead.read(handle);
                Files.deleteIfExists(LedgerMark.file(file));
                try (LedgerMark mark = LedgerMark.of("file:", file)) {
                    mark.opened(head.entry(), head.removals());
                }
            }
        }
        journal.drop(Long.MAX_VALUE);
        LOG.warn(
                "The ledger {} goes on with what is left: {} events were known, its file had {}, its journal gave {}"
                        + " more; the files as they were are in {}",
                file,
                known,
                before,
                stored,
                evidence);
        return new Outcome(known, before, stored, evidence);
    }

    private static long known(Path file) throws IOException {
        try (LedgerMark mark = LedgerMark.of("file:", file)) {
            return mark.facts().events();
        } catch (LedgerException e) {
            LOG.warn("{}", e.getMessage());
            return 0;
        }
    }

    private static long store(Handle handle, Journal journal) throws Exception {
        List<Integer> mirrors = handle.createQuery("SELECT mirror_id FROM mirrors")
                .mapTo(Integer.class)
                .list();
        long[] stored = new long[1];
        journal.salvage((step, events) -> {
            handle.begin();
            LedgerWriter writer = new LedgerWriter(
                    handle,
                    new H2WriteTransaction(handle, mirrors, new WriterMemory(0)),
                    step.place().head().received());
            writer.write(List.of(events.stream().map(BatchDecoder::again).toList()));
            handle.commit();
            stored[0] += writer.fresh().size();
        });
        return stored[0];
    }

    /** A copy of all files, synced. */
    private static Path keep(Path file, Journal journal, Clock clock) throws IOException {
        Path evidence = file.resolveSibling(
                file.getFileName() + ".damaged-" + STAMP.format(clock.instant().truncatedTo(ChronoUnit.SECONDS)));
        if (Files.exists(evidence)) {
            throw new IOException(evidence + " is there already; try again in a second");
        }
        PrivateFiles.createDirectory(evidence);
        List<Path> files = new ArrayList<>(journal.paths());
        files.add(file);
        files.add(LedgerMark.file(file));
        for (Path each : files) {
            if (Files.exists(each)) {
                Path copy = evidence.resolve(each.getFileName());
                Files.copy(each, copy);
                PrivateFiles.restrict(copy);
                try (FileChannel channel = FileChannel.open(copy, StandardOpenOption.WRITE)) {
                    channel.force(true);
                }
            }
        }
        AtomicFiles.sync(evidence);
        AtomicFiles.sync(evidence.getParent());
        return evidence;
    }
}
