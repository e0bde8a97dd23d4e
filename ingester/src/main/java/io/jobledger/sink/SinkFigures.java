package io.jobledger.sink;

import java.time.Instant;
import java.util.concurrent.atomic.LongAdder;

/** What the relays of a sink did since the program started. Thread-safe. */
public final class SinkFigures {
    private final LongAdder sent = new LongAdder();
    private final LongAdder failed = new LongAdder();
    private volatile Instant oldest;

    void sentOne() {
        sent.increment();
    }

    void failedOne() {
        failed.increment();
    }

    void behind(Instant since) {
        oldest = since;
    }

    void upToDate() {
        oldest = null;
    }

    /** News that were delivered. */
    public long sent() {
        return sent.sum();
    }

    /** Attempts that failed. */
    public long failed() {
        return failed.sum();
    }

    /** When that happened which the sink was to be told first; null when it has everything. */
    Instant oldest() {
        return oldest;
    }
}
