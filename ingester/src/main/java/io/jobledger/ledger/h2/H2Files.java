package io.jobledger.ledger.h2;

import io.jobledger.files.AtomicFiles;
import io.jobledger.files.PrivateFiles;
import io.jobledger.ledger.LedgerException;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.Set;
import java.util.function.Consumer;
import org.h2.mvstore.MVStore;
import org.h2.mvstore.MVStoreException;

/**
 * The ledger's file on its way into use. H2 takes a file in which it finds no valid part for a new one and would go on
 * with an empty ledger; so a ledger is made aside and renamed when it is whole, and a file without contents is known to
 * be damaged.
 */
public final class H2Files {
    static final String SUFFIX = ".mv.db";

    private H2Files() {}

    /** The file of a ledger that is named without H2's suffix. */
    public static Path databaseFile(Path base) {
        return base.toAbsolutePath().normalize().resolveSibling(base.getFileName() + SUFFIX);
    }

    /**
     * Sees to it that the ledger's file is there and is one.
     *
     * @param make fills the new, empty database of the path it is given, also without suffix, and closes it
     * @throws LedgerException when the file has lost its contents, or another process is just making it
     */
    public static void prepare(Path base, Consumer<Path> make) throws IOException {
        Path file = databaseFile(base);
        PrivateFiles.createDirectory(file.getParent());
        if (hasBytes(file)) {
            refuseHollow(file);
            return;
        }
        Path aside = file.resolveSibling(base.getFileName() + ".new");
        Path lock = file.resolveSibling(base.getFileName() + ".new.lock");
        try (FileChannel channel = FileChannel.open(
                        lock,
                        Set.of(StandardOpenOption.CREATE, StandardOpenOption.WRITE),
                        PrivateFiles.fileAttributes(lock));
                FileLock held = channel.tryLock()) {
            if (held == null) {
                throw new LedgerException(
                        LedgerException.Kind.UNUSABLE,
                        "the ledger " + file + " is being made by another process. Start this one again in a moment");
            }
            // Another process may have made it while this one came here.
            if (!hasBytes(file)) {
                make(aside, file, make);
            }
            Files.deleteIfExists(lock);
        }
    }

    /** Bytes of a file, -1 when it cannot be asked. */
    static long size(Path file) {
        try {
            return Files.size(file);
        } catch (IOException e) {
            return -1;
        }
    }

    private static boolean hasBytes(Path file) throws IOException {
        return Files.exists(file) && Files.size(file) > 0;
    }

    private static void make(Path aside, Path file, Consumer<Path> make) throws IOException {
        Path made = databaseFile(aside);
        // What an interrupted start left.
        Files.deleteIfExists(made);
        Files.createFile(made, PrivateFiles.fileAttributes(made));
        make.accept(aside);
        PrivateFiles.restrict(made);
        try (FileChannel channel = FileChannel.open(made, StandardOpenOption.WRITE)) {
            channel.force(true);
        }
        Files.move(made, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        AtomicFiles.sync(file.getParent());
    }

    private static void refuseHollow(Path file) {
        try (MVStore store =
                new MVStore.Builder().fileName(file.toString()).readOnly().open()) {
            if (!store.getMapNames().isEmpty()) {
                return;
            }
        } catch (MVStoreException e) {
            // Locked, or damaged in a way that H2 sees itself: opening it says so better.
            return;
        }
        throw damaged(file, "nothing in it can be read", null);
    }

    /** The refusal of a damaged ledger, with the way out. */
    static LedgerException damaged(Path file, String why, Exception cause) {
        return new LedgerException(
                LedgerException.Kind.UNUSABLE,
                "the ledger " + file + " is damaged: " + why
                        + ". Move it away; then put a backup in its place with 'jobledger restore', or move its mark"
                        + " and journal away, too, and fill a new one from a mirror with 'jobledger rebuild'",
                cause);
    }
}
