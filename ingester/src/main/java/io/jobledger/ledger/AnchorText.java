package io.jobledger.ledger;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jobledger.log.LogHead;
import java.util.Arrays;
import java.util.HexFormat;

/** Anchors as JSON, and what it means when two of the same entry differ. An anchor is the log's head at a moment. */
public final class AnchorText {
    private AnchorText() {}

    public static ObjectNode json(LogHead head) {
        return JsonNodeFactory.instance
                .objectNode()
                .put("epoch", head.epoch())
                .put("entry", head.entry())
                .put("hash", HexFormat.of().formatHex(head.hash()));
    }

    /**
     * Reads {@link #json}.
     *
     * @throws IllegalArgumentException when it is no anchor
     */
    public static LogHead head(JsonNode anchor) {
        try {
            return LogHead.parse(anchor.path("epoch").asText() + "-"
                    + anchor.path("entry").asText() + "-" + anchor.path("hash").asText());
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException("is no anchor; 'jobledger verify --write-anchor FILE' writes one", e);
        }
    }

    /**
     * What a comparison brought; both null when the anchor agrees.
     *
     * @param difference what was rewritten, for people
     * @param unknown why nobody can say
     */
    public record Comparison(String difference, String unknown) {}

    /**
     * Compares a kept anchor with what the ledger says of its entry now.
     *
     * @param kept the anchor that was kept elsewhere
     * @param then {@code as_of} of the verdict
     */
    public static Comparison compare(LogHead kept, JsonNode then) {
        if (then.hasNonNull("unknown")) {
            return new Comparison(null, then.path("unknown").asText());
        }
        LogHead now = head(then);
        if (now.entry() < kept.entry()) {
            return new Comparison(
                    "the log ends with entry " + now.entry() + " and had entry " + kept.entry() + " already", null);
        }
        if (now.epoch() != kept.epoch()) {
            return new Comparison(
                    "entry " + kept.entry() + " was of epoch " + kept.epoch() + " and is of epoch " + now.epoch()
                            + ": a restore or an accepted loss began a new life of the ledger before it",
                    null);
        }
        return Arrays.equals(now.hash(), kept.hash())
                ? new Comparison(null, null)
                : new Comparison("entry " + kept.entry() + " or one before it was rewritten", null);
    }
}
