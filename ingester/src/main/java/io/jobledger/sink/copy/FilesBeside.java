package io.jobledger.sink.copy;

import io.jobledger.ledger.Ledger;
import io.jobledger.log.LogFiles.Reading;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What goes with the log: files, each as it is at a round; and what the mirrors have, now and then. Not thread-safe.
 */
final class FilesBeside {
    /** What mirrors have. An older state costs some repeated puts after a restore. */
    static final String DELIVERY = "delivery.sql";

    private static final Duration DELIVERY_PAUSE = Duration.ofMinutes(1);

    private final Ledger.Copied ledger;
    private final Map<String, Path> files;
    /** What files looked like when they were put. */
    private final Map<String, String> seen = new HashMap<>();

    private Map<String, String> seeing = Map.of();
    private Instant delivered = Instant.MIN;
    private Instant delivering = Instant.MIN;

    FilesBeside(Ledger.Copied ledger, Map<String, Path> files) {
        this.ledger = ledger;
        this.files = files;
    }

    /**
     * Puts what changed; returns all of it.
     *
     * @param before the manifest that is there; null when there is none
     */
    List<CopiedFile> put(PieceWriter writer, Manifest before, Instant now) throws IOException {
        List<CopiedFile> result = new ArrayList<>();
        seeing = new HashMap<>();
        for (Map.Entry<String, Path> file : files.entrySet()) {
            Optional<CopiedFile> had = had(before, file.getKey());
            String looks = looks(file.getValue());
            if (looks == null) {
                continue;
            }
            seeing.put(file.getKey(), looks);
            if (had.isPresent() && looks.equals(seen.get(file.getKey()))) {
                result.add(had.get());
                continue;
            }
            try (Reading content = FileContent.of(file.getValue(), file.getKey().endsWith(".jsonl"))) {
                result.add(copy(writer, file.getKey(), had, content));
            }
        }
        delivery(writer, before, now).ifPresent(result::add);
        return result;
    }

    /** What was returned last is in the copy. */
    void settled() {
        seen.clear();
        seen.putAll(seeing);
        delivered = delivering;
    }

    /** Nobody knows what is in the copy. */
    void forget() {
        seen.clear();
        delivered = Instant.MIN;
    }

    private static Optional<CopiedFile> had(Manifest before, String name) {
        return before == null ? Optional.empty() : before.file(name);
    }

    /** Null when it is not there. */
    private static String looks(Path file) throws IOException {
        try {
            BasicFileAttributes found = Files.readAttributes(file, BasicFileAttributes.class);
            return found.fileKey() + " " + found.size() + " " + found.lastModifiedTime();
        } catch (NoSuchFileException e) {
            return null;
        }
    }

    private static CopiedFile copy(PieceWriter writer, String name, Optional<CopiedFile> had, Reading content)
            throws IOException {
        List<Piece> pieces = had.map(CopiedFile::pieces).orElse(List.of());
        return new CopiedFile(
                name,
                writer.extend("beside/" + name, PieceWriter.begins(pieces, content) ? pieces : List.of(), content));
    }

    private Optional<CopiedFile> delivery(PieceWriter writer, Manifest before, Instant now) throws IOException {
        Optional<CopiedFile> had = had(before, DELIVERY);
        delivering = delivered;
        boolean due = delivered.equals(Instant.MIN)
                || Duration.between(delivered, now).abs().compareTo(DELIVERY_PAUSE) >= 0;
        byte[] script = due ? ledger.delivery() : null;
        if (script == null) {
            return had;
        }
        delivering = now;
        return Optional.of(copy(writer, DELIVERY, had, FileContent.of(script)));
    }
}
