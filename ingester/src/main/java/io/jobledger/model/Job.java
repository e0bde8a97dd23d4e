package io.jobledger.model;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.UUID;
import java.util.function.Function;

/**
 * All that is known of one job: one execution of a task on one host. A job seen through one event is a {@code Job} too,
 * and {@link #merge} joins them. The merge is commutative, associative and idempotent, so the outcome does not depend
 * on the order or number of deliveries.
 *
 * @param executionHost where the job runs
 * @param jobId Ansible's id, null for a job whose id was never shown
 * @param launch what the task that started it said, or null
 * @param saved what callers saved, by the name they saved it under
 * @param check what a status check said of a job whose launch was not seen, or null
 * @param ends what is known of its end
 * @param lastSeenAt the latest observation
 * @param cleanedAt when its results file was removed on purpose, or null
 */
public record Job(
        String executionHost,
        AnsibleJobId jobId,
        JobDescription launch,
        SortedMap<JobKey, JobDescription> saved,
        JobDescription check,
        JobEnds ends,
        Instant lastSeenAt,
        Instant cleanedAt) {
    /** The last moment that can be written: RFC 3339 has years of four digits. */
    public static final Instant LAST = Instant.parse("9999-12-31T23:59:59.999999Z");

    /** The largest number of seconds that may be asked for: the largest that every reader of JSON reads alike. */
    public static final long MAX_ASYNC = (1L << 53) - 1;

    /**
     * A limit further away than this is none: who asks for thousands of years means that the job may take as long as it
     * likes.
     */
    public static final Duration LONGEST = Duration.ofDays(3652);

    public Job {
        saved = Collections.unmodifiableSortedMap(new TreeMap<>(saved));
        if (launch == null && check == null && saved.isEmpty()) {
            throw new IllegalArgumentException("a job needs a description");
        }
    }

    /**
     * Identifies the job for ever: by execution host and Ansible's id, or by the event that told of a job without one.
     */
    public UUID uid() {
        return jobId != null
                ? uid(executionHost, jobId)
                : unresumable(descriptions(mainKey()).get(0).evidence());
    }

    private static UUID unresumable(Evidence told) {
        return Digests.uuid("unresumable", told.run().toString(), Long.toString(told.seq()));
    }

    /** The identity of a job whose id is known. */
    public static UUID uid(String executionHost, AnsibleJobId jobId) {
        return Digests.uuid(executionHost, jobId.value());
    }

    /**
     * The names the job can be found by: that of its launch and those it was saved under; failing both, that of a
     * status check.
     */
    public Set<JobKey> keys() {
        TreeMap<JobKey, Boolean> keys = new TreeMap<>();
        if (launch != null) {
            keys.put(launch.key(), true);
        }
        saved.keySet().forEach(key -> keys.put(key, true));
        if (keys.isEmpty()) {
            keys.put(check.key(), true);
        }
        return Collections.unmodifiableSet(keys.keySet());
    }

    /** The name shown where only one fits. */
    public JobKey mainKey() {
        return launch != null ? launch.key() : saved.isEmpty() ? check.key() : saved.firstKey();
    }

    /** How the job stands, by the strongest evidence. */
    public JobStatus status() {
        JobEnd end = end();
        return end == null ? JobStatus.RUNNING : end.status();
    }

    /** The end that counts; null while none is known. */
    public JobEnd end() {
        JobEnd end = ends.decided(first(descriptions(mainKey()), JobDescription::resultsFile));
        return end != null ? end : ofDryRun();
    }

    /**
     * A dry run that goes on at once starts a wrapper, which says that nothing was done, to nobody. So it is closed
     * from its start, unless somebody asks about it and sees it alive.
     */
    private JobEnd ofDryRun() {
        Long poll = first(descriptions(mainKey()), JobDescription::pollSeconds);
        if (!checkMode() || ends.aliveAt() != null || poll == null || poll != 0) {
            return null;
        }
        Evidence told = descriptions(mainKey()).get(0).evidence();
        return new JobEnd(told, JobStatus.CLOSED, JobEnd.DRY_RUN, null, null, null, null, null);
    }

    /** Whether the job is one of a dry run: it shows what would have run, and did nothing. */
    public boolean checkMode() {
        return Boolean.TRUE.equals(first(descriptions(mainKey()), JobDescription::checkMode));
    }

    /** When the job started, as well as it is known. */
    public Instant startedAt() {
        Instant known = first(descriptions(mainKey()), JobDescription::startedAt);
        return known != null ? known : descriptions(mainKey()).get(0).evidence().at();
    }

    /** The run that the main name's record speaks of, or null. */
    public RunId run() {
        return first(descriptions(mainKey()), JobDescription::run);
    }

    /** Joins two states of knowledge of the same job. */
    public Job merge(Job other) {
        boolean same = jobId != null && jobId.equals(other.jobId) && executionHost.equals(other.executionHost);
        if (!same && !uid().equals(other.uid())) {
            throw new IllegalArgumentException("not the same job: " + mainKey() + " and " + other.mainKey());
        }
        TreeMap<JobKey, JobDescription> bothSaved = new TreeMap<>(saved);
        other.saved.forEach((key, description) -> bothSaved.merge(key, description, JobDescription::later));
        return new Job(
                executionHost,
                jobId,
                JobDescription.earlier(launch, other.launch),
                bothSaved,
                JobDescription.earlier(check, other.check),
                ends.merge(other.ends),
                later(lastSeenAt, other.lastSeenAt),
                later(cleanedAt, other.cleanedAt));
    }

    /** Whether anything but the last observation differs: what a mirror needs to be told. */
    public boolean tellsMoreThan(Job before) {
        return !Objects.equals(launch, before.launch)
                || !saved.equals(before.saved)
                || !Objects.equals(check, before.check)
                || ends.tellMoreThan(before.ends)
                || !Objects.equals(cleanedAt, before.cleanedAt);
    }

    /** The record of this job under one of its names. */
    public JobRecord record(JobKey key) {
        List<JobDescription> known = descriptions(key);
        JobEnd end = end();
        Instant started = startedAt();
        Long async = first(known, JobDescription::asyncSeconds);
        RunId run = first(known, JobDescription::run);
        Map<String, Object> metadata = first(known, JobDescription::metadata);
        Map<String, Object> extra = first(known, JobDescription::extra);
        return new JobRecord(
                key,
                jobId,
                executionHost,
                run,
                first(known, JobDescription::playbook),
                first(known, JobDescription::playbookPath),
                first(known, JobDescription::task),
                first(known, JobDescription::label),
                first(known, JobDescription::action),
                first(known, JobDescription::resultsFile),
                end == null ? JobStatus.RUNNING : end.status(),
                started,
                deadline(started, async),
                async,
                first(known, JobDescription::pollSeconds),
                end == null ? null : end.evidence().at(),
                end == null ? null : end.rc(),
                end == null ? null : end.message(),
                end == null ? null : end.changed(),
                ends.verdict() == null ? null : ends.verdict().status(),
                ends.verdict() == null || ends.own() == null ? null : ends.own().status(),
                checkMode(),
                first(known, JobDescription::noLog),
                first(known, JobDescription::attempt),
                first(known, JobDescription::remoteUser),
                first(known, JobDescription::becomeUser),
                first(known, JobDescription::connection),
                end != null && end.reason() != null ? end.reason() : first(known, JobDescription::reason),
                lastSeenAt,
                cleanedAt,
                metadata == null ? Map.of() : metadata,
                extra == null ? Map.of() : extra,
                details(first(known, JobDescription::details), end),
                new Acting(
                        first(known, JobDescription::generation),
                        launch == null && Boolean.TRUE.equals(first(known, JobDescription::adopted)),
                        end == null ? null : end.by(),
                        ends.inferred().sighting() == null
                                ? null
                                : ends.inferred().sighting().facts()));
    }

    /** What the end showed goes over what the launch, or a saved record, did. */
    private static Map<String, Object> details(Map<String, Object> before, JobEnd end) {
        Map<String, Object> details = new LinkedHashMap<>(before == null ? Map.of() : before);
        details.putAll(end == null || end.details() == null ? Map.of() : end.details());
        return details;
    }

    private static Instant deadline(Instant started, Long async) {
        if (async == null || async <= 0) {
            return null;
        }
        Instant deadline = started.plusSeconds(Math.min(async, LONGEST.toSeconds()));
        return deadline.isAfter(LAST) ? LAST : deadline;
    }

    /**
     * Best first: what Ansible said when it started the job is the truth; what was saved under the name asked for comes
     * before other names.
     */
    private List<JobDescription> descriptions(JobKey key) {
        List<JobDescription> all = new ArrayList<>();
        all.add(launch);
        all.add(saved.get(key));
        all.addAll(saved.values());
        all.add(check);
        all.removeIf(Objects::isNull);
        return all;
    }

    private static <T> T first(List<JobDescription> descriptions, Function<JobDescription, T> field) {
        for (JobDescription description : descriptions) {
            T known = field.apply(description);
            if (known != null) {
                return known;
            }
        }
        return null;
    }

    static Instant later(Instant a, Instant b) {
        if (a == null || b == null) {
            return a == null ? b : a;
        }
        return a.isAfter(b) ? a : b;
    }
}
