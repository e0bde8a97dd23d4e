package io.jobledger.model;

import java.util.Map;

/**
 * One observation that a job is over.
 *
 * @param rc the command's return code, or null
 * @param message why, in one line, or null
 * @param changed what the module said, or null
 * @param details what the operator had recorded besides, such as the output; null for nothing
 */
public record JobEnd(Evidence evidence, JobStatus status, Long rc, String message, Boolean changed, Map<String, Object> details) {
    public JobEnd {
        if (status.open()) {
            throw new IllegalArgumentException("status must be an end, not " + status.wire());
        }
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
