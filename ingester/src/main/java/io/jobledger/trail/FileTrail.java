package io.jobledger.trail;

import io.jobledger.files.AtomicFiles;
import io.jobledger.files.PrivateFiles;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Clock;
import java.util.Set;
import java.util.function.Consumer;
import java.util.stream.Stream;

/** A file of one JSON object a line, 0600, only ever appended to and synced. Commands and the server write the same file. */
public final class FileTrail implements Trail {
    private final Path file;
    private final Clock clock;

    /** @param file need not exist, nor its directory */
    public FileTrail(Path file, Clock clock) {
        this.file = file;
        this.clock = clock;
    }

    @Override
    public void record(Act act) {
        try {
            append(act.line(clock.instant()) + "\n");
        } catch (IOException e) {
            throw new TrailException("the audit trail " + file + " cannot be written (" + e.getMessage() + "), so nothing was done. Make room there, or mend its rights", e);
        }
    }

    @Override
    public void each(Consumer<String> line) {
        try (Stream<String> lines = Files.lines(file)) {
            lines.forEach(line);
        } catch (NoSuchFileException e) {
            // Nothing was done yet.
        } catch (IOException | UncheckedIOException e) {
            throw new TrailException("the audit trail " + file + " cannot be read (" + e.getMessage() + ")", e);
        }
    }

    /** Opened anew each time: acts are rare, and a file that was moved away by log rotation is made again. */
    private void append(String line) throws IOException {
        PrivateFiles.createDirectory(file.getParent());
        boolean isNew = !Files.exists(file);
        // A process may hold a lock of a file once; two threads of one take turns.
        synchronized (FileTrail.class) {
            try (FileChannel channel =
                    FileChannel.open(file, Set.of(StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE), PrivateFiles.fileAttributes(file))) {
                channel.lock();
                long end = channel.size();
                // What a full disk cut off stays readable as a line of its own.
                String text = torn(channel, end) ? "\n" + line : line;
                ByteBuffer bytes = ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8));
                for (long at = end; bytes.hasRemaining(); ) {
                    at += channel.write(bytes, at);
                }
                channel.force(true);
            }
        }
        if (isNew) {
            AtomicFiles.sync(file.getParent());
        }
    }

    private static boolean torn(FileChannel channel, long end) throws IOException {
        ByteBuffer last = ByteBuffer.allocate(1);
        return end > 0 && channel.read(last, end - 1) == 1 && last.get(0) != '\n';
    }
}
