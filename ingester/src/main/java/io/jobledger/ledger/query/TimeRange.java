package io.jobledger.ledger.query;

import java.time.Instant;

/** From {@code since} (included) to {@code until} (excluded); null parts are open. */
public record TimeRange(Instant since, Instant until) {
    public static final TimeRange ALWAYS = new TimeRange(null, null);

    public static TimeRange since(Instant since) {
        return new TimeRange(since, null);
    }

    public boolean always() {
        return since == null && until == null;
    }
}
