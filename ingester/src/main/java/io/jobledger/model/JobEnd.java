package io.jobledger.model;

import java.util.Map;

/**
 * One observation that a job is over.
 *
 * @param reason of {@code LOST}: {@link #VANISHED}, or null for a results file that is not there
 * @param by who ended it, of {@code CANCELLED} and {@code CLOSED}; or null
 * @param rc the command's return code, or null
 * @param message why, in one line, or null
 * @param changed what the module said, or null
 * @param details what the operator had recorded besides, such as the output; null for nothing
 */
public record JobEnd(
        Evidence evidence,
        JobStatus status,
        String reason,
        String by,
        Long rc,
        String message,
        Boolean changed,
        Map<String, Object> details) {
    /** A reason of {@code LOST}: its file says started, and no process of it is there, or the host was booted since. */
    public static final String VANISHED = "vanished";

    /** A reason of {@code CLOSED}: the job is a dry run's, which did nothing and for which nobody waits. */
    static final String DRY_RUN = "dry_run";

    public JobEnd {
        if (status.open()) {
            throw new IllegalArgumentException("status must be an end, not " + status.wire());
        }
    }

    /** An end that is the job's own word. */
    public JobEnd(
            Evidence evidence,
            JobStatus status,
            Long rc,
            String message,
            Boolean changed,
            Map<String, Object> details) {
        this(evidence, status, null, null, rc, message, changed, details);
    }

    boolean vanished() {
        return status == JobStatus.LOST && VANISHED.equals(reason);
    }

    /** The stronger of two ends; among equals the earlier. Either may be null. */
    static JobEnd stronger(JobEnd a, JobEnd b) {
        if (a == null || b == null) {
            return a == null ? b : a;
        }
        if (a.status.strength() != b.status.strength()) {
            return a.status.strength() > b.status.strength() ? a : b;
        }
        return a.evidence.compareTo(b.evidence) <= 0 ? a : b;
    }
}
