package io.jobledger.model;

import java.time.Duration;
import java.time.Instant;
import java.util.Map;

/**
 * A job under one name, flat: what a resume gets and what a mirror holds. Everything but the key, the status, the maps
 * and {@code checkMode} may be null.
 *
 * @param jobId null where the id was never shown ({@code no_log}): such a job is known but cannot be resumed
 * @param deadline {@code startedAt} plus the async limit
 * @param verdict what a play decided by an expression in {@code failed_when}; null where none did
 * @param moduleStatus how the job ended by its own word, where a verdict decided; else null
 * @param metadata what a caller saved with the job
 * @param extra fields of a mirrored file that this version does not know; they are kept
 * @param reason why its id is not known, or why it counts as lost
 * @param details what the operator had recorded besides: command, output, arguments; by default nothing
 */
public record JobRecord(
        JobKey key,
        AnsibleJobId jobId,
        String executionHost,
        RunId run,
        String playbook,
        String playbookPath,
        String task,
        String label,
        String action,
        String resultsFile,
        JobStatus status,
        Instant startedAt,
        Instant deadline,
        Long asyncSeconds,
        Long pollSeconds,
        Instant finishedAt,
        Long rc,
        String message,
        Boolean changed,
        JobStatus verdict,
        JobStatus moduleStatus,
        boolean checkMode,
        Boolean noLog,
        Long attempt,
        String remoteUser,
        String becomeUser,
        String connection,
        String reason,
        Instant lastSeenAt,
        Instant cleanedAt,
        Map<String, Object> metadata,
        Map<String, Object> extra,
        Map<String, Object> details,
        Acting acting) {

    private static final Duration DOUBT = Duration.ofMinutes(5);

    /** Running past its deadline: a job that was killed looks exactly so, for ever. */
    public boolean overdue(Instant now) {
        return status.open() && deadline != null && now.isAfter(deadline);
    }

    /**
     * Whether whatever runs an async job must have ended it by {@code now}, if it is to be believed: its deadline is
     * past, and by more than clocks and Ansible's own steps explain.
     */
    public boolean outlived(Instant now) {
        return status.open() && deadline != null && now.isAfter(deadline.plus(DOUBT));
    }

    /**
     * The directory of the results file, which a resume passes as {@code ansible_async_dir}; null when the file is not
     * known.
     */
    public String asyncDir() {
        int slash = resultsFile == null ? -1 : resultsFile.lastIndexOf('/');
        return slash < 0 ? null : slash == 0 ? "/" : resultsFile.substring(0, slash);
    }

    /** What tells one playbook from another: its path where known, else its name; null when neither is known. */
    public String playbookIdentity() {
        return playbookPath != null ? playbookPath : playbook;
    }

    /** Whether an operator who says {@code name} means this record's playbook: its file name or its whole path. */
    public boolean fromPlaybook(String name) {
        return name.equals(playbook) || name.equals(playbookPath);
    }

    /** The same record with other fields that this version does not know. */
    public JobRecord withExtra(Map<String, Object> other) {
        return new JobRecord(
                key,
                jobId,
                executionHost,
                run,
                playbook,
                playbookPath,
                task,
                label,
                action,
                resultsFile,
                status,
                startedAt,
                deadline,
                asyncSeconds,
                pollSeconds,
                finishedAt,
                rc,
                message,
                changed,
                verdict,
                moduleStatus,
                checkMode,
                noLog,
                attempt,
                remoteUser,
                becomeUser,
                connection,
                reason,
                lastSeenAt,
                cleanedAt,
                metadata,
                other,
                details,
                acting);
    }
}
