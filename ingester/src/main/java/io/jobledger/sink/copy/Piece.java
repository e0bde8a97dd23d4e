package io.jobledger.sink.copy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import io.jobledger.sink.mirror.MirrorObjects;
import java.util.ArrayList;
import java.util.List;

/**
 * Some bytes of a file, as an object.
 *
 * @param object its name
 * @param bytes how many
 * @param sha256 over them, in hex
 */
record Piece(String object, long bytes, String sha256) {
    static long bytes(List<Piece> pieces) {
        return pieces.stream().mapToLong(Piece::bytes).sum();
    }

    static void write(List<Piece> pieces, ArrayNode to) {
        pieces.forEach(piece -> to.addObject()
                .put("object", piece.object)
                .put("bytes", piece.bytes)
                .put("sha256", piece.sha256));
    }

    /** @throws IllegalArgumentException when they make no sense */
    static List<Piece> read(JsonNode json) {
        List<Piece> pieces = new ArrayList<>();
        for (JsonNode piece : json) {
            pieces.add(new Piece(
                    MirrorObjects.require(piece.required("object").asText()),
                    piece.required("bytes").asLong(),
                    piece.required("sha256").asText()));
        }
        return List.copyOf(pieces);
    }
}
