package io.jobledger.ledger.chain;

import io.jobledger.ledger.Verifier;
import io.jobledger.ledger.Verifier.Anchor;
import io.jobledger.ledger.Verifier.Moment;
import io.jobledger.model.Digests;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;

/** Gathers the digests of an {@link Anchor}, chain by chain in the order of their numbers. Not thread-safe. */
final class Anchors {
    private final Moment moment;
    private final List<String> digests = new ArrayList<>();
    private MessageDigest bucket = Digests.sha256();
    private boolean known = true;
    private long chains;

    Anchors(Moment moment) {
        this.moment = moment;
    }

    Moment moment() {
        return moment;
    }

    /** A chain as it was at the moment, when it had begun then. */
    void add(long number, UUID run, long events, byte[] link) {
        count(() -> bucket.update((number + " " + run + " " + events + " " + ChainLink.hex(link) + "\n")
                .getBytes(StandardCharsets.UTF_8)));
    }

    /** A chain of which only a later state is known. */
    void addUnknown() {
        count(() -> known = false);
    }

    private void count(Runnable add) {
        add.run();
        if (++chains % Verifier.BUCKET == 0) {
            finish();
        }
    }

    private void finish() {
        byte[] digest = bucket.digest();
        digests.add(known ? ChainLink.hex(digest) : null);
        known = true;
    }

    /** The anchor of all chains that were added. */
    Anchor anchor(byte[] removal) {
        if (chains % Verifier.BUCKET != 0) {
            finish();
        }
        return new Anchor(moment, chains, new ArrayList<>(digests), ChainLink.hex(removal));
    }
}
