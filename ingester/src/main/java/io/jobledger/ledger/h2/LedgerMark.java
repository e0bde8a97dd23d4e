package io.jobledger.ledger.h2;

import io.jobledger.files.PrivateFiles;
import io.jobledger.ledger.LedgerException;
import io.jobledger.ledger.rows.Failures;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.zip.CRC32C;
import org.h2.store.fs.FilePath;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What a ledger must contain, known outside the files that may have lost it: {@code <ledger>.mark}. It is written after
 * each group that was synced, without a sync of its own, so it never says too much; after a loss of power it may say
 * less than there is. A proper stop adds the length and the checksum of the ledger's file. Two places take turns, so a
 * write that is cut off leaves the one before. Thread-safe.
 */
public final class LedgerMark implements AutoCloseable {
    /** What to do about a ledger that has lost something. */
    static final String WAYS =
            "Three ways on: move the ledger's file away and put a backup in its place with 'jobledger restore'; move"
                    + " all its files away and fill a new ledger from a mirror with 'jobledger rebuild';"
                    + " or keep what is"
                    + " left and accept the loss with 'jobledger accept-loss', which is written down in"
                    + " the audit trail";

    private static final Logger LOG = LoggerFactory.getLogger(LedgerMark.class);
    private static final int PLACE = 4096;
    private static final int LINE = 256;
    private static final Pattern TEXT = Pattern.compile(
            "(jobledger mark 1 turn ([0-9]{1,18}) events ([0-9]{1,18}) removals ([0-9]{1,18}) closed (-1|[0-9]{1,18})"
                    + " ([0-9a-f]{8})) check ([0-9a-f]{8})\n"
                    + " *");

    private final String scheme;
    private final Path file;
    private Facts facts;
    private FileChannel channel;
    private boolean failing;

    /**
     * What is known.
     *
     * @param events number of the last event that is known to be synced
     * @param removals how many chains had been removed
     * @param closed length of the ledger's file at its proper stop, -1 while it is open
     * @param sum its checksum then, in hex
     */
    record Facts(long turn, long events, long removals, long closed, String sum) {
        static final Facts NONE = new Facts(0, 0, 0, -1, "00000000");

        boolean isClosed() {
            return closed >= 0;
        }

        private String text() {
            String said = "jobledger mark 1 turn " + turn + " events " + events + " removals " + removals + " closed "
                    + closed + " " + sum;
            String line = said + " check " + crc(said) + "\n";
            return line + " ".repeat(LINE - line.length());
        }

        private static Facts read(String text) {
            Matcher parts = TEXT.matcher(text);
            return parts.matches() && crc(parts.group(1)).equals(parts.group(7))
                    ? new Facts(
                            Long.parseLong(parts.group(2)),
                            Long.parseLong(parts.group(3)),
                            Long.parseLong(parts.group(4)),
                            Long.parseLong(parts.group(5)),
                            parts.group(6))
                    : null;
        }

        private static String crc(String text) {
            CRC32C sum = new CRC32C();
            sum.update(text.getBytes(StandardCharsets.US_ASCII));
            return String.format("%08x", sum.getValue());
        }
    }

    private LedgerMark(String scheme, Path file, Facts facts) {
        this.scheme = scheme;
        this.file = file;
        this.facts = facts;
    }

    public static Path file(Path database) {
        String name = database.getFileName().toString();
        return database.resolveSibling(name.substring(0, name.length() - H2Files.SUFFIX.length()) + ".mark");
    }

    /**
     * The mark of a ledger. A ledger without one is a copy, or was made by an earlier version: then nothing is known.
     *
     * @throws LedgerException of kind {@code UNUSABLE} when it is there and cannot be read
     */
    static LedgerMark of(String scheme, Path database) throws IOException {
        Path file = file(database);
        if (!Files.exists(file)) {
            return new LedgerMark(scheme, file, Facts.NONE);
        }
        Facts latest = null;
        try (FileChannel channel = FilePath.get(scheme + file).open("r")) {
            for (int place = 0; place < 2; place++) {
                Facts facts = read(channel, place);
                latest = latest == null || facts != null && facts.turn > latest.turn ? facts : latest;
            }
        }
        if (latest == null) {
            throw new LedgerException(
                    LedgerException.Kind.UNUSABLE,
                    "the file " + file + ", which says what the ledger " + database
                            + " must contain, is damaged, so nobody can say whether the"
                            + " ledger is whole. Nothing was changed. " + WAYS);
        }
        return new LedgerMark(scheme, file, latest);
    }

    private static Facts read(FileChannel channel, int place) throws IOException {
        ByteBuffer bytes = ByteBuffer.allocate(LINE);
        while (bytes.hasRemaining() && channel.read(bytes, (long) place * PLACE + bytes.position()) > 0) {
            // more of it
        }
        return bytes.hasRemaining() ? null : Facts.read(new String(bytes.array(), StandardCharsets.ISO_8859_1));
    }

    /** What it says now. */
    synchronized Facts facts() {
        return facts;
    }

    /**
     * Refuses a ledger whose file is not as its proper stop left it.
     *
     * @throws LedgerException of kind {@code UNUSABLE}
     */
    void requireAsClosed(Path database) throws IOException {
        Facts known = facts();
        if (!Files.exists(database) || Files.size(database) == 0) {
            if (known.events > 0) {
                throw new LedgerException(
                        LedgerException.Kind.UNUSABLE,
                        "the ledger " + database + " is " + (Files.exists(database) ? "empty" : "missing")
                                + ", and it held " + known.events + " events: " + file
                                + " says so. Nothing was changed. " + WAYS + ". To begin an empty ledger, move " + file
                                + " away, too");
            }
        } else if (known.isClosed()
                && (Files.size(database) != known.closed || !sum(database).equals(known.sum))) {
            throw new LedgerException(
                    LedgerException.Kind.UNUSABLE,
                    "the ledger " + database + " is damaged: it is not as it was when it was closed (" + known.closed
                            + " bytes then, "
                            + Files.size(database) + " now"
                            + (Files.size(database) == known.closed ? ", with other contents" : "") + "; " + file
                            + " says so). It was changed, cut, or replaced by another copy; it then held "
                            + known.events + " events. Nothing was changed by this start. " + WAYS);
        }
    }

    /** The refusal of a file that has less than it must. */
    static LedgerException lessThanKnown(Path database, long stored, long known, long removals) {
        String lost = stored < known
                ? "it holds the events up to " + stored + ", and those up to " + known + " were acknowledged, so "
                        + (known - stored) + " are lost"
                : removals + " runs and saves that were removed from it are there again";
        return new LedgerException(
                LedgerException.Kind.UNUSABLE,
                "the ledger " + database + " is damaged: " + lost + " (" + file(database)
                        + " says so). It was cut or is an older copy, or its journal is missing. Nothing was changed. "
                        + WAYS);
    }

    /**
     * The events up to this number are synced. What cannot be written down is no harm: an older mark says less, and
     * nothing wrong.
     */
    synchronized void acknowledged(long event) {
        if (event > facts.events) {
            note(new Facts(facts.turn + 1, event, facts.removals, -1, Facts.NONE.sum));
        }
    }

    private void note(Facts now) {
        try {
            write(now);
            failing = false;
        } catch (IOException e) {
            if (!failing) {
                LOG.warn("{} cannot be written, and is out of date: {}", file, Failures.text(e));
            }
            failing = true;
        }
    }

    /** The ledger's file is about to be written again; on the disk when it returns. */
    synchronized void open() throws IOException {
        if (facts.isClosed()) {
            opened(facts.events, facts.removals);
        }
    }

    /**
     * The ledger has these events and removals, whatever was said before, and is open from now on; on the disk when it
     * returns.
     */
    synchronized void opened(long events, long removals) throws IOException {
        write(new Facts(facts.turn + 1, events, removals, -1, Facts.NONE.sum));
        channel.force(false);
    }

    /** So many chains are removed. */
    synchronized void removed(long removals) {
        if (removals > facts.removals) {
            note(new Facts(facts.turn + 1, facts.events, removals, -1, Facts.NONE.sum));
        }
    }

    /** Brings to the disk what it says. */
    synchronized void sync() throws IOException {
        if (channel != null) {
            channel.force(false);
        }
    }

    /** The ledger's file was closed properly and is not written any more; on the disk when it returns. */
    synchronized void closed(Path database) throws IOException {
        write(new Facts(facts.turn + 1, facts.events, facts.removals, Files.size(database), sum(database)));
        channel.force(false);
    }

    private void write(Facts now) throws IOException {
        if (channel == null) {
            if (!Files.exists(file)) {
                Files.createFile(file, PrivateFiles.fileAttributes(file));
            }
            channel = FilePath.get(scheme + file).open("rw");
        }
        ByteBuffer bytes = ByteBuffer.wrap(now.text().getBytes(StandardCharsets.US_ASCII));
        for (long at = now.turn % 2 * PLACE; bytes.hasRemaining(); ) {
            at += channel.write(bytes, at);
        }
        facts = now;
    }

    /** Something other than an ingester, that writes the file of a ledger whole and closes it. */
    public interface Rewriting<T> {
        T run() throws Exception;
    }

    /** Does it to a ledger that is as it was closed, and then knows it again. */
    public static <T> T keeping(Path database, Rewriting<T> work) throws Exception {
        try (LedgerMark mark = of("file:", database)) {
            mark.requireAsClosed(database);
            boolean wasClosed = mark.facts().isClosed();
            mark.open();
            T done = work.run();
            if (wasClosed) {
                mark.closed(database);
            }
            return done;
        }
    }

    /** The checksum of a whole file. */
    private static String sum(Path database) throws IOException {
        CRC32C sum = new CRC32C();
        ByteBuffer part = ByteBuffer.allocateDirect(1 << 20);
        try (FileChannel channel = FileChannel.open(database)) {
            while (channel.read(part) >= 0) {
                sum.update(part.flip());
                part.clear();
            }
        }
        return String.format("%08x", sum.getValue());
    }

    @Override
    public synchronized void close() {
        if (channel != null) {
            try {
                channel.close();
            } catch (IOException e) {
                // What counts was synced.
            }
            channel = null;
        }
    }
}
