package io.jobledger.ledger;

import io.jobledger.files.AtomicFiles;
import io.jobledger.files.PrivateFiles;
import io.jobledger.model.Event;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import java.util.zip.CRC32C;
import org.h2.store.fs.FilePath;

/**
 * What makes a group of events durable before H2 has written it: its events, appended to a file beside the database's and synced. H2 has no such log of its own and would write
 * every page that a commit touched. Once a checkpoint has brought the database's file up to date, what was appended before is dropped; after a kill it is stored again, in the same
 * order and with the same times, so that the same rows come out. Storing again what the file has already changes nothing, since an event is known by its run and number.
 *
 * <p>A segment {@code <ledger>.journal-<n>} is a series of records: length and CRC-32C of the rest (4 bytes each), when the group was received (8 bytes, microseconds since 1970),
 * and its events, a line of JSON each. A record that is cut off was not acknowledged, and ends its segment. Thread-safe.
 */
final class Journal implements AutoCloseable {
    private static final int HEAD = 8;
    private static final int TIME = 8;
    private static final int CHUNK = 256 * 1024;

    private final String scheme;
    private final Path database;
    private final Pattern names;
    /** How long each segment is, without what could not be appended. */
    private final TreeMap<Long, Long> segments = new TreeMap<>();
    private FileChannel current;
    private long oldest;

    /** What one call of {@link #append} did, and the only thing that {@link #retract} takes back. */
    record Appended(long segment, long start, long end) {}

    /** Takes a group that was stored before. */
    interface Replay {
        void group(Instant received, List<String> events) throws Exception;
    }

    /**
     * The journal of a ledger, with what its last stop left.
     *
     * @param scheme of H2's file system
     * @param database the ledger's file
     */
    Journal(String scheme, Path database) throws IOException {
        this.scheme = scheme;
        this.database = database;
        this.names = Pattern.compile(Pattern.quote(base(database)) + "([0-9]{1,18})");
        for (long segment : segments(database, names)) {
            segments.put(segment, Files.size(path(segment)));
        }
        oldest = System.nanoTime();
    }

    private static String base(Path database) {
        String name = database.getFileName().toString();
        return name.substring(0, name.length() - H2Files.SUFFIX.length()) + ".journal-";
    }

    private static List<Long> segments(Path database, Pattern names) throws IOException {
        try (Stream<Path> files = Files.list(database.getParent())) {
            return files.map(file -> names.matcher(file.getFileName().toString())).filter(Matcher::matches).map(name -> Long.parseLong(name.group(1))).toList();
        }
    }

    /**
     * Refuses a ledger whose last stop left a journal, for those who read or rewrite the file by itself.
     *
     * @throws LedgerException of kind {@code UNUSABLE} that says what to do
     */
    static void refuseLeft(Path database) throws IOException {
        if (!new Journal("file:", database).isEmpty()) {
            throw new LedgerException(
                    LedgerException.Kind.UNUSABLE,
                    "the ledger " + database + " was not closed properly, and its latest events are still in its journal (" + base(database)
                            + "…). Start its ingester, stop it, and try again");
        }
    }

    private Path path(long segment) {
        return database.resolveSibling(base(database) + segment);
    }

    /** Its files, for messages. */
    synchronized String files() {
        return segments.keySet().stream().map(this::path).map(Path::toString).collect(Collectors.joining(", "));
    }

    /** Whether nothing waits for a checkpoint. */
    synchronized boolean isEmpty() {
        return segments.isEmpty();
    }

    /** Bytes on the disk. */
    synchronized long bytes() {
        return segments.values().stream().mapToLong(Long::longValue).sum();
    }

    /** How long the first of what waits for a checkpoint has waited; zero while nothing does. */
    synchronized Duration age() {
        return segments.isEmpty() ? Duration.ZERO : Duration.ofNanos(System.nanoTime() - oldest);
    }

    /**
     * Appends a group and syncs it; returns what {@link #retract} needs to take this group back, and no other.
     *
     * @throws IOException when it may not be on the disk; then nobody may be told that it is
     */
    synchronized Appended append(Instant received, List<Event> events) throws IOException {
        List<byte[]> lines = new ArrayList<>();
        events.forEach(event -> lines.add(event.head().body().getBytes(StandardCharsets.UTF_8)));
        ByteBuffer head = head(received, lines);
        if (current == null) {
            begin();
        }
        long segment = segments.lastKey();
        long start = segments.get(segment);
        long end;
        try {
            end = write(head, lines, start);
            current.force(false);
        } catch (IOException e) {
            // What the disk has of it nobody knows; what comes next must not follow it.
            finish();
            throw e;
        }
        segments.put(segment, end);
        return new Appended(segment, start, end);
    }

    /** All of a record that stands before its events. */
    private static ByteBuffer head(Instant received, List<byte[]> lines) {
        int length = TIME;
        ByteBuffer head = ByteBuffer.allocate(HEAD + TIME).putLong(HEAD, ChronoUnit.MICROS.between(Instant.EPOCH, received));
        CRC32C sum = new CRC32C();
        sum.update(head.array(), HEAD, TIME);
        for (byte[] line : lines) {
            sum.update(line);
            sum.update('\n');
            length = Math.addExact(length, line.length + 1);
        }
        return head.putInt(0, length).putInt(4, (int) sum.getValue());
    }

    /** Writes a record at a place, most often with one call; returns where it ends. A group may be as large as what is left of the heap, so it is not put together in memory. */
    private long write(ByteBuffer head, List<byte[]> lines, long start) throws IOException {
        long size = HEAD + head.getInt(0);
        ByteBuffer chunk = ByteBuffer.allocate((int) Math.min(size, CHUNK)).put(head);
        long position = start;
        for (byte[] line : lines) {
            for (int from = 0; from <= line.length;) {
                if (!chunk.hasRemaining()) {
                    position = flush(chunk, position);
                }
                int part = Math.min(line.length - from, chunk.remaining());
                chunk.put(line, from, part);
                from += part;
                if (from == line.length && chunk.hasRemaining()) {
                    chunk.put((byte) '\n');
                    from++;
                }
            }
        }
        return flush(chunk, position);
    }

    private long flush(ByteBuffer chunk, long position) throws IOException {
        chunk.flip();
        long next = position;
        while (chunk.hasRemaining()) {
            next += current.write(chunk, next);
        }
        chunk.clear();
        return next;
    }

    private void begin() throws IOException {
        long segment = segments.isEmpty() ? 1 : segments.lastKey() + 1;
        Path file = path(segment);
        Files.createFile(file, PrivateFiles.fileAttributes(file));
        oldest = segments.isEmpty() ? System.nanoTime() : oldest;
        segments.put(segment, 0L);
        AtomicFiles.sync(file.getParent());
        current = FilePath.get(scheme + file).open("rw");
    }

    /**
     * Takes back a group that was appended last: it was not stored after all. Does nothing when something else is the last.
     *
     * @throws IOException when it may still be on the disk; then the next group begins a segment
     */
    synchronized void retract(Appended group) throws IOException {
        if (current == null || segments.lastKey() != group.segment || segments.get(group.segment) != group.end) {
            return;
        }
        try {
            current.truncate(group.start);
            current.force(false);
            segments.put(group.segment, group.start);
        } catch (IOException e) {
            finish();
            throw e;
        }
    }

    /** Lets the next group begin a segment; returns the latest that a checkpoint from now on makes unnecessary, 0 when there is none. */
    synchronized long rotate() {
        finish();
        return segments.isEmpty() ? 0 : segments.lastKey();
    }

    private void finish() {
        if (current != null) {
            try {
                current.close();
            } catch (IOException e) {
                // What counts was synced.
            }
            current = null;
        }
    }

    /** Removes the segments up to this one, and is sure that they do not come back. */
    synchronized void drop(long last) throws IOException {
        boolean dropped = false;
        while (!segments.isEmpty() && segments.firstKey() <= last) {
            FilePath.get(scheme + path(segments.firstKey())).delete();
            segments.pollFirstEntry();
            dropped = true;
        }
        if (dropped) {
            oldest = System.nanoTime();
            AtomicFiles.sync(database.getParent());
        }
    }

    /** Gives back every group that is whole, in the order in which they were appended; returns how many there were. */
    synchronized int replay(Replay replay) throws Exception {
        int groups = 0;
        for (long segment : segments.keySet()) {
            try (FileChannel channel = FilePath.get(scheme + path(segment)).open("r")) {
                long position = 0;
                for (ByteBuffer record = read(channel, position); record != null; record = read(channel, position)) {
                    position += HEAD + record.limit();
                    Instant received = Instant.EPOCH.plus(record.getLong(), ChronoUnit.MICROS);
                    replay.group(received, List.of(StandardCharsets.UTF_8.decode(record).toString().split("\n")));
                    groups++;
                }
            }
        }
        return groups;
    }

    /** What follows the checksum of the record at a place; null where there is no whole one. */
    private static ByteBuffer read(FileChannel channel, long position) throws IOException {
        ByteBuffer head = read(channel, position, HEAD);
        if (head == null || head.getInt(0) <= TIME) {
            return null;
        }
        ByteBuffer rest = read(channel, position + HEAD, head.getInt(0));
        if (rest == null) {
            return null;
        }
        CRC32C sum = new CRC32C();
        sum.update(rest.duplicate());
        return (int) sum.getValue() == head.getInt(4) ? rest : null;
    }

    /** So many bytes; null when the file ends before. */
    private static ByteBuffer read(FileChannel channel, long position, int length) throws IOException {
        if (channel.size() - position < length) {
            return null;
        }
        ByteBuffer bytes = ByteBuffer.allocate(length);
        while (bytes.hasRemaining()) {
            if (channel.read(bytes, position + bytes.position()) < 0) {
                return null;
            }
        }
        return bytes.flip();
    }

    @Override
    public synchronized void close() {
        finish();
    }
}
