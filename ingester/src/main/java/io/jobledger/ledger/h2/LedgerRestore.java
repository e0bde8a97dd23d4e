package io.jobledger.ledger.h2;

import io.jobledger.files.AtomicFiles;
import io.jobledger.files.PrivateFiles;
import io.jobledger.ledger.LedgerException;
import io.jobledger.ledger.Verifier;
import io.jobledger.ledger.rows.Failures;
import io.jobledger.ledger.verify.LogVerifier;
import io.jobledger.log.LogChain;
import io.jobledger.log.LogException;
import io.jobledger.log.LogFact;
import io.jobledger.log.LogHead;
import io.jobledger.log.file.FileLog;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Clock;
import java.util.Comparator;
import java.util.List;
import java.util.UUID;
import java.util.stream.Stream;

/** Makes a ledger from a backup. */
public final class LedgerRestore {
    private LedgerRestore() {}

    /**
     * Puts a backup in the place of a ledger that is not there. It is unpacked aside, its log is verified, and a new
     * epoch begins; only then it takes its place. Its records are computed at the next start.
     *
     * @param backup what {@code Ledger.backup} wrote
     * @param by who restores it
     * @param reason for people
     * @return where its log ends now
     * @throws LedgerException of kind {@code UNUSABLE} saying what to do; nothing is left behind
     */
    public static LogHead restore(Path backup, Path ledger, String by, String reason, Clock clock) {
        return restore(
                new Content() {
                    @Override
                    public LogHead into(Path log, Path delivery) throws IOException {
                        return LedgerBackup.unpack(backup, log, delivery);
                    }

                    @Override
                    public String toString() {
                        return "the backup " + backup;
                    }
                },
                ledger,
                by,
                reason,
                clock);
    }

    /** What a ledger is made from; its text names it for people. */
    public interface Content {
        /**
         * Writes the files of a log into a directory, which is there and empty, and what the mirrors had into a file,
         * where that is known.
         *
         * @return where the log must reach
         * @throws IOException when it is not whole
         */
        LogHead into(Path log, Path delivery) throws IOException;
    }

    /** As the other, from whatever holds a log. */
    public static LogHead restore(Content content, Path ledger, String by, String reason, Clock clock) {
        Path target = ledger.toAbsolutePath().normalize();
        try {
            requireFree(target);
            PrivateFiles.createDirectory(target.getParent());
            Path aside = target.resolveSibling("." + target.getFileName() + ".restore-" + UUID.randomUUID());
            try {
                LedgerDirectory directory = new LedgerDirectory(aside);
                PrivateFiles.createDirectory(directory.log());
                LogHead known = content.into(directory.log(), LedgerBackup.script(directory));
                LogHead head = begin(directory, known, by, reason, clock);
                deliver(directory, known);
                Files.deleteIfExists(target);
                Files.move(aside, target, StandardCopyOption.ATOMIC_MOVE);
                AtomicFiles.sync(target.getParent());
                return head;
            } finally {
                delete(aside);
            }
        } catch (IOException | LogException e) {
            throw new LedgerException(
                    LedgerException.Kind.UNUSABLE, content + " cannot be restored: " + Failures.text(e), e);
        }
    }

    private static void requireFree(Path target) throws IOException {
        try (Stream<Path> files = Files.list(target)) {
            if (files.findAny().isEmpty()) {
                return;
            }
        } catch (NoSuchFileException e) {
            return;
        }
        throw new LedgerException(
                LedgerException.Kind.UNUSABLE,
                "there is a ledger at " + target + " already. Move it away first, or name another place with --ledger");
    }

    private static LogHead begin(LedgerDirectory directory, LogHead known, String by, String reason, Clock clock) {
        try (FileLog log = FileLog.open(directory.log(), FileLog.Options.of(0))) {
            log.require(known, "its manifest");
            new LogVerifier(log, null, null).verify(new Verifier.Question(null, false), new Refusing());
            return epoch(log, log.head(), by, reason, clock);
        }
    }

    /** Begins a new life of the ledger, which may hold less than somebody has seen of it. */
    static LogHead epoch(FileLog log, LogHead before, String by, String reason, Clock clock) {
        return log.append(
                clock.instant(),
                List.of(new LogFact.EpochBegan(
                        Math.max(log.head().epoch(), before.epoch()) + 1, by, reason, before.text())));
    }

    /** What the mirrors had then; they hear again of what the backup's log may have beyond that. */
    private static void deliver(LedgerDirectory directory, LogHead known) throws IOException {
        Path script = LedgerBackup.script(directory);
        if (Files.exists(script)) {
            H2Database.run(directory.delivery(), script);
            enqueued(directory, known.entry());
            Files.delete(script);
        }
        // No records yet, and what mirrors have is whole: nothing need be mended at the start.
        directory.close(new LogHead(1, 0, LogChain.start()));
    }

    /** Entries from there on are not known to the mirrors, whatever had these numbers before. */
    static void enqueued(LedgerDirectory directory, long upTo) throws IOException {
        try (H2Database delivery = directory.openDelivery()) {
            delivery.jdbi().useHandle(handle -> handle.execute("UPDATE enqueued SET entry = LEAST(entry, ?)", upTo));
        }
    }

    private static void delete(Path directory) throws IOException {
        if (Files.exists(directory)) {
            try (Stream<Path> files = Files.walk(directory)) {
                for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                    Files.delete(file);
                }
            }
        }
    }

    /** The first fault ends it. */
    private static final class Refusing implements Verifier.Listener {
        @Override
        public void progress(long entry, long of) {}

        @Override
        public void fault(Verifier.Fault fault) {
            throw new LogException(LogException.Kind.UNUSABLE, "its log is " + fault.what() + ": " + fault.detail());
        }

        @Override
        public void removal(Verifier.Removal removal) {}

        @Override
        public void epoch(Verifier.Epoch epoch) {}
    }
}
