package io.jobledger.ledger;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/** Waits until what was acknowledged is in the records. */
public final class Projected {
    private Projected() {}

    /** Waits for all of it; returns the last entry. */
    public static long all(Ledger ledger) {
        long head = ledger.heads().now().entry();
        CompletableFuture<Void> there = new CompletableFuture<>();
        LedgerFeed.Subscription listening = ledger.feed().subscribe(entry -> {
            if (entry >= head) {
                there.complete(null);
            }
        });
        try {
            if (ledger.feed().committed() < head) {
                there.get(30, TimeUnit.SECONDS);
            }
            return head;
        } catch (Exception e) {
            throw new AssertionError("entry " + head + " is not in the records", e);
        } finally {
            listening.close();
        }
    }
}
