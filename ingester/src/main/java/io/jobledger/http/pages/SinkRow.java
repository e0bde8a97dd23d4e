package io.jobledger.http.pages;

import io.jobledger.http.pages.view.Badge;
import io.jobledger.ledger.DeliveryState;
import io.jobledger.sink.SinkRelay;

/**
 * How a sink stands that follows the log.
 *
 * @param standing null where it is not fed
 */
record SinkRow(String name, String place, DeliveryState.Standing standing) {
    static SinkRow of(SinkRelay relay) {
        return new SinkRow(
                relay.sink().name(), relay.sink().place(), relay.standing().orElse(null));
    }

    Badge badge() {
        if (standing != null && standing.blocked()) {
            return new Badge("waits for you", "✕", "failed");
        }
        return standing != null && standing.attempts() > 0
                ? new Badge("failing", "!", "overdue")
                : new Badge("up to date", "✓", "succeeded");
    }

    /** Why it fails; null where it does not. */
    String error() {
        return standing == null ? null : standing.lastError();
    }
}
