package io.jobledger.sink.copy;

import io.jobledger.log.LogFiles.Reading;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;

/** A file that others write, or bytes in memory, to be read in pieces. */
final class FileContent {
    private static final int WINDOW = 1 << 16;

    private FileContent() {}

    /**
     * A file as long as it is now.
     *
     * @param lines whether a last line that has no end yet does not count
     */
    static Reading of(Path file, boolean lines) throws IOException {
        FileChannel channel = FileChannel.open(file, StandardOpenOption.READ);
        try {
            long size = lines ? endOfLines(channel) : channel.size();
            return new Reading() {
                @Override
                public long size() {
                    return size;
                }

                @Override
                public byte[] read(long from, int length) throws IOException {
                    return bytes(channel, from, length);
                }

                @Override
                public void close() throws IOException {
                    channel.close();
                }
            };
        } catch (IOException | RuntimeException e) {
            channel.close();
            throw e;
        }
    }

    private static byte[] bytes(FileChannel channel, long from, int length) throws IOException {
        ByteBuffer bytes = ByteBuffer.allocate(length);
        while (bytes.hasRemaining()) {
            if (channel.read(bytes, from + bytes.position()) < 0) {
                throw new IOException("a file became shorter while it was read");
            }
        }
        return bytes.array();
    }

    private static long endOfLines(FileChannel channel) throws IOException {
        for (long end = channel.size(); end > 0; ) {
            int length = (int) Math.min(WINDOW, end);
            byte[] window = bytes(channel, end - length, length);
            for (int i = length - 1; i >= 0; i--) {
                if (window[i] == '\n') {
                    return end - length + i + 1;
                }
            }
            end -= length;
        }
        return 0;
    }

    static Reading of(byte[] bytes) {
        return new Reading() {
            @Override
            public long size() {
                return bytes.length;
            }

            @Override
            public byte[] read(long from, int length) {
                return Arrays.copyOfRange(bytes, (int) from, (int) from + length);
            }

            @Override
            public void close() {}
        };
    }
}
