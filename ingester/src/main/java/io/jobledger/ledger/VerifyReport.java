package io.jobledger.ledger;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jobledger.json.Json;
import java.util.function.Consumer;

/**
 * A verification as a stream of JSON objects: {@code progress}, {@code stub} and {@code fault} as they come, and a
 * {@code verdict} at the end. The same over HTTP and offline.
 */
public final class VerifyReport implements Verifier.Listener {
    private final Consumer<ObjectNode> out;

    private VerifyReport(Consumer<ObjectNode> out) {
        this.out = out;
    }

    /**
     * Verifies and reports. Blocks until everything was read.
     *
     * @param moment for the anchor; null for now
     * @param out takes the objects, on the caller's thread; what it throws ends the verification
     * @return whether everything is as it was stored
     */
    public static boolean run(Verifier verifier, Verifier.Moment moment, Consumer<ObjectNode> out) {
        VerifyReport report = new VerifyReport(out);
        Verifier.Verdict verdict = verifier.verify(moment, report);
        ObjectNode json = object("verdict")
                .put("intact", verdict.intact())
                .put("faults", verdict.faults())
                .put("chains", verdict.chains())
                .put("events", verdict.events())
                .put("jobs", verdict.jobs())
                .put("unprovable_jobs", verdict.unprovable())
                .put("stubs", verdict.stubs());
        json.set("anchor", AnchorText.json(verdict.anchor()));
        out.accept(json);
        return verdict.intact();
    }

    private static ObjectNode object(String type) {
        return JsonNodeFactory.instance.objectNode().put("type", type);
    }

    @Override
    public void progress(long chains, long of, long events) {
        out.accept(object("progress").put("chains", chains).put("of", of).put("events", events));
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
    public void stub(Verifier.Stub stub) {
        out.accept(object("stub")
                .put("removal", stub.removal())
                .put("chain", stub.chain())
                .put("run_id", stub.run().toString())
                .put("events", stub.events())
                .put("jobs", stub.jobs())
                .put("head", stub.head())
                .put("removed_at", Json.time(stub.removedAt()))
                .put("removed_by", stub.removedBy())
                .put("reason", stub.reason()));
    }
}
