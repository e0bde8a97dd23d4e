package io.jobledger.http.live;

import io.jobledger.ledger.query.Change;
import io.jobledger.ledger.query.JobFilter;
import io.jobledger.ledger.query.JobMatch;
import java.time.Instant;

/** A job filter, asked of one change instead of the ledger: what a live view shows. */
final class StreamFilter {
    private final JobFilter filter;
    private final JobMatch match;

    StreamFilter(JobFilter filter) {
        this.filter = filter;
        this.match = new JobMatch(filter);
    }

    boolean fitsJob(Change change, Instant now) {
        return change.job() != null && match.fits(change.job(), change.run(), now);
    }

    boolean fitsRun(Change change) {
        return match.fitsRun(change.run());
    }

    boolean fitsEvent(Change change) {
        return filter.run() == null || filter.run().equals(change.event().run());
    }
}
