package io.jobledger.sink.copy;

import io.jobledger.log.LogFiles.Reading;
import io.jobledger.model.Digests;
import io.jobledger.sink.mirror.MirrorException;
import io.jobledger.sink.mirror.MirrorObjects;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.UUID;

/**
 * Puts files as pieces. A file that grows gets new pieces at its end; small ones at the end are put together, so that
 * there are few of them and each byte is put a few times only. Not thread-safe.
 */
final class PieceWriter {
    /** Most bytes of a piece, which are in memory at once. */
    private final int most;

    private final MirrorObjects objects;
    private final String writer;
    private final Set<String> there;
    private long count;
    private long bytes;

    /**
     * @param writer of all names; nobody else gives such
     * @param there gets the name of each object before it is put
     */
    PieceWriter(MirrorObjects objects, UUID writer, Set<String> there, int most) {
        this.objects = objects;
        this.writer = writer.toString().substring(0, 13);
        this.there = there;
        this.most = most;
    }

    /** Objects that were put. */
    long count() {
        return count;
    }

    /** Bytes that were put. */
    long bytes() {
        return bytes;
    }

    /** Whether the pieces are the first bytes of a file. */
    static boolean begins(List<Piece> pieces, Reading file) throws IOException {
        long at = 0;
        for (Piece piece : pieces) {
            if (at + piece.bytes() > file.size()
                    || !Digests.hex(file.read(at, (int) piece.bytes())).equals(piece.sha256())) {
                return false;
            }
            at += piece.bytes();
        }
        return true;
    }

    /**
     * Puts what a file has beyond some pieces.
     *
     * @param folder for the names of new objects
     * @param had pieces with the file's first bytes
     * @return the pieces of the whole file
     */
    List<Piece> extend(String folder, List<Piece> had, Reading file) throws IOException {
        List<Piece> pieces = new ArrayList<>(had);
        long at = Piece.bytes(had);
        if (at == file.size()) {
            return had;
        }
        for (Piece last = last(pieces); last != null; last = last(pieces)) {
            if (last.bytes() >= most || last.bytes() > 2 * (file.size() - at)) {
                break;
            }
            at -= last.bytes();
            pieces.remove(pieces.size() - 1);
        }
        while (at < file.size()) {
            byte[] content = file.read(at, (int) Math.min(most, file.size() - at));
            pieces.add(put(folder, content));
            at += content.length;
        }
        return List.copyOf(pieces);
    }

    private static Piece last(List<Piece> pieces) {
        return pieces.isEmpty() ? null : pieces.get(pieces.size() - 1);
    }

    private Piece put(String folder, byte[] content) {
        String name = folder + "/" + writer + "-" + (++count);
        there.add(name);
        if (objects.put(name, content, null).isEmpty()) {
            throw MirrorException.passing(
                    "the object " + name + " is there already, and nobody else gives this name", null);
        }
        bytes += content.length;
        return new Piece(name, content.length, Digests.hex(content));
    }
}
