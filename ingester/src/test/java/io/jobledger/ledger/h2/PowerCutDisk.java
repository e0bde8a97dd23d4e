package io.jobledger.ledger.h2;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.ConcurrentHashMap;
import org.h2.store.fs.FilePath;
import org.h2.store.fs.FilePathWrapper;

/**
 * A disk for H2 that remembers what would be left after a loss of power: what was forced for certain, and of the writes
 * since then any part. The live file is an ordinary one. Paths begin with {@link #SCHEME}.
 */
public final class PowerCutDisk extends FilePathWrapper {
    static final String SCHEME = "powercut:";
    private static final Map<String, Disk> DISKS = new ConcurrentHashMap<>();
    private static volatile BeforeForce everyForce = () -> {};

    /** What happens in front of a force; a test may wait there. */
    interface BeforeForce {
        void run() throws IOException;
    }

    /** The state of one file. Thread-safe. */
    static final class Disk {
        private record Write(long position, byte[] bytes, long truncateTo) {}

        private byte[] forced;
        private final List<Write> pending = new ArrayList<>();
        private int forces;
        private volatile BeforeForce beforeForce = () -> everyForce.run();
        private volatile boolean lying;

        Disk(byte[] forced) {
            this.forced = forced;
        }

        synchronized void wrote(long position, byte[] bytes) {
            pending.add(new Write(position, bytes, -1));
        }

        synchronized void truncated(long size) {
            pending.add(new Write(0, null, size));
        }

        synchronized void forced() {
            for (Write write : pending) {
                forced = apply(forced, write);
            }
            pending.clear();
            forces++;
        }

        synchronized int forces() {
            return forces;
        }

        void beforeForce(BeforeForce action) {
            beforeForce = action;
        }

        /** From now on a force does nothing and says that it did. */
        void lie() {
            lying = true;
        }

        /** What is certainly on the disk. */
        synchronized byte[] image() {
            return forced.clone();
        }

        /** What may be on the disk: writes since the last force reached it or not, one by one. */
        synchronized byte[] image(Random random) {
            byte[] image = forced.clone();
            for (Write write : pending) {
                if (random.nextBoolean()) {
                    image = apply(image, write);
                }
            }
            return image;
        }

        private static byte[] apply(byte[] image, Write write) {
            if (write.bytes == null) {
                return write.truncateTo < image.length ? java.util.Arrays.copyOf(image, (int) write.truncateTo) : image;
            }
            int end = (int) write.position + write.bytes.length;
            byte[] result = end > image.length ? java.util.Arrays.copyOf(image, end) : image;
            System.arraycopy(write.bytes, 0, result, (int) write.position, write.bytes.length);
            return result;
        }
    }

    /** Makes the scheme known to H2. */
    static void install() {
        FilePath.register(new PowerCutDisk());
    }

    /** What happens in front of each force of any disk that has no hook of its own. */
    static void beforeEveryForce(BeforeForce action) {
        everyForce = action;
    }

    /** The disk under a database file, as {@code <base>.mv.db}. */
    static Disk of(java.nio.file.Path file) {
        Disk disk = DISKS.get(file.toAbsolutePath().normalize().toString());
        if (disk == null) {
            throw new IllegalStateException(file + " was never opened; there are " + DISKS.keySet());
        }
        return disk;
    }

    /** The disks under the files of a directory whose names begin so. */
    static Map<String, Disk> of(java.nio.file.Path directory, String prefix) {
        String begin = directory.toAbsolutePath().normalize().resolve(prefix).toString();
        Map<String, Disk> found = new java.util.TreeMap<>();
        DISKS.forEach((name, disk) -> {
            if (name.startsWith(begin)) {
                found.put(name, disk);
            }
        });
        return found;
    }

    @Override
    public void delete() {
        super.delete();
        DISKS.remove(file().toString());
    }

    private java.nio.file.Path file() {
        return java.nio.file.Path.of(getBase().toString().replaceFirst("^file:", ""))
                .toAbsolutePath()
                .normalize();
    }

    @Override
    public String getScheme() {
        return "powercut";
    }

    @Override
    public FileChannel open(String mode) throws IOException {
        FileChannel base = getBase().open(mode);
        java.nio.file.Path file = file();
        // What was there before the file was opened has long been on the disk.
        byte[] before = java.nio.file.Files.readAllBytes(file);
        return new Channel(base, DISKS.computeIfAbsent(file.toString(), name -> new Disk(before)));
    }

    private static final class Channel extends ForwardingChannel {
        private final Disk disk;

        Channel(FileChannel base, Disk disk) {
            super(base);
            this.disk = disk;
        }

        @Override
        public int write(ByteBuffer source, long position) throws IOException {
            byte[] bytes = new byte[source.remaining()];
            source.duplicate().get(bytes);
            int written = super.write(source, position);
            disk.wrote(position, written == bytes.length ? bytes : java.util.Arrays.copyOf(bytes, written));
            return written;
        }

        @Override
        protected void implTruncate(long size) throws IOException {
            super.implTruncate(size);
            disk.truncated(size);
        }

        @Override
        public void force(boolean metaData) throws IOException {
            disk.beforeForce.run();
            if (!disk.lying) {
                disk.forced();
            }
        }
    }
}
