package io.jobledger.trail;

import io.jobledger.files.AtomicFiles;
import io.jobledger.files.PrivateFiles;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Clock;
import java.util.HexFormat;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * A file of one JSON object a line, 0600, only ever appended to and synced. Commands and the server write the same
 * file. Each line has a {@code link}, a checksum over it and the link before, and a file beside it knows the last one:
 * a line that was changed or taken out, and a trail that was cut or is an older copy, are refused. A trail that was
 * moved away by log rotation begins anew.
 */
public final class FileTrail implements Trail {
    private static final Pattern LINKED = Pattern.compile("(\\{.*),\"link\":\"([0-9a-f]{32})\"}");
    private static final int TAIL = 1 << 16;

    private final Path file;
    private final Clock clock;

    /** @param file need not exist, nor its directory */
    public FileTrail(Path file, Clock clock) {
        this.file = file;
        this.clock = clock;
    }

    @Override
    public void record(Act act) {
        try {
            append(act.line(clock.instant()));
        } catch (IOException e) {
            throw new TrailException(
                    "the audit trail " + file + " cannot be written (" + e.getMessage()
                            + "), so nothing was done. Make room there, or mend its rights",
                    e);
        }
    }

    @Override
    public void each(Consumer<String> line) {
        try (Stream<String> lines = Files.lines(file)) {
            Links links = new Links(known(), true);
            lines.forEach(each -> {
                links.next(each);
                line.accept(each);
            });
            links.end();
        } catch (NoSuchFileException e) {
            // Nothing was done yet.
        } catch (IOException | UncheckedIOException e) {
            throw new TrailException("the audit trail " + file + " cannot be read (" + e.getMessage() + ")", e);
        }
    }

    @Override
    public void check() {
        each(line -> {});
    }

    /**
     * Follows the links of lines, one after the other. What has none is of an earlier version, or what a full disk cut
     * off; the line behind it goes on where the one before it ended.
     */
    private final class Links {
        private final String known;
        private final boolean whole;
        private String last = "";
        private boolean met;
        private long number;

        /** @param whole whether the first line is the trail's first */
        Links(String known, boolean whole) {
            this.known = known;
            this.whole = whole;
            this.met = known == null;
        }

        void next(String line) {
            number++;
            Matcher parts = LINKED.matcher(line);
            if (parts.matches()) {
                boolean follows = parts.group(2).equals(link(last, parts.group(1) + "}"));
                if (!follows && (whole || !last.isEmpty())) {
                    throw damaged("line " + number + (whole ? "" : " of its end")
                            + ", or the one before it, is not as it was written");
                }
                last = parts.group(2);
                met |= last.equals(known);
            } else if (!line.startsWith("{") && (whole || number > 1)) {
                throw damaged("line " + number + (whole ? "" : " of its end") + " is none of a trail");
            }
        }

        /** The link of the last line. */
        String end() {
            if (!met && number > 0) {
                throw damaged("its last line is missing: it was cut, or it is an older copy");
            }
            return last;
        }
    }

    private TrailException damaged(String why) {
        return new TrailException(
                "the audit trail " + file + " is damaged: " + why + ". Move it and " + knownFile()
                        + " away, keep them for whoever looks into it, and a new trail begins",
                null);
    }

    private static String link(String before, String line) {
        try {
            byte[] hash = MessageDigest.getInstance("SHA-256")
                    .digest((before + "\n" + line).getBytes(StandardCharsets.UTF_8));
            return HexFormat.of().formatHex(hash, 0, 16);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }

    private Path knownFile() {
        return file.resolveSibling(file.getFileName() + ".known");
    }

    /** The link of a line that was written; null when none is known. */
    private String known() throws IOException {
        if (!Files.exists(knownFile())) {
            return null;
        }
        String text = Files.readString(knownFile(), StandardCharsets.ISO_8859_1).strip();
        // A loss of power may leave it empty: it is not synced.
        return text.isEmpty() ? null : text;
    }

    /** Opened anew each time: acts are rare, and a file that was moved away by log rotation is made again. */
    private void append(String act) throws IOException {
        PrivateFiles.createDirectory(file.getParent());
        boolean isNew = !Files.exists(file);
        // A process may hold a lock of a file once; two threads of one take turns.
        synchronized (FileTrail.class) {
            try (FileChannel channel = FileChannel.open(
                    file,
                    Set.of(StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE),
                    PrivateFiles.fileAttributes(file))) {
                channel.lock();
                long end = channel.size();
                String link = link(last(channel, end), act);
                String line = act.substring(0, act.length() - 1) + ",\"link\":\"" + link + "\"}\n";
                // What a full disk cut off stays readable as a line of its own.
                String text = torn(channel, end) ? "\n" + line : line;
                ByteBuffer bytes = ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8));
                for (long at = end; bytes.hasRemaining(); ) {
                    at += channel.write(bytes, at);
                }
                channel.force(true);
                Files.write(knownFile(), (link + "\n").getBytes(StandardCharsets.US_ASCII));
                PrivateFiles.restrict(knownFile());
            }
        }
        if (isNew) {
            AtomicFiles.sync(file.getParent());
        }
    }

    /**
     * The link of the last line, once the end of the trail is seen to be whole. A long trail is read from near its end.
     */
    private String last(FileChannel channel, long end) throws IOException {
        long from = Math.max(0, end - TAIL);
        ByteBuffer bytes = ByteBuffer.allocate((int) (end - from));
        while (bytes.hasRemaining() && channel.read(bytes, from + bytes.position()) > 0) {
            // more of it
        }
        List<String> lines = new String(bytes.array(), 0, bytes.position(), StandardCharsets.UTF_8)
                .lines()
                .skip(from > 0 ? 1 : 0)
                .toList();
        Links links = new Links(known(), from == 0);
        lines.forEach(links::next);
        return links.end();
    }

    private static boolean torn(FileChannel channel, long end) throws IOException {
        ByteBuffer last = ByteBuffer.allocate(1);
        return end > 0 && channel.read(last, end - 1) == 1 && last.get(0) != '\n';
    }
}
