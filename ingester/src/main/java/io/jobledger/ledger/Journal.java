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
import java.util.List;
import java.util.TreeSet;
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

    private final String scheme;
    private final Path database;
    private final Pattern names;
    private final TreeSet<Long> segments = new TreeSet<>();
    private FileChannel current;
    private long end;
    private long before;
    private long bytes;
    private long oldest;

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
        segments.addAll(segments(database, names));
        for (long segment : segments) {
            bytes += Files.size(path(segment));
        }
        oldest = System.nanoTime();
    }

    private static String base(Path database) {
        String name = database.getFileName().toString();
        return name.substring(0, name.length() - H2Files.SUFFIX.length()) + ".journal-";
    }

    private static TreeSet<Long> segments(Path database, Pattern names) throws IOException {
        try (Stream<Path> files = Files.list(database.getParent())) {
            return files.map(file -> names.matcher(file.getFileName().toString())).filter(Matcher::matches).map(name -> Long.parseLong(name.group(1)))
                    .collect(Collectors.toCollection(TreeSet::new));
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

    /** Whether nothing waits for a checkpoint. */
    synchronized boolean isEmpty() {
        return segments.isEmpty();
    }

    /** Bytes on the disk. */
    synchronized long bytes() {
        return bytes;
    }

    /** How long the first of what waits for a checkpoint has waited; zero while nothing does. */
    synchronized Duration age() {
        return segments.isEmpty() ? Duration.ZERO : Duration.ofNanos(System.nanoTime() - oldest);
    }

    /**
     * Appends a group and syncs it.
     *
     * @throws IOException when it may not be on the disk; then nobody may be told that it is
     */
    synchronized void append(Instant received, List<Event> events) throws IOException {
        ByteBuffer record = record(received, events);
        if (current == null) {
            begin();
        }
        before = end;
        try {
            for (long position = end; record.hasRemaining();) {
                position += current.write(record, position);
            }
            current.force(false);
        } catch (IOException e) {
            // What the disk has of it nobody knows; what comes next must not follow it.
            finish();
            throw e;
        }
        end += record.limit();
        bytes += record.limit();
    }

    private static ByteBuffer record(Instant received, List<Event> events) {
        byte[] lines = events.stream().map(event -> event.head().body()).collect(Collectors.joining("\n")).getBytes(StandardCharsets.UTF_8);
        ByteBuffer record = ByteBuffer.allocate(HEAD + TIME + lines.length);
        record.position(HEAD);
        record.putLong(ChronoUnit.MICROS.between(Instant.EPOCH, received)).put(lines).flip();
        return record.putInt(0, TIME + lines.length).putInt(4, checksum(record.slice(HEAD, TIME + lines.length)));
    }

    private static int checksum(ByteBuffer bytes) {
        CRC32C sum = new CRC32C();
        sum.update(bytes);
        return (int) sum.getValue();
    }

    private void begin() throws IOException {
        long segment = segments.isEmpty() ? 1 : segments.last() + 1;
        Path file = path(segment);
        Files.createFile(file, PrivateFiles.fileAttributes(file));
        oldest = segments.isEmpty() ? System.nanoTime() : oldest;
        segments.add(segment);
        AtomicFiles.sync(file.getParent());
        current = FilePath.get(scheme + file).open("rw");
        end = 0;
    }

    /** Takes back what was appended last: it was not stored after all. */
    synchronized void retract() throws IOException {
        if (current != null) {
            current.truncate(before);
            current.force(false);
            bytes -= end - before;
            end = before;
        }
    }

    /** Lets the next group begin a segment; returns the latest that a checkpoint from now on makes unnecessary, 0 when there is none. */
    synchronized long rotate() {
        finish();
        return segments.isEmpty() ? 0 : segments.last();
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
        while (!segments.isEmpty() && segments.first() <= last) {
            Path file = path(segments.first());
            bytes -= Files.exists(file) ? Files.size(file) : 0;
            FilePath.get(scheme + file).delete();
            segments.pollFirst();
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
        for (long segment : segments) {
            ByteBuffer bytes = read(segment);
            while (bytes.remaining() > HEAD + TIME) {
                int length = bytes.getInt();
                int sum = bytes.getInt();
                if (length <= TIME || length > bytes.remaining() || checksum(bytes.slice(bytes.position(), length)) != sum) {
                    break;
                }
                Instant received = Instant.EPOCH.plus(bytes.getLong(), ChronoUnit.MICROS);
                byte[] lines = new byte[length - TIME];
                bytes.get(lines);
                replay.group(received, List.of(new String(lines, StandardCharsets.UTF_8).split("\n")));
                groups++;
            }
        }
        return groups;
    }

    private ByteBuffer read(long segment) throws IOException {
        try (FileChannel channel = FilePath.get(scheme + path(segment)).open("r")) {
            ByteBuffer bytes = ByteBuffer.allocate(Math.toIntExact(channel.size()));
            while (bytes.hasRemaining() && channel.read(bytes, bytes.position()) >= 0) {
                // until it is full or the file ends
            }
            return bytes.flip();
        }
    }

    @Override
    public synchronized void close() {
        finish();
    }
}
