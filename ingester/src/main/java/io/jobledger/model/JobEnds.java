package io.jobledger.model;

import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * All that is known of how one job ended. {@link #merge} is commutative, associative and idempotent, as
 * {@link Job#merge} is.
 *
 * @param verdict what a play decided on the job's result by an expression in {@code failed_when}, or null
 * @param own the strongest other end, or null: the job's own result, or the time that ran out. Never {@code lost}
 * @param lost by the results file that was looked for and not there, the latest such check; {@code ""} where the check
 *     named no file
 * @param inferred what else speaks for an end that nobody saw
 * @param aliveAt the latest moment at which the job was seen running, or null
 */
public record JobEnds(JobEnd verdict, JobEnd own, SortedMap<String, JobEnd> lost, Instant aliveAt, Inferred inferred) {
    /** Nothing is known of an end. */
    public static final JobEnds NONE = new JobEnds(null, null, Collections.emptySortedMap(), null, Inferred.NOTHING);

    /** A check that does not find a job proves nothing once the job was seen alive after it. */
    public JobEnds {
        TreeMap<String, JobEnd> standing = new TreeMap<>(lost);
        Instant alive = aliveAt;
        standing.values()
                .removeIf(check -> alive != null && !check.evidence().at().isAfter(alive));
        lost = Collections.unmodifiableSortedMap(standing);
    }

    /**
     * The job was seen running.
     *
     * @param sighting its process, or null where only its file was read
     */
    public static JobEnds alive(Instant at, Sighting sighting) {
        return new JobEnds(null, null, Collections.emptySortedMap(), at, new Inferred(null, null, sighting));
    }

    /**
     * One observation of an end.
     *
     * @param resultsFile where the observer looked, or null where it did not say
     */
    public static JobEnds of(JobEnd end, String resultsFile) {
        if (end.status() == JobStatus.CLOSED || end.vanished()) {
            boolean closed = end.status() == JobStatus.CLOSED;
            return new JobEnds(
                    null,
                    null,
                    Collections.emptySortedMap(),
                    null,
                    new Inferred(closed ? null : end, closed ? end : null, null));
        }
        if (end.status() != JobStatus.LOST) {
            return new JobEnds(null, end, Collections.emptySortedMap(), null, Inferred.NOTHING);
        }
        return new JobEnds(
                null,
                null,
                new TreeMap<>(Map.of(resultsFile == null ? "" : normal(resultsFile), end)),
                null,
                Inferred.NOTHING);
    }

    /** A play's verdict, with the job's own result where that is known; else null. */
    public static JobEnds ofVerdict(JobEnd verdict, JobEnd own) {
        return new JobEnds(verdict, own, Collections.emptySortedMap(), null, Inferred.NOTHING);
    }

    JobEnds merge(JobEnds other) {
        if (other.equals(NONE) || equals(other)) {
            return this;
        }
        TreeMap<String, JobEnd> both = new TreeMap<>(lost);
        other.lost.forEach((file, check) ->
                both.merge(file, check, (a, b) -> a.evidence().compareTo(b.evidence()) >= 0 ? a : b));
        return new JobEnds(
                JobEnd.stronger(verdict, other.verdict),
                JobEnd.stronger(own, other.own),
                both,
                Job.later(aliveAt, other.aliveAt),
                inferred.merge(other.inferred));
    }

    /**
     * The end that counts, or null for none: a verdict before the job's own result, that before a check that did not
     * find the job's file.
     *
     * @param resultsFile the job's own file; null where nobody knows it, and any check has to be believed
     */
    JobEnd decided(String resultsFile) {
        if (verdict == null) {
            return JobEnd.stronger(own, inferred(resultsFile));
        }
        if (own == null) {
            return verdict;
        }
        // The verdict decides; what was measured is the job's own.
        return new JobEnd(
                own.evidence(),
                verdict.status(),
                own.rc() != null ? own.rc() : verdict.rc(),
                verdict.message() != null ? verdict.message() : own.message(),
                own.changed() != null ? own.changed() : verdict.changed(),
                own.details() != null ? own.details() : verdict.details());
    }

    /** The strongest end that nobody saw. */
    private JobEnd inferred(String resultsFile) {
        JobEnd end = inferred.vanished() != null ? inferred.vanished() : lost(resultsFile);
        return end != null ? end : inferred.closed();
    }

    private JobEnd lost(String resultsFile) {
        List<JobEnd> checks = new ArrayList<>();
        if (resultsFile == null) {
            checks.addAll(lost.values());
        } else {
            checks.add(lost.get(normal(resultsFile)));
            checks.add(lost.get(""));
        }
        // The latest, so that the answer does not depend on which of two places was asked first.
        return checks.stream()
                .filter(Objects::nonNull)
                .max((a, b) -> a.evidence().compareTo(b.evidence()))
                .orElse(null);
    }

    /** Whether more is said than when the job was last seen running. */
    boolean tellMoreThan(JobEnds before) {
        return !Objects.equals(verdict, before.verdict)
                || !Objects.equals(own, before.own)
                || !lost.equals(before.lost)
                || !Objects.equals(inferred.vanished(), before.inferred.vanished())
                || !Objects.equals(inferred.closed(), before.inferred.closed());
    }

    /** One spelling of a path: {@code /a//b/./c} and {@code /a/x/../b/c} are the same file. */
    private static String normal(String path) {
        List<String> parts = new ArrayList<>();
        for (String part : path.split("/")) {
            if (part.equals("..")
                    && !parts.isEmpty()
                    && !parts.get(parts.size() - 1).equals("..")) {
                parts.remove(parts.size() - 1);
            } else if (!part.isEmpty() && !part.equals(".")) {
                parts.add(part);
            }
        }
        return (path.startsWith("/") ? "/" : "") + String.join("/", parts);
    }
}
