package io.jobledger.ledger;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.List;

/** Anchors as JSON, and what it means when two of the same moment differ. */
public final class AnchorText {
    private AnchorText() {}

    static ObjectNode json(Verifier.Anchor anchor) {
        ObjectNode json = JsonNodeFactory.instance
                .objectNode()
                .put("entry", anchor.moment().entry())
                .put("removals", anchor.moment().removals())
                .put("removal", anchor.removal())
                .put("chains", anchor.chains());
        ArrayNode digests = json.putArray("digests");
        anchor.digests().forEach(digests::add);
        return json;
    }

    /**
     * The moment of an anchor.
     *
     * @throws IllegalArgumentException when it is no anchor
     */
    public static Verifier.Moment moment(JsonNode anchor) {
        if (!anchor.path("entry").canConvertToLong()
                || !anchor.path("removals").canConvertToLong()
                || !anchor.path("chains").canConvertToLong()
                || !anchor.path("digests").isArray()
                || !anchor.path("removal").isTextual()) {
            throw new IllegalArgumentException("is no anchor; 'jobledger verify --write-anchor FILE' writes one");
        }
        return new Verifier.Moment(
                anchor.get("entry").asLong(), anchor.get("removals").asLong());
    }

    /**
     * What a comparison brought.
     *
     * @param differences what was rewritten since, for people; empty when nothing was
     * @param unknown chains whose state at that moment cannot be computed any more
     */
    public record Comparison(List<String> differences, List<String> unknown) {}

    /**
     * Compares a kept anchor with what the ledger says of that moment now.
     *
     * @param kept the anchor that was kept elsewhere
     * @param now computed from the ledger for the kept anchor's moment
     */
    public static Comparison compare(JsonNode kept, JsonNode now) {
        List<String> differences = new ArrayList<>();
        List<String> unknown = new ArrayList<>();
        long chains = kept.path("chains").asLong();
        if (now.path("chains").asLong() != chains) {
            differences.add("there were " + chains + " chains, and the ledger says "
                    + now.path("chains").asLong());
        }
        if (!now.path("removal").equals(kept.path("removal"))) {
            differences.add("the stubs of what had been removed were rewritten, or some are missing");
        }
        for (int i = 0;
                i < Math.max(kept.path("digests").size(), now.path("digests").size());
                i++) {
            String range =
                    "chains " + (i * Verifier.BUCKET + 1) + " to " + Math.min(chains, (i + 1L) * Verifier.BUCKET);
            JsonNode before = kept.path("digests").path(i);
            JsonNode after = now.path("digests").path(i);
            if (before.isNull() || after.isNull()) {
                unknown.add(range);
            } else if (!before.equals(after)) {
                differences.add("events of " + range + " were rewritten");
            }
        }
        return new Comparison(differences, unknown);
    }
}
