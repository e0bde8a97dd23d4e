package io.jobledger.sink.copy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jobledger.log.LogFiles.Part;
import io.jobledger.log.LogHead;
import java.util.HexFormat;
import java.util.List;

/**
 * A segment of the log in the copy.
 *
 * @param name of its file
 * @param head the last entry that it has, with the epoch of its entries
 * @param first its first entry
 * @param packed whether it was closed and rewritten
 * @param pieces its bytes, in their order
 */
record CopiedSegment(String name, LogHead head, long first, boolean packed, List<Piece> pieces) {
    private static final String NAME = "[0-9]{19}\\.jlog";

    static CopiedSegment of(Part part, List<Piece> pieces) {
        return new CopiedSegment(
                part.name(), new LogHead(part.epoch(), part.last(), part.hash()), part.first(), part.packed(), pieces);
    }

    void write(ObjectNode to) {
        to.put("name", name)
                .put("epoch", head.epoch())
                .put("first", first)
                .put("last", head.entry())
                .put("hash", HexFormat.of().formatHex(head.hash()))
                .put("packed", packed);
        Piece.write(pieces, to.putArray("pieces"));
    }

    static CopiedSegment read(JsonNode json) {
        String name = json.required("name").asText();
        if (!name.matches(NAME)) {
            throw new IllegalArgumentException("'" + name + "' is no name of a segment");
        }
        return new CopiedSegment(
                name,
                new LogHead(
                        json.required("epoch").asInt(),
                        json.required("last").asLong(),
                        HexFormat.of().parseHex(json.required("hash").asText())),
                json.required("first").asLong(),
                json.required("packed").asBoolean(),
                Piece.read(json.required("pieces")));
    }
}
