package io.jobledger.sink.copy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;

/** A file that goes with the log: tokens, audit trail, or what the mirrors have. */
record CopiedFile(String name, List<Piece> pieces) {
    void write(ObjectNode to) {
        to.put("name", name);
        Piece.write(pieces, to.putArray("pieces"));
    }

    static CopiedFile read(JsonNode json) {
        return new CopiedFile(json.required("name").asText(), Piece.read(json.required("pieces")));
    }
}
