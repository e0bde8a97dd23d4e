package io.jobledger.ledger;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jobledger.json.Json;
import java.util.function.Consumer;

/**
 * A verification as a stream of JSON objects: {@code progress}, {@code removal}, {@code epoch} and {@code fault} as
 * they come, and a {@code verdict} at the end. The same over HTTP and offline.
 */
public final class VerifyReport implements Verifier.Listener {
    private final Consumer<ObjectNode> out;

    private VerifyReport(Consumer<ObjectNode> out) {
        this.out = out;
    }

    /**
     * Verifies and reports. Blocks until everything was read.
     *
     * @param out takes the objects, on the caller's thread; what it throws ends the verification
     * @return whether everything is as it was acknowledged
     */
    public static boolean run(Verifier verifier, Verifier.Question question, Consumer<ObjectNode> out) {
        VerifyReport report = new VerifyReport(out);
        Verifier.Verdict verdict = verifier.verify(question, report);
        ObjectNode json = object("verdict")
                .put("intact", verdict.intact())
                .put("faults", verdict.faults())
                .put("records", verdict.records())
                .put("events", verdict.events())
                .put("facts", verdict.facts())
                .put("removed", verdict.removed());
        if (verdict.rows() >= 0) {
            json.put("rows", verdict.rows());
        }
        json.set("anchor", AnchorText.json(verdict.head()));
        if (verdict.then() != null) {
            json.set(
                    "as_of",
                    verdict.then().head() != null
                            ? AnchorText.json(verdict.then().head())
                            : JsonNodeFactory.instance
                                    .objectNode()
                                    .put("unknown", verdict.then().unknown()));
        }
        out.accept(json);
        return verdict.intact();
    }

    private static ObjectNode object(String type) {
        return JsonNodeFactory.instance.objectNode().put("type", type);
    }

    @Override
    public void progress(long entry, long of) {
        out.accept(object("progress").put("entry", entry).put("of", of));
    }

    @Override
    public void fault(Verifier.Fault fault) {
        out.accept(object("fault")
                .put("what", fault.what())
                .put("run_id", fault.run() == null ? null : fault.run().toString())
                .put("seq", fault.seq())
                .put("entry", fault.entry())
                .put("detail", fault.detail()));
    }

    @Override
    public void removal(Verifier.Removal removal) {
        out.accept(object("removal")
                .put("entry", removal.entry())
                .put("run_id", removal.run().toString())
                .put("seq", removal.seq())
                .put("events", removal.events())
                .put("jobs", removal.jobs())
                .put("removed_at", Json.time(removal.at()))
                .put("removed_by", removal.by())
                .put("reason", removal.reason()));
    }

    @Override
    public void epoch(Verifier.Epoch epoch) {
        out.accept(object("epoch")
                .put("epoch", epoch.epoch())
                .put("entry", epoch.entry())
                .put("began_at", Json.time(epoch.at()))
                .put("by", epoch.by())
                .put("reason", epoch.reason())
                .put("before", epoch.before()));
    }
}
