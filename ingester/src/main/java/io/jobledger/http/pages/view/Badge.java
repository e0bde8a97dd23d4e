package io.jobledger.http.pages.view;

import io.jobledger.ledger.query.JobLine;
import io.jobledger.ledger.query.RunOutcome;
import io.jobledger.model.JobRecord;
import io.jobledger.model.JobStatus;
import io.jobledger.model.RunState;
import java.time.Instant;

/**
 * A standing as people see it: a word and a sign, since colour alone tells some readers nothing.
 *
 * @param style the style's class
 */
public record Badge(String word, String sign, String style) {
    public static final Badge OVERDUE = new Badge("overdue", "!", "overdue");

    public static Badge of(JobRecord record, Instant now) {
        return record.overdue(now) ? OVERDUE : of(record.status());
    }

    public static Badge of(JobStatus status) {
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

    public static Badge of(JobLine line, Instant now) {
        return line.overdue(now) ? OVERDUE : of(line.status());
    }

    /** A run by its state, and by how its jobs ended where it is over. */
    public static Badge of(RunState state, RunOutcome outcome) {
        return state != RunState.FINISHED
                ? of(state)
                : switch (outcome.verdict()) {
                    case FAILED ->
                        outcome.jobs().failed() > 0
                                ? of(JobStatus.FAILED)
                                : of(outcome.jobs().lost() > 0 ? JobStatus.LOST : JobStatus.TIMED_OUT);
                    case OVERDUE -> OVERDUE;
                    case RUNNING -> new Badge("jobs run on", "▸", "running");
                    case CANCELLED -> of(JobStatus.CANCELLED);
                    case SUCCEEDED -> new Badge("finished", "✓", "succeeded");
                    case NONE -> of(state);
                };
    }

    /** The style of how a run went. */
    public static String style(RunOutcome outcome) {
        return switch (outcome.verdict()) {
            case FAILED -> "failed";
            case OVERDUE -> "overdue";
            case RUNNING -> "running";
            case SUCCEEDED -> "succeeded";
            case CANCELLED, NONE -> "plain";
        };
    }

    public static Badge of(RunState state) {
        return switch (state) {
            case RUNNING -> new Badge("running", "▸", "running");
            case FINISHED -> new Badge("finished", "✓", "plain");
            case INTERRUPTED -> new Badge("interrupted", "!", "overdue");
        };
    }
}
