package io.jobledger.log.file;

import io.jobledger.log.file.LogDisk.LogFile;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;

/** The bytes of a file up to a place. Closing it leaves the file open. Not thread-safe. */
final class LogFileInput extends InputStream {
    private final LogFile file;
    private final long end;
    private long at;

    LogFileInput(LogFile file, long end) {
        this.file = file;
        this.end = end;
    }

    @Override
    public int read() throws IOException {
        byte[] one = new byte[1];
        return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
    }

    @Override
    public int read(byte[] bytes, int offset, int length) throws IOException {
        int wanted = (int) Math.min(length, end - at);
        if (length > 0 && wanted <= 0) {
            return -1;
        }
        int got = file.read(ByteBuffer.wrap(bytes, offset, wanted).slice(), at).remaining();
        if (got < wanted) {
            throw new IOException("the file ends at byte " + (at + got) + ", and should have " + end);
        }
        at += got;
        return got;
    }
}
