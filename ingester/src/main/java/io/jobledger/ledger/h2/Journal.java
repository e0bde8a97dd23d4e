package io.jobledger.ledger.h2;

import io.jobledger.files.AtomicFiles;
import io.jobledger.files.PrivateFiles;
import io.jobledger.ledger.LedgerException;
import io.jobledger.ledger.h2.JournalRecord.Begin;
import io.jobledger.ledger.h2.JournalRecord.Head;
import io.jobledger.model.Event;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.h2.store.fs.FilePath;

/**
 * What makes a group of events durable before H2 has written it: its events, appended to a file beside the database's
 * and synced. H2 has no such log of its own and would write every page that a commit touched. Once a checkpoint has
 * brought the database's file up to date, what was appended before is dropped; after a kill it is stored again
 * ({@link Takeover}), with the same numbers and times, so that the same rows come out.
 *
 * <p>A segment {@code <ledger>.journal-<n>} is a series of {@link JournalRecord records}. Thread-safe.
 */
public final class Journal implements AutoCloseable {
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
        void group(Takeover.Step step, List<String> events) throws Exception;
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
            return files.map(file -> names.matcher(file.getFileName().toString()))
                    .filter(Matcher::matches)
                    .map(name -> Long.parseLong(name.group(1)))
                    .toList();
        }
    }

    /**
     * Refuses a ledger whose last stop left a journal, for those who read or rewrite the file by itself.
     *
     * @throws LedgerException of kind {@code UNUSABLE} that says what to do
     */
    public static void refuseLeft(Path database) throws IOException {
        if (!new Journal("file:", database).isEmpty()) {
            throw new LedgerException(
                    LedgerException.Kind.UNUSABLE,
                    "the ledger " + database
                            + " was not closed properly, and its latest events are still in its journal ("
                            + base(database) + "…). Start its ingester, stop it, and try again");
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
     * @param first number of its first event
     * @throws IOException when it may not be on the disk; then nobody may be told that it is
     */
    synchronized Appended append(Instant received, long first, List<Event> events) throws IOException {
        List<byte[]> lines = new ArrayList<>();
        events.forEach(event -> lines.add(event.head().body().getBytes(StandardCharsets.UTF_8)));
        Head head = Head.of(first, received, lines);
        try {
            boolean isNew = current == null;
            if (isNew) {
                begin();
            }
            long segment = segments.lastKey();
            ByteBuffer begin = isNew ? new Begin(segment, first).bytes() : ByteBuffer.allocate(0);
            long start = segments.get(segment) + begin.remaining();
            // In one piece: a loss of power must not leave a whole record in a file without a beginning.
            long end = write(begin, head, lines, segments.get(segment));
            current.force(false);
            segments.put(segment, end);
            return new Appended(segment, start, end);
        } catch (IOException e) {
            // What the disk has of it nobody knows; what comes next must not follow it.
            finish();
            throw e;
        }
    }

    /**
     * Writes a record at a place, most often with one call; returns where it ends. A group may be as large as what is
     * left of the heap, so it is not put together in memory.
     */
    private long write(ByteBuffer begin, Head head, List<byte[]> lines, long start) throws IOException {
        long size = (long) begin.remaining() + Head.BYTES + head.length();
        ByteBuffer chunk =
                ByteBuffer.allocate((int) Math.min(size, CHUNK)).put(begin).put(head.bytes());
        long position = start;
        for (byte[] line : lines) {
            for (int from = 0; from <= line.length; ) {
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
     * Takes back a group that was appended last: it was not stored after all. Does nothing when something else is the
     * last.
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

    /**
     * Lets the next group begin a segment; returns the latest that a checkpoint from now on makes unnecessary, 0 when
     * there is none.
     */
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

    /**
     * Gives back the groups that follow an event, in their order; returns how many events there were.
     *
     * @param stored number of the last event that is not wanted
     * @param acknowledged number of an event that must be there
     * @throws LedgerException of kind {@code UNUSABLE} before the first is given back, when they are not all there
     */
    synchronized long replay(long stored, long acknowledged, Replay replay) throws Exception {
        long events = 0;
        for (Takeover.Step step : new Takeover(database, scan(), stored).steps(acknowledged)) {
            try (FileChannel channel = open(step.segment().segment())) {
                replay.group(step, step.place().lines(channel));
                events += step.place().head().events();
            }
        }
        return events;
    }

    private FileChannel open(long segment) throws IOException {
        return FilePath.get(scheme + path(segment)).open("r");
    }

    private List<JournalScan> scan() throws IOException {
        List<JournalScan> scans = new ArrayList<>();
        for (Map.Entry<Long, Long> segment : segments.entrySet()) {
            try (FileChannel channel = open(segment.getKey())) {
                scans.add(JournalScan.of(channel, path(segment.getKey()), segment.getKey(), segment.getValue()));
            }
        }
        return scans;
    }

    /** Gives back every group that is whole, whatever stands between them, in the order of the files. */
    synchronized void salvage(Replay replay) throws Exception {
        for (long segment : segments.keySet()) {
            try (FileChannel channel = open(segment)) {
                JournalScan scan = new JournalScan(path(segment), segment, 0, List.of(), null);
                for (JournalRecord.Place place : JournalScan.salvage(channel)) {
                    replay.group(new Takeover.Step(scan, place), place.lines(channel));
                }
            }
        }
    }

    /** Its files. */
    synchronized List<Path> paths() {
        return segments.keySet().stream().map(this::path).toList();
    }

    @Override
    public synchronized void close() {
        finish();
    }
}
