package io.jobledger.sink.copy;

import io.jobledger.ledger.Ledger;
import io.jobledger.log.LogFiles;
import io.jobledger.log.LogFiles.Part;
import io.jobledger.log.LogFiles.Reading;
import io.jobledger.log.LogHead;
import io.jobledger.sink.mirror.MirrorException;
import io.jobledger.sink.mirror.MirrorObjects;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;

/**
 * Brings a copy up to the log, round by round, for as long as nobody else writes it. A round that fails leaves the copy
 * as the last manifest says; the next one goes on from there. Not thread-safe.
 */
final class CopySession {
    /** After so many bytes of a first copying the manifest says how far it is. */
    private static final long STEP = 64 << 20;
    /** A manifest is never older: a copy that nobody feeds any more can be told from one of a quiet ledger. */
    static final Duration HEARTBEAT = Duration.ofHours(1);

    private static final int TRIES = 10;

    private final String uri;
    private final MirrorObjects objects;
    private final LogFiles log;
    private final Clock clock;
    private final UUID id = UUID.randomUUID();
    private final Set<String> there = new HashSet<>();
    private final PieceWriter writer;
    private final FilesBeside beside;
    /** What is there; null when there is nothing. */
    private Manifest current;

    private String tag;
    private Instant written = Instant.MIN;
    private boolean begun;
    /** Whether the manifest that is there is of this session. */
    private boolean claimed;
    /** Which version of each segment is there, by its first entry. */
    private Map<Long, Object> versions = new HashMap<>();

    CopySession(
            String uri, MirrorObjects objects, Ledger.Copied ledger, Map<String, Path> files, Clock clock, int piece) {
        this.uri = uri;
        this.objects = objects;
        this.log = ledger.log();
        this.clock = clock;
        this.writer = new PieceWriter(objects, id, there, piece);
        this.beside = new FilesBeside(ledger, files);
    }

    /** Where the log in the copy ends; null when it is not known. */
    LogHead head() {
        return current == null ? null : current.head();
    }

    PieceWriter writer() {
        return writer;
    }

    /**
     * Brings the copy up to the log as it is now.
     *
     * @throws MirrorException when it cannot; lasting where somebody must decide
     */
    void round() throws IOException {
        Instant now = clock.instant();
        if (log.head().entry() == 0) {
            return;
        }
        if (!begun) {
            begin();
        }
        // First: it must not speak of entries that the log in the copy has not.
        List<CopiedFile> files = beside.put(writer, current, now);
        // A segment may be rewritten between the look at the list and the opening of its file.
        for (int tries = 1; !segments(files, now); tries++) {
            if (tries == TRIES) {
                throw new IOException("a file of the log is not as its list says, again and again");
            }
        }
        beside.settled();
    }

    private void begin() {
        Optional<MirrorObjects.Held> held = objects.get(Manifest.NAME);
        Manifest found = held.map(object -> manifest(object.bytes())).orElse(null);
        if (found != null && !log.has(found.head())) {
            throw MirrorException.lasting(
                    "the copy of a log in " + uri + " ends with entry "
                            + found.head().entry() + " of epoch "
                            + found.head().epoch()
                            + ", which this ledger has not: it is another ledger's, or has more than this one. Nothing"
                            + " was changed there. Give this ledger a place of its own; or, if this ledger has lost"
                            + " what the copy has, 'jobledger restore --from " + uri + "' elsewhere; or, if the copy"
                            + " is not wanted, move " + MirrorObjects.FOLDER + " there away. Then 'jobledger mirror"
                            + " retry'",
                    null);
        }
        current = found;
        tag = held.map(MirrorObjects.Held::tag).orElse(null);
        versions.clear();
        beside.forget();
        claimed = false;
        begun = true;
    }

    private Manifest manifest(byte[] bytes) {
        try {
            return Manifest.read(bytes);
        } catch (IllegalArgumentException e) {
            throw MirrorException.lasting(
                    "the manifest " + MirrorObjects.FOLDER + Manifest.NAME + " of the copy of the log in " + uri
                            + " cannot be used: " + e.getMessage() + ". Move " + MirrorObjects.FOLDER
                            + " there away, and a new copy is made after 'jobledger mirror retry'",
                    e);
        }
    }

    /** Says whether all segments were as the log's list of them said. */
    private boolean segments(List<CopiedFile> files, Instant now) throws IOException {
        Map<Long, CopiedSegment> had = new HashMap<>();
        if (current != null) {
            current.segments().forEach(segment -> had.put(segment.first(), segment));
        }
        List<CopiedSegment> made = new ArrayList<>();
        Map<Long, Object> version = new HashMap<>();
        long step = writer.bytes() + STEP;
        for (Part part : log.parts()) {
            CopiedSegment copied = segment(part, had.get(part.first()));
            if (copied == null) {
                return false;
            }
            made.add(copied);
            version.put(part.first(), part.version());
            if (writer.bytes() > step) {
                soFar(made, files, version);
                step = writer.bytes() + STEP;
            }
        }
        Duration age = written.equals(Instant.MIN) ? HEARTBEAT : Duration.between(written, now);
        boolean same = claimed
                && current.asOf() != null
                && current.segments().equals(made)
                && current.files().equals(files)
                && age.compareTo(HEARTBEAT) < 0;
        if (!same) {
            put(new Manifest(id, nextRound(), now, made, files), now);
        }
        versions = version;
        clean();
        return true;
    }

    private long nextRound() {
        return claimed ? current.round() + 1 : 1;
    }

    /** A manifest for what is done of a long round, with what is still there of the rest, if that is no step back. */
    private void soFar(List<CopiedSegment> made, List<CopiedFile> files, Map<Long, Object> version) {
        List<CopiedSegment> all = new ArrayList<>(made);
        if (current != null) {
            long last = made.get(made.size() - 1).head().entry();
            current.segments().stream()
                    .filter(segment -> segment.first() > last)
                    .forEach(all::add);
        }
        boolean back = current != null
                && all.get(all.size() - 1).head().entry() < current.head().entry();
        if (Manifest.goesOn(all) && !back) {
            put(new Manifest(id, nextRound(), current == null ? null : current.asOf(), all, files), clock.instant());
            versions.putAll(version);
            clean();
        }
    }

    /** Null when the file was rewritten since the list was made. */
    private CopiedSegment segment(Part part, CopiedSegment had) throws IOException {
        Object known = versions.get(part.first());
        boolean grows = had != null && known == part.version() && had.packed() == part.packed();
        if (grows && had.head().entry() == part.last()) {
            return had;
        }
        try (Reading file = log.open(part)) {
            if (file == null) {
                return null;
            }
            if (!grows && had != null && known == null && had.packed() == part.packed()) {
                // Of an earlier session: the bytes tell.
                long bytes = Piece.bytes(had.pieces());
                grows = (part.packed() ? bytes == file.size() : bytes <= file.size())
                        && PieceWriter.begins(had.pieces(), file);
            }
            String folder = part.epoch() + "/" + String.format("%019d", part.first());
            return CopiedSegment.of(part, writer.extend(folder, grows ? had.pieces() : List.of(), file));
        }
    }

    private void put(Manifest next, Instant now) {
        byte[] bytes = next.bytes();
        if (bytes.length > MirrorObjects.MOST) {
            throw MirrorException.lasting("the manifest of the copy of the log would be too large for " + uri, null);
        }
        // Before the put: what others put after it is none of this session's.
        List<String> listed = claimed ? List.of() : objects.list();
        Optional<String> put = objects.put(Manifest.NAME, bytes, tag);
        if (put.isEmpty()) {
            put = own(bytes);
        }
        tag = put.orElseThrow(this::taken);
        there.addAll(listed);
        if (current != null) {
            there.addAll(current.objects());
        }
        current = next;
        written = now;
        claimed = true;
    }

    /** The manifest is in another state. An earlier put of this session may have happened although it failed. */
    private Optional<String> own(byte[] bytes) {
        Optional<MirrorObjects.Held> held = objects.get(Manifest.NAME);
        if (held.isEmpty()) {
            // Somebody removed it; what it named may be gone, too.
            begun = false;
            throw MirrorException.passing("the manifest of the copy of the log in " + uri + " was removed", null);
        }
        if (Arrays.equals(held.get().bytes(), bytes)) {
            return Optional.of(held.get().tag());
        }
        Manifest found = manifest(held.get().bytes());
        return found.writer().equals(id)
                ? objects.put(Manifest.NAME, bytes, held.get().tag())
                : Optional.empty();
    }

    private MirrorException taken() {
        begun = false;
        return MirrorException.lasting(
                "another ingester writes the copy of the log in " + uri + " now, from this ledger's files or a restored"
                        + " copy of them: one of the two must stop. Where the other is to stop, stop it and run"
                        + " 'jobledger mirror retry' here",
                null);
    }

    /** Deletes what the manifest does not name. */
    private void clean() {
        if (!claimed) {
            return;
        }
        Set<String> needed = current.objects();
        needed.add(Manifest.NAME);
        for (String name : List.copyOf(there)) {
            if (!needed.contains(name)) {
                objects.delete(name);
                there.remove(name);
            }
        }
    }
}
