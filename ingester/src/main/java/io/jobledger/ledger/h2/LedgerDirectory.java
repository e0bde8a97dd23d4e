package io.jobledger.ledger.h2;

import io.jobledger.files.AtomicFiles;
import io.jobledger.ledger.LedgerException;
import io.jobledger.ledger.rows.Failures;
import io.jobledger.log.LogException;
import io.jobledger.log.LogHead;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Optional;

/**
 * Where the parts of an embedded ledger are. {@code closed} says that it was closed properly, and up to which entry the
 * projections were then.
 */
public record LedgerDirectory(Path path) {
    static final String SUFFIX = ".mv.db";
    /** Memory for the page cache of what the mirrors lack. */
    private static final int DELIVERY_CACHE_KIB = 2048;

    /** The directory of the log's segments: with it everything else can be made again, or is only delivery state. */
    public Path log() {
        return path.resolve("log");
    }

    /** The projections, without H2's suffix. */
    public Path projections() {
        return path.resolve("projections");
    }

    /** What each mirror has, without H2's suffix. */
    public Path delivery() {
        return path.resolve("delivery");
    }

    /** @throws LedgerException of kind {@code UNUSABLE} when there is no log */
    void requireLog() {
        if (!Files.isDirectory(log())) {
            throw new LedgerException(LedgerException.Kind.UNUSABLE, "there is no ledger at " + path);
        }
    }

    /** Opens what the mirrors have, or begins it. */
    H2Database openDelivery() throws IOException {
        return new H2Database(delivery(), DELIVERY_CACHE_KIB, "delivery", "h2");
    }

    /** Why the ledger cannot be opened, and what to do. */
    LedgerException unusable(Exception e) {
        if (e instanceof LedgerException known) {
            return known;
        }
        return new LedgerException(
                LedgerException.Kind.UNUSABLE,
                e instanceof LogException
                        ? e.getMessage()
                        : "the ledger " + path + " cannot be opened: " + Failures.text(e),
                e);
    }

    /** What the mirrors have cannot be used: they get every name once more. The file is kept beside its place. */
    void setDeliveryAside() throws IOException {
        Path file = H2Database.file(delivery());
        Path aside = file.resolveSibling(file.getFileName() + ".damaged");
        Files.move(file, aside, StandardCopyOption.REPLACE_EXISTING);
        Projector.LOG.warn("{} is kept as {}; mirrors get every name once more", file, aside);
    }

    private Path closed() {
        return path.resolve("closed");
    }

    /**
     * What the last proper close wrote down: where the projections were then. Empty when the ledger was not closed.
     * From now on it is not.
     */
    Optional<String> takeClosed() throws IOException {
        if (!Files.exists(closed())) {
            return Optional.empty();
        }
        String text = Files.readString(closed()).strip();
        Files.delete(closed());
        AtomicFiles.sync(path);
        return Optional.of(text);
    }

    void close(LogHead projected) throws IOException {
        new AtomicFiles(path.resolve("tmp"))
                .write(closed(), (projected.text() + "\n").getBytes(StandardCharsets.UTF_8));
    }
}
