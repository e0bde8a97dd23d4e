package io.jobledger.http.pages;

import io.jobledger.http.pages.view.JobLife;
import io.jobledger.http.pages.view.Links;
import io.jobledger.http.pages.view.Snippets;
import io.jobledger.ledger.AuditQueries;
import io.jobledger.ledger.JobLookup;
import io.jobledger.ledger.JobLookup.Narrowing;
import io.jobledger.ledger.query.JobFilter;
import io.jobledger.ledger.query.Page;
import io.jobledger.ledger.query.PageRequest;
import io.jobledger.ledger.query.StoredEvent;
import io.jobledger.model.AnsibleJobId;
import io.jobledger.model.JobKey;
import io.jobledger.model.JobRecord;
import io.jobledger.model.RunId;
import io.jobledger.resume.JobFinder;
import io.jobledger.resume.JobFinder.Found;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/** Reads what the page of one job shows. Blocks. Thread-safe. */
public final class JobPages {
    private static final int HISTORY = 20;
    private static final int EVENTS = 500;

    private final AuditQueries audit;
    private final JobLookup lookup;
    private final JobFinder finder;

    /**
     * Which job is asked for: one record of a name, or its newest.
     *
     * @param executionHost with {@code jobId}, else null
     * @param jobId null for the newest
     * @param run only jobs of this run; null for any
     */
    public record Wanted(JobKey key, String executionHost, AnsibleJobId jobId, RunId run) {}

    JobPages(AuditQueries audit, JobLookup lookup, JobFinder finder) {
        this.audit = audit;
        this.lookup = lookup;
        this.finder = finder;
    }

    Optional<JobPage> read(Wanted wanted, String server, Instant now) {
        Optional<Found> newest =
                finder.find(wanted.key(), new Narrowing(null, wanted.jobId() == null ? wanted.run() : null));
        if (wanted.jobId() == null) {
            return newest.map(found -> page(found.record(), found, server, now));
        }
        return lookup.job(executionHost(wanted), wanted.jobId())
                .filter(job -> job.keys().contains(wanted.key()))
                .map(job -> page(job.record(wanted.key()), newest.orElse(null), server, now));
    }

    /** Where the job runs; an address that does not say it means the host, or the one job that has the id and name. */
    private String executionHost(Wanted wanted) {
        if (wanted.executionHost() != null) {
            return wanted.executionHost();
        }
        JobFilter same = JobFilter.builder()
                .ansibleJobId(wanted.jobId().value())
                .host(wanted.key().host())
                .build();
        return audit.jobs(same, PageRequest.first(HISTORY)).items().stream()
                .filter(job -> job.key().equals(wanted.key()))
                .map(JobRecord::executionHost)
                .findFirst()
                .orElse(wanted.key().host());
    }

    private JobPage page(JobRecord record, Found newest, String server, Instant now) {
        boolean isNewest = newest == null || same(record, newest.record());
        boolean ambiguous = newest != null && newest.ambiguous();
        List<StoredEvent> events =
                record.jobId() == null ? List.of() : audit.eventsOf(record.executionHost(), record.jobId(), EVENTS);
        Page<JobRecord> history = audit.history(record.key(), PageRequest.first(HISTORY));
        return new JobPage(
                record,
                isNewest,
                newest == null ? JobFinder.LEDGER : newest.source(),
                ambiguous ? newest.candidates() : List.of(),
                record.jobId() == null ? null : Snippets.of(record, server, ambiguous || !isNewest),
                JobLife.of(record, events, now),
                history.items(),
                history.next() == null
                        ? null
                        : Links.jobs(
                                "host",
                                record.key().host(),
                                "play",
                                record.key().play(),
                                "job",
                                record.key().job()));
    }

    private static boolean same(JobRecord a, JobRecord b) {
        return a.jobId() == null
                ? a.startedAt().equals(b.startedAt())
                : a.jobId().equals(b.jobId()) && a.executionHost().equals(b.executionHost());
    }
}
