package io.jobledger.http.pages;

import io.jobledger.model.JobRecord;
import io.jobledger.model.JobStatus;
import io.jobledger.model.RunState;
import java.time.Instant;

/**
 * A standing as people see it: a word and a sign, since colour alone tells some readers nothing.
 *
 * @param style the style's class
 */
record Badge(String word, String sign, String style) {
    static final Badge OVERDUE = new Badge("overdue", "!", "overdue");

    static Badge of(JobRecord record, Instant now) {
        return record.overdue(now) ? OVERDUE : of(record.status());
    }

    static Badge of(JobStatus status) {
        return switch (status) {
            case RUNNING -> new Badge("running", "▸", "running");
            case SUCCEEDED -> new Badge("succeeded", "✓", "succeeded");
            case FAILED -> new Badge("failed", "✕", "failed");
            case TIMED_OUT -> new Badge("timed out", "⊘", "timed-out");
            case CANCELLED -> new Badge("cancelled", "■", "cancelled");
            case LOST -> new Badge("lost", "?", "lost");
            case CLOSED -> new Badge("closed", "–", "closed");
        };
    }

    static Badge of(RunState state) {
        return switch (state) {
            case RUNNING -> new Badge("running", "▸", "running");
            case FINISHED -> new Badge("finished", "✓", "plain");
            case INTERRUPTED -> new Badge("interrupted", "!", "overdue");
        };
    }
}
