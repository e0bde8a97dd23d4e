package io.jobledger.ledger.h2;

import io.jobledger.files.AtomicFiles;
import io.jobledger.files.PrivateFiles;
import io.jobledger.ledger.LedgerException;
import io.jobledger.ledger.rows.Failures;
import java.io.IOException;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.time.Clock;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import java.util.zip.ZipEntry;
import java.util.zip.ZipInputStream;

/** Makes a ledger from a backup. */
public final class H2Restore {
    private H2Restore() {}

    /**
     * Puts a backup in the place of a ledger that is not there. The backup is unpacked aside, opened to see that it is
     * whole, and only then renamed.
     *
     * @param backup what {@code Ledger.backup} wrote
     * @param ledger where the ledger is to be, without suffix
     * @throws LedgerException of kind {@code UNUSABLE} saying what to do; nothing is left behind
     */
    public static void restore(Path backup, Path ledger, Clock clock) {
        Path target = H2Files.databaseFile(ledger);
        if (Files.exists(target)) {
            throw new LedgerException(
                    LedgerException.Kind.UNUSABLE,
                    "there is a ledger at " + target
                            + " already. Move it away first, or name another place with --ledger");
        }
        Path aside = ledger.resolveSibling("." + target.getFileName() + ".restore-" + UUID.randomUUID());
        try {
            PrivateFiles.createDirectory(target.toAbsolutePath().getParent());
            unpack(backup, H2Files.databaseFile(aside));
            H2Ledger.open(new H2Ledger.Options(aside, 8 * 1024, 1, 1, 0), List.of(), clock)
                    .close();
            // What was known of the ledger that stood here does not bind the one that takes its place. First, so that a
            // kill leaves no new file with an old mark.
            Files.move(
                    LedgerMark.file(H2Files.databaseFile(aside)),
                    LedgerMark.file(target),
                    StandardCopyOption.ATOMIC_MOVE,
                    StandardCopyOption.REPLACE_EXISTING);
            Files.move(H2Files.databaseFile(aside), target, StandardCopyOption.ATOMIC_MOVE);
            AtomicFiles.sync(target.getParent());
        } catch (IOException e) {
            throw new LedgerException(
                    LedgerException.Kind.UNUSABLE,
                    "the backup " + backup + " cannot be restored: " + Failures.text(e),
                    e);
        } finally {
            deleteQuietly(H2Files.databaseFile(aside));
            deleteQuietly(LedgerMark.file(H2Files.databaseFile(aside)));
        }
        takeOver(ledger, target, clock);
    }

    /**
     * A journal that was left has the last events of the ledger that stood here. They come after what was lost, so
     * their numbers are new.
     */
    private static void takeOver(Path ledger, Path target, Clock clock) {
        try {
            if (new Journal("file:", target).isEmpty()) {
                return;
            }
        } catch (IOException e) {
            throw H2Ledger.unusable(target, e);
        }
        H2Salvage.run(ledger, 8 * 1024, clock);
    }

    private static void unpack(Path backup, Path file) throws IOException {
        try (ZipInputStream zip = new ZipInputStream(Files.newInputStream(backup))) {
            for (ZipEntry entry = zip.getNextEntry(); entry != null; entry = zip.getNextEntry()) {
                if (entry.getName().endsWith(".mv.db")) {
                    try (FileChannel out = FileChannel.open(
                            file,
                            Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE),
                            PrivateFiles.fileAttributes(file))) {
                        zip.transferTo(Channels.newOutputStream(out));
                        out.force(true);
                    }
                    return;
                }
            }
        }
        throw new IOException("it holds no ledger; a backup is a zip file that 'jobledger backup' wrote");
    }

    private static void deleteQuietly(Path file) {
        try {
            Files.deleteIfExists(file);
        } catch (IOException e) {
            // Only a temporary copy is left.
        }
    }
}
