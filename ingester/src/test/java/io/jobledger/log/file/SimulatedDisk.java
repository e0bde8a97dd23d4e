package io.jobledger.log.file;

import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;

/**
 * A disk in memory that knows what is certain and what is only in the page cache. It can die at any operation; then
 * {@link #afterKill} has all that was written, and {@link #afterPowerCut} what was synced and any part of the rest:
 * each sector of each write, and each change of the directory, reached the disk or did not. After a sync that fails,
 * what it was to bring to the disk can be read and is never brought there.
 */
public final class SimulatedDisk implements LogDisk {
    private static final int SECTOR = 512;

    private final Map<Path, Node> names = new TreeMap<>();
    private final Map<Path, Node> certainNames = new TreeMap<>();
    private final List<Change> changes = new ArrayList<>();
    private final Set<Path> locks = new HashSet<>();
    private int operations;
    private int dieAt = Integer.MAX_VALUE;
    private int failing;
    private boolean dead;
    private long usable = Long.MAX_VALUE;

    /** A name gets a file, or loses the one it has when {@code node} is null. */
    private record Change(Path name, Node node, Path from) {}

    private record Write(long at, byte[] bytes, long truncateTo) {}

    /** A file, whatever its name. */
    private static final class Node {
        byte[] seen = new byte[0];
        byte[] certain = new byte[0];
        final List<Write> pending = new ArrayList<>();

        static byte[] apply(byte[] image, Write write) {
            if (write.bytes == null) {
                return Arrays.copyOf(image, (int) write.truncateTo);
            }
            int end = (int) write.at + write.bytes.length;
            byte[] result = end > image.length ? Arrays.copyOf(image, end) : image.clone();
            System.arraycopy(write.bytes, 0, result, (int) write.at, write.bytes.length);
            return result;
        }

        byte[] afterPowerCut(Random random) {
            byte[] image = certain;
            for (Write write : pending) {
                if (write.bytes == null) {
                    image = random.nextBoolean() ? apply(image, write) : image;
                    continue;
                }
                for (int from = 0; from < write.bytes.length; ) {
                    int sector = SECTOR - (int) ((write.at + from) % SECTOR);
                    int to = Math.min(write.bytes.length, from + sector);
                    if (random.nextInt(4) > 0) {
                        image = apply(image, new Write(write.at + from, Arrays.copyOfRange(write.bytes, from, to), 0));
                    }
                    from = to;
                }
            }
            return image;
        }
    }

    /** Its files, as they can be read now. */
    public Map<Path, byte[]> files() {
        Map<Path, byte[]> files = new TreeMap<>();
        names.forEach((name, node) -> files.put(name, node.seen.clone()));
        return files;
    }

    /** A disk that has these files for certain. */
    public static SimulatedDisk of(Map<Path, byte[]> files) {
        SimulatedDisk disk = new SimulatedDisk();
        files.forEach((name, bytes) -> {
            Node node = new Node();
            node.seen = bytes.clone();
            node.certain = bytes.clone();
            disk.names.put(name, node);
            disk.certainNames.put(name, node);
        });
        return disk;
    }

    /** The same disk for the next process. */
    synchronized SimulatedDisk afterKill() {
        SimulatedDisk next = new SimulatedDisk();
        next.names.putAll(names);
        next.certainNames.putAll(certainNames);
        next.changes.addAll(changes);
        return next;
    }

    synchronized SimulatedDisk afterPowerCut(Random random) {
        Map<Path, Node> kept = new TreeMap<>(certainNames);
        for (Change change : changes) {
            if (random.nextBoolean()) {
                apply(kept, change);
            }
        }
        Map<Path, byte[]> files = new TreeMap<>();
        kept.forEach((name, node) -> files.put(name, node.afterPowerCut(random)));
        return of(files);
    }

    private static void apply(Map<Path, Node> to, Change change) {
        if (change.from != null) {
            to.remove(change.from);
        }
        if (change.node == null) {
            to.remove(change.name);
        } else {
            to.put(change.name, change.node);
        }
    }

    /** It dies at this operation, counted from now. */
    synchronized void dieAt(int operation) {
        dieAt = operations + operation;
    }

    /** So many changing operations fail from now on. */
    synchronized void fail(int next) {
        failing = next;
    }

    synchronized void usable(long bytes) {
        usable = bytes;
    }

    synchronized int operations() {
        return operations;
    }

    private void alive() throws IOException {
        if (dead) {
            throw new IOException("the process was killed");
        }
    }

    /** Begins something that changes the disk; returns whether it is to fail. */
    private boolean change() throws IOException {
        alive();
        if (operations++ >= dieAt) {
            dead = true;
            return true;
        }
        return failing > 0 && failing-- > 0;
    }

    private void change(Change change) throws IOException {
        boolean fails = change();
        if (!fails || dead) {
            apply(names, change);
            changes.add(change);
        }
        if (fails) {
            throw new IOException("simulated failure");
        }
    }

    @Override
    public void createDirectory(Path directory) {}

    @Override
    public synchronized List<String> list(Path directory) throws IOException {
        alive();
        return names.keySet().stream()
                .filter(name -> name.getParent().equals(directory))
                .map(name -> name.getFileName().toString())
                .toList();
    }

    @Override
    public synchronized LogFile open(Path file) throws IOException {
        alive();
        Node node = names.get(file);
        if (node == null) {
            throw new NoSuchFileException(file.toString());
        }
        return new Open(node);
    }

    @Override
    public synchronized LogFile edit(Path file) throws IOException {
        alive();
        if (!names.containsKey(file)) {
            change(new Change(file, new Node(), null));
        }
        return open(file);
    }

    @Override
    public synchronized void rename(Path from, Path to) throws IOException {
        change(new Change(to, names.get(from), from));
    }

    @Override
    public synchronized void delete(Path file) throws IOException {
        if (names.containsKey(file)) {
            change(new Change(file, null, null));
        }
    }

    @Override
    public synchronized void sync(Path directory) throws IOException {
        if (change()) {
            throw new IOException("simulated failure of a sync");
        }
        changes.forEach(change -> apply(certainNames, change));
        changes.clear();
    }

    @Override
    public synchronized Closeable lock(Path file) throws IOException {
        alive();
        return locks.add(file) ? () -> locks.remove(file) : null;
    }

    @Override
    public synchronized long usable(Path directory) throws IOException {
        alive();
        return usable;
    }

    private final class Open implements LogFile {
        private final Node node;

        Open(Node node) {
            this.node = node;
        }

        @Override
        public ByteBuffer read(ByteBuffer into, long at) throws IOException {
            synchronized (SimulatedDisk.this) {
                alive();
                int from = (int) Math.min(at, node.seen.length);
                into.put(node.seen, from, Math.min(into.remaining(), node.seen.length - from));
                return into.flip();
            }
        }

        @Override
        public void write(ByteBuffer bytes, long at) throws IOException {
            byte[] written = new byte[bytes.remaining()];
            bytes.get(written);
            change(new Write(at, written, 0));
        }

        private void change(Write write) throws IOException {
            synchronized (SimulatedDisk.this) {
                boolean fails = SimulatedDisk.this.change();
                if (fails && write.bytes != null) {
                    byte[] part = Arrays.copyOf(write.bytes, write.bytes.length / 2);
                    apply(new Write(write.at, part, 0));
                } else {
                    apply(write);
                }
                if (fails) {
                    throw new IOException("simulated failure of a write");
                }
            }
        }

        private void apply(Write write) {
            node.seen = Node.apply(node.seen, write);
            node.pending.add(write);
        }

        @Override
        public void force() throws IOException {
            synchronized (SimulatedDisk.this) {
                if (SimulatedDisk.this.change()) {
                    if (!dead) {
                        node.pending.clear();
                    }
                    throw new IOException("simulated failure of a sync");
                }
                for (Write write : node.pending) {
                    node.certain = Node.apply(node.certain, write);
                }
                node.pending.clear();
            }
        }

        @Override
        public void truncate(long size) throws IOException {
            change(new Write(0, null, size));
        }

        @Override
        public long size() throws IOException {
            synchronized (SimulatedDisk.this) {
                alive();
                return node.seen.length;
            }
        }

        @Override
        public void close() {}
    }
}
