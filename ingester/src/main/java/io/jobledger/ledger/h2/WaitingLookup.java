package io.jobledger.ledger.h2;

import io.jobledger.ledger.JobLookup;
import io.jobledger.model.AnsibleJobId;
import io.jobledger.model.Job;
import io.jobledger.model.JobKey;
import io.jobledger.model.JobRecord;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.UUID;
import java.util.function.Supplier;
import java.util.stream.Stream;

/**
 * Answers a resume when everything that was acknowledged of its name, or of the jobs under that name, is in the
 * records. It does not wait for anything else. Thread-safe.
 */
record WaitingLookup(JobLookup records, Tail tail, Progress progress, Duration patience) implements JobLookup {
    @Override
    public Optional<Known> known(JobKey key, Narrowing narrowing) {
        return settled(
                key.digest(),
                () -> records.known(key, narrowing),
                known -> known.map(found -> ids(found.newest(), found.open())).orElse(List.of()));
    }

    @Override
    public Optional<JobRecord> nth(JobKey key, Narrowing narrowing, int n) {
        return settled(
                key.digest(),
                () -> records.nth(key, narrowing, n),
                found -> found.map(record -> ids(record, List.of())).orElse(List.of()));
    }

    @Override
    public Optional<Job> job(String executionHost, AnsibleJobId jobId) {
        progress.await(tail.last(Job.uid(executionHost, jobId)), patience);
        return records.job(executionHost, jobId);
    }

    private static List<UUID> ids(JobRecord newest, List<JobRecord> open) {
        return Stream.concat(Stream.of(newest), open.stream())
                .map(WaitingLookup::id)
                .filter(Objects::nonNull)
                .toList();
    }

    /** A job whose id is hidden is spoken of by events of its run. */
    private static UUID id(JobRecord record) {
        if (record.jobId() != null) {
            return Job.uid(record.executionHost(), record.jobId());
        }
        return record.run() == null ? null : record.run().value();
    }

    private interface Ids<T> {
        List<UUID> of(T found);
    }

    /** An event may speak of a job by its id alone: so the jobs that were found are waited for, too. */
    private <T> T settled(UUID name, Supplier<T> question, Ids<T> ids) {
        progress.await(tail.last(name), patience);
        T found = question.get();
        long behind = ids.of(found).stream().mapToLong(tail::last).max().orElse(0);
        if (progress.applied() >= behind) {
            return found;
        }
        progress.await(behind, patience);
        return question.get();
    }
}
