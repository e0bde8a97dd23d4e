package io.jobledger.sink.copy;

import io.jobledger.files.PrivateFiles;
import io.jobledger.log.LogHead;
import io.jobledger.model.Digests;
import io.jobledger.sink.mirror.Mirror;
import io.jobledger.sink.mirror.MirrorException;
import io.jobledger.sink.mirror.MirrorObjects;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** Reads a copy back. Every byte is compared with the manifest. Not thread-safe. */
public final class LogCopyReader {
    private final String uri;
    private final MirrorObjects objects;
    private final Manifest manifest;

    private LogCopyReader(String uri, MirrorObjects objects, Manifest manifest) {
        this.uri = uri;
        this.objects = objects;
        this.manifest = manifest;
    }

    /**
     * The copy that a mirror keeps; empty when it keeps none.
     *
     * @throws MirrorException when it cannot be read
     */
    public static Optional<LogCopyReader> of(Mirror mirror) {
        MirrorObjects objects = mirror.objects();
        return objects.get(Manifest.NAME).map(held -> {
            try {
                return new LogCopyReader(mirror.uri(), objects, Manifest.read(held.bytes()));
            } catch (IllegalArgumentException e) {
                throw MirrorException.lasting(
                        "the manifest " + MirrorObjects.FOLDER + Manifest.NAME + " of the copy of the log in "
                                + mirror.uri() + " cannot be used: " + e.getMessage(),
                        e);
            }
        });
    }

    /** Where its log ends. */
    public LogHead head() {
        return manifest.head();
    }

    /** All that was acknowledged until then is in it; null when the first copying was never done. */
    public Instant asOf() {
        return manifest.asOf();
    }

    /** How many bytes it has. */
    public long bytes() {
        return manifest.segments().stream()
                .mapToLong(segment -> Piece.bytes(segment.pieces()))
                .sum();
    }

    /**
     * Writes the files of the log into a directory, and what the mirrors had into a file, where that is known.
     *
     * @return where the log must reach
     * @throws MirrorException naming the object that is missing or is not as it was written
     */
    public LogHead into(Path log, Path delivery) throws IOException {
        for (CopiedSegment segment : manifest.segments()) {
            String what = "entries " + segment.first() + " to " + segment.head().entry();
            write(segment.pieces(), what, log.resolve(segment.name()));
        }
        file(FilesBeside.DELIVERY, delivery);
        return manifest.head();
    }

    /** Writes one of the files that go with the log; says whether there is one. */
    public boolean file(String name, Path file) throws IOException {
        Optional<CopiedFile> found = manifest.file(name);
        if (found.isPresent()) {
            write(found.get().pieces(), name, file);
        }
        return found.isPresent();
    }

    private void write(List<Piece> pieces, String what, Path file) throws IOException {
        try (FileChannel out = FileChannel.open(
                file,
                Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE),
                PrivateFiles.fileAttributes(file))) {
            for (Piece piece : pieces) {
                ByteBuffer bytes = ByteBuffer.wrap(read(piece, what));
                while (bytes.hasRemaining()) {
                    out.write(bytes);
                }
            }
            out.force(true);
        }
    }

    private byte[] read(Piece piece, String what) {
        byte[] bytes = objects.get(piece.object())
                .orElseThrow(() -> broken(piece, what, "is missing"))
                .bytes();
        if (bytes.length != piece.bytes() || !Digests.hex(bytes).equals(piece.sha256())) {
            throw broken(piece, what, "is not as it was written");
        }
        return bytes;
    }

    private MirrorException broken(Piece piece, String what, String how) {
        return MirrorException.lasting(
                "the object " + MirrorObjects.FOLDER + piece.object() + " of the copy of the log in " + uri + " " + how
                        + "; it has a part of: " + what
                        + ". Nothing was restored. Take another mirror's copy, or a backup, or rebuild from the"
                        + " records: docs/how-to/recover.md",
                null);
    }
}
