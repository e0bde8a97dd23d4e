package io.jobledger.files;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Stream;

/**
 * Writes files so that a reader, a crash or a loss of power meets the old content or the new, never a part: a temporary
 * file is written and synced, renamed over the target, and the target's directory is synced. All of it is private to
 * its owner. Thread-safe; of two writes of one file at once, one wins.
 */
public final class AtomicFiles {
    /** Another process may be at work in the same directory: what is younger may be its. */
    private static final Duration ABANDONED = Duration.ofHours(1);

    private final Path temporary;
    private final AtomicBoolean tidied = new AtomicBoolean();

    /** Writes a file's content. */
    public interface Content {
        void writeTo(OutputStream out) throws IOException;
    }

    /**
     * @param temporary a directory for the files on their way, in the same file system as the targets; one place for
     *     all of them, so that what a killed process left is found without a search
     */
    public AtomicFiles(Path temporary) {
        this.temporary = temporary;
    }

    /** Makes {@code bytes} the content of {@code file}. When it returns, they survive a loss of power. */
    public void write(Path file, byte[] bytes) throws IOException {
        write(file, out -> out.write(bytes));
    }

    /** As the other, for content that need not fit into memory. */
    public void write(Path file, Content content) throws IOException {
        makeDirectory(file.getParent());
        makeDirectory(temporary);
        tidy();
        Path part = temporary.resolve(UUID.randomUUID().toString());
        try {
            try (FileChannel channel = FileChannel.open(
                    part,
                    Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE),
                    PrivateFiles.fileAttributes(part))) {
                content.writeTo(Channels.newOutputStream(channel));
                channel.force(true);
            }
            Files.move(part, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        } finally {
            Files.deleteIfExists(part);
        }
        sync(file.getParent());
    }

    /** Removes, once a process, what a killed one left. */
    private void tidy() throws IOException {
        if (!tidied.compareAndSet(false, true)) {
            return;
        }
        FileTime limit = FileTime.from(Instant.now().minus(ABANDONED));
        try (Stream<Path> left = Files.list(temporary)) {
            for (Path file : left.toList()) {
                if (Files.exists(file) && Files.getLastModifiedTime(file).compareTo(limit) < 0) {
                    Files.deleteIfExists(file);
                }
            }
        }
    }

    /** A new directory is only safe once its parent is synced too, up to the first that was there. */
    private static void makeDirectory(Path directory) throws IOException {
        if (Files.isDirectory(directory)) {
            return;
        }
        Path existing = directory;
        while (existing != null && !Files.isDirectory(existing)) {
            existing = existing.getParent();
        }
        PrivateFiles.createDirectory(directory);
        for (Path made = directory; made != null && !made.equals(existing); made = made.getParent()) {
            sync(made.getParent());
        }
    }

    /** Makes what was renamed into, or removed from, a directory survive a loss of power. */
    public static void sync(Path directory) throws IOException {
        try (FileChannel channel = FileChannel.open(directory, StandardOpenOption.READ)) {
            channel.force(true);
        }
    }
}
