package io.jobledger.log.file;

import io.jobledger.log.LogChain;
import io.jobledger.log.LogException;
import io.jobledger.log.LogHead;
import io.jobledger.log.file.LogDisk.LogFile;
import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.zip.CRC32C;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * How far the log must reach, known outside of its segments: the file {@code head}. It is written after each sync of
 * the log, without a sync of its own, so it never says too much; after a loss of power it may say less than there is.
 * Two places take turns, so a write that is cut off leaves the one before. Not thread-safe.
 */
final class HeadMark implements Closeable {
    static final String NAME = "head";

    private static final Logger LOG = LoggerFactory.getLogger(HeadMark.class);
    private static final long MARK = 0x4A_4C_48_45_41_44_31_FFL;
    private static final int LINE = 64;
    private static final int PLACE = 4096;

    private final Path path;
    private final LogFile file;
    private LogHead head;
    private long turn;
    private boolean failing;

    private HeadMark(Path path, LogFile file) {
        this.path = path;
        this.file = file;
    }

    /** Opens it, or makes one that says nothing. */
    static HeadMark open(LogDisk disk, Path directory) throws IOException {
        Path path = directory.resolve(NAME);
        if (!disk.list(directory).contains(NAME)) {
            make(disk, path, new LogHead(1, 0, LogChain.start()));
        }
        HeadMark mark = new HeadMark(path, disk.edit(path));
        try {
            mark.read();
        } catch (IOException | RuntimeException e) {
            mark.close();
            throw e;
        }
        return mark;
    }

    /** Makes one that says this, whatever was said before; on the disk when it returns. */
    static void make(LogDisk disk, Path path, LogHead head) throws IOException {
        Path made = path.resolveSibling(NAME + ".new");
        disk.delete(made);
        try (LogFile file = disk.edit(made)) {
            file.write(line(0, head), 0);
            file.write(line(1, head), PLACE);
            file.force();
        }
        disk.rename(made, path);
        disk.sync(path.getParent());
    }

    private void read() throws IOException {
        for (int place = 0; place < 2; place++) {
            ByteBuffer line = file.read(ByteBuffer.allocate(LINE), (long) place * PLACE);
            if (line.remaining() == LINE && line.getLong(0) == MARK && line.getInt(60) == sum(line)) {
                byte[] hash = new byte[LogChain.BYTES];
                line.get(28, hash);
                if (head == null || line.getLong(8) > turn) {
                    turn = line.getLong(8);
                    head = new LogHead(line.getInt(16), line.getLong(20), hash);
                }
            }
        }
        if (head == null) {
            throw new LogException(
                    LogException.Kind.UNUSABLE,
                    "the log's file " + path + ", which says how far the log must reach, is damaged, so nobody can say"
                            + " whether the log is whole. Nothing was changed. " + LogDamage.WAYS);
        }
    }

    private static ByteBuffer line(long turn, LogHead head) {
        ByteBuffer line = ByteBuffer.allocate(LINE)
                .putLong(MARK)
                .putLong(turn)
                .putInt(head.epoch())
                .putLong(head.entry())
                .put(head.hash());
        return line.putInt(sum(line)).flip();
    }

    private static int sum(ByteBuffer line) {
        CRC32C sum = new CRC32C();
        sum.update(line.array(), 0, LINE - Integer.BYTES);
        return (int) sum.getValue();
    }

    LogHead head() {
        return head;
    }

    /** The log is synced up to here. What cannot be written is no harm: an older mark says less, and nothing wrong. */
    void note(LogHead now) {
        try {
            file.write(line(turn + 1, now), (turn + 1) % 2 * PLACE);
            turn++;
            head = now;
            failing = false;
        } catch (IOException e) {
            if (!failing) {
                LOG.warn("{} cannot be written, and is out of date: {}", path, e.toString());
            }
            failing = true;
        }
    }

    void sync() throws IOException {
        file.force();
    }

    @Override
    public void close() throws IOException {
        file.close();
    }
}
