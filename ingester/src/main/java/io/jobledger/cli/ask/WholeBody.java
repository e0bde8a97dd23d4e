package io.jobledger.cli.ask;

import java.io.EOFException;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;

/**
 * An answer's body that must be as long as its head said: the JDK's client takes a connection that broke off for the
 * end.
 */
final class WholeBody extends FilterInputStream {
    private long missing;

    /** @param length what the head said, or -1 when it said nothing; a body in chunks tells its own end */
    WholeBody(InputStream in, long length) {
        super(in);
        this.missing = length < 0 ? Long.MIN_VALUE : length;
    }

    @Override
    public int read() throws IOException {
        byte[] one = new byte[1];
        return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
    }

    @Override
    public int read(byte[] bytes, int offset, int length) throws IOException {
        int got = super.read(bytes, offset, length);
        if (got < 0 && missing > 0) {
            throw new EOFException(missing + " bytes are missing");
        }
        missing -= missing == Long.MIN_VALUE ? 0 : Math.max(0, got);
        return got;
    }

    @Override
    public boolean markSupported() {
        return false;
    }
}
