package io.jobledger.model;

import java.time.Instant;
import java.util.Map;

/**
 * What one event says a job is: its name, where it came from and its limits. All but {@code evidence} and {@code key}
 * may be null.
 *
 * @param evidence the event that said so
 * @param startedAt when the job started, as the event knows it
 * @param asyncSeconds how long the job may run
 * @param pollSeconds time between Ansible's polls, 0 for none
 * @param resultsFile path of the job's file on the execution host
 * @param run the run that started the job, as far as known
 * @param metadata what a caller saved with the job; null where nobody saved it
 * @param extra fields of a saved record that this version does not know; null for none
 * @param details what the operator had recorded besides, such as the command; null for nothing
 * @param generation what makes it the same work when its playbook runs again
 * @param adopted true where its file on the host is all that tells of it
 */
public record JobDescription(
        Evidence evidence,
        JobKey key,
        String task,
        String label,
        String playbook,
        String playbookPath,
        String action,
        Instant startedAt,
        Long asyncSeconds,
        Long pollSeconds,
        String resultsFile,
        Boolean checkMode,
        Boolean noLog,
        Long attempt,
        String remoteUser,
        String becomeUser,
        String connection,
        String reason,
        RunId run,
        Map<String, Object> metadata,
        Map<String, Object> extra,
        Map<String, Object> details,
        String generation,
        Boolean adopted) {

    /** The earlier of two descriptions of one kind; either may be null. */
    static JobDescription earlier(JobDescription a, JobDescription b) {
        if (a == null || b == null) {
            return a == null ? b : a;
        }
        return a.evidence.compareTo(b.evidence) <= 0 ? a : b;
    }

    /** The later of two descriptions of one kind. */
    static JobDescription later(JobDescription a, JobDescription b) {
        return a.evidence.compareTo(b.evidence) >= 0 ? a : b;
    }
}
