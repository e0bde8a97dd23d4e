package io.jobledger.sink.copy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jobledger.json.Json;
import io.jobledger.log.LogHead;
import io.jobledger.model.Digests;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.UUID;
import java.util.stream.Stream;

/**
 * What the copy consists of. It is the only object that is ever replaced.
 *
 * @param writer who wrote it: another id for each start of an ingester
 * @param round counts the writer's manifests
 * @param asOf all that was acknowledged until then is in it; null while the first copying goes on
 * @param segments in their order; there is one at least
 * @param files what goes with the log
 */
record Manifest(UUID writer, long round, Instant asOf, List<CopiedSegment> segments, List<CopiedFile> files) {
    static final String NAME = "manifest.json";
    private static final int FORMAT = 1;

    Manifest {
        segments = List.copyOf(segments);
        files = List.copyOf(files);
    }

    /** Where its log ends. */
    LogHead head() {
        return segments.get(segments.size() - 1).head();
    }

    /** Whether each segment goes on where the one before ends, from entry 1 on. */
    static boolean goesOn(List<CopiedSegment> segments) {
        long next = 1;
        for (CopiedSegment segment : segments) {
            if (segment.first() != next) {
                return false;
            }
            next = segment.head().entry() + 1;
        }
        return next > 1;
    }

    /** Names of the objects that it needs. */
    Set<String> objects() {
        Set<String> names = new TreeSet<>();
        Stream.concat(
                        segments.stream().flatMap(segment -> segment.pieces().stream()),
                        files.stream().flatMap(file -> file.pieces().stream()))
                .forEach(piece -> names.add(piece.object()));
        return names;
    }

    Optional<CopiedFile> file(String name) {
        return files.stream().filter(file -> file.name().equals(name)).findFirst();
    }

    private static String sum(ObjectNode json) {
        return Digests.hex(Json.text(json).getBytes(StandardCharsets.UTF_8));
    }

    byte[] bytes() {
        ObjectNode json = Json.OWN
                .createObjectNode()
                .put("format", FORMAT)
                .put("writer", writer.toString())
                .put("round", round)
                .put("head", head().text())
                .put("as_of", asOf == null ? null : Json.time(asOf));
        segments.forEach(segment -> segment.write(json.withArray("segments").addObject()));
        json.putArray("files");
        files.forEach(file -> file.write(json.withArray("files").addObject()));
        json.put("sha256", sum(json));
        return (Json.text(json) + "\n").getBytes(StandardCharsets.UTF_8);
    }

    /**
     * Reads {@link #bytes}.
     *
     * @throws IllegalArgumentException saying what is wrong with it
     */
    static Manifest read(byte[] bytes) {
        JsonNode found;
        try {
            found = Json.OWN.readTree(bytes);
        } catch (IOException e) {
            throw new IllegalArgumentException("it is not JSON", e);
        }
        if (!(found instanceof ObjectNode json)) {
            throw new IllegalArgumentException("it is no JSON object");
        }
        if (json.path("format").asInt() > FORMAT) {
            throw new IllegalArgumentException("it has the format " + json.path("format") + ", and this program knows "
                    + FORMAT + ". Use the newer version of the program that wrote it");
        }
        JsonNode sum = json.remove("sha256");
        if (sum == null || !sum(json).equals(sum.asText())) {
            throw new IllegalArgumentException("its checksum is another");
        }
        List<CopiedSegment> segments = new ArrayList<>();
        json.required("segments").forEach(segment -> segments.add(CopiedSegment.read(segment)));
        List<CopiedFile> files = new ArrayList<>();
        json.required("files").forEach(file -> files.add(CopiedFile.read(file)));
        if (!goesOn(segments)) {
            throw new IllegalArgumentException("its segments do not follow each other");
        }
        return new Manifest(
                UUID.fromString(json.required("writer").asText()),
                json.required("round").asLong(),
                json.required("as_of").isNull()
                        ? null
                        : Json.time(json.get("as_of").asText()),
                segments,
                files);
    }
}
