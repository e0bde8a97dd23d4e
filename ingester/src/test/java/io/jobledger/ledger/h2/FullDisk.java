package io.jobledger.ledger.h2;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.util.concurrent.atomic.AtomicLong;
import org.h2.store.fs.FilePath;
import org.h2.store.fs.FilePathWrapper;

/** A disk for H2 that can be told to have no room. Paths begin with {@link #SCHEME}. */
public final class FullDisk extends FilePathWrapper {
    static final String SCHEME = "fulldisk:";
    /** Whether writes fail as the operating system makes them fail. */
    static volatile boolean full;

    /** Whether files cannot even be opened. */
    static volatile boolean gone;

    private static final AtomicLong PAGES = new AtomicLong();

    /** How often something was to be written to a database's file, with room or without. */
    static long pages() {
        return PAGES.get();
    }

    static void install() {
        full = false;
        gone = false;
        FilePath.register(new FullDisk());
    }

    @Override
    public String getScheme() {
        return "fulldisk";
    }

    @Override
    public FileChannel open(String mode) throws IOException {
        if (gone) {
            throw new IOException("Input/output error");
        }
        return new Channel(getBase().open(mode), getName().endsWith(H2Files.SUFFIX));
    }

    private static final class Channel extends ForwardingChannel {
        private final boolean database;

        Channel(FileChannel base, boolean database) {
            super(base);
            this.database = database;
        }

        @Override
        public int write(ByteBuffer source, long position) throws IOException {
            if (database) {
                PAGES.incrementAndGet();
            }
            if (full) {
                throw new IOException("No space left on device");
            }
            return super.write(source, position);
        }
    }
}
