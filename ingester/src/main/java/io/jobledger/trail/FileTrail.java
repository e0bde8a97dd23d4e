package io.jobledger.trail;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jobledger.files.AtomicFiles;
import io.jobledger.files.PrivateFiles;
import io.jobledger.json.Json;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Clock;
import java.util.Set;

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
        ObjectNode json = JsonNodeFactory.instance.objectNode();
        json.put("at", Json.time(clock.instant())).put("act", act.what()).put("who", act.who()).put("from", act.from());
        act.details().forEach((name, value) -> json.set(name, Json.MAPPER.<JsonNode>valueToTree(value)));
        try {
            append(Json.text(json) + "\n");
        } catch (IOException e) {
            throw new TrailException("the audit trail " + file + " cannot be written (" + e.getMessage() + "), so nothing was done. Make room there, or mend its rights", e);
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
