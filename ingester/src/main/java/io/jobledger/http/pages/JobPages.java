package io.jobledger.http.pages;

import io.jobledger.http.pages.view.DurationChart;
import io.jobledger.http.pages.view.JobLife;
import io.jobledger.http.pages.view.Links;
import io.jobledger.http.pages.view.Output;
import io.jobledger.http.pages.view.Snippets;
import io.jobledger.json.Json;
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
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** Reads what the page of one job shows. Blocks. Thread-safe. */
public final class JobPages {
    private static final int HISTORY = 20;
    private static final int EVENTS = 500;

    private static final Map<String, String> TITLES = titles();

    private final AuditQueries audit;
    private final JobLookup lookup;
    private final JobFinder finder;

    /**
     * Which job is asked for: one record of a name, or its newest.
     *
     * @param executionHost with {@code jobId}, else null
     * @param jobId null for the newest
     * @param run only jobs of this run; null for any
     * @param find only lines of its output with this text; null for all
     */
    public record Wanted(JobKey key, String executionHost, AnsibleJobId jobId, RunId run, String find) {}

    private static Map<String, String> titles() {
        Map<String, String> titles = new LinkedHashMap<>();
        titles.put("cmd", "Command");
        titles.put("stderr", "Standard error");
        titles.put("stdout", "Standard output");
        titles.put("module_args", "Arguments of the module");
        return titles;
    }

    JobPages(AuditQueries audit, JobLookup lookup, JobFinder finder) {
        this.audit = audit;
        this.lookup = lookup;
        this.finder = finder;
    }

    Optional<JobPage> read(Wanted wanted, String server, Instant now) {
        Optional<Found> newest =
                finder.find(wanted.key(), new Narrowing(null, wanted.jobId() == null ? wanted.run() : null));
        if (wanted.jobId() == null) {
            return newest.map(found -> page(found.record(), found, wanted.find(), server, now));
        }
        return lookup.job(executionHost(wanted), wanted.jobId())
                .filter(job -> job.keys().contains(wanted.key()))
                .map(job -> page(job.record(wanted.key()), newest.orElse(null), wanted.find(), server, now));
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

    private JobPage page(JobRecord record, Found newest, String find, String server, Instant now) {
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
                outputs(record, find),
                find,
                JobLife.of(record, events, now),
                history.items(),
                DurationChart.of(history.items(), record, now),
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

    /** What was recorded of a job under a name, as it is; empty where nothing was. */
    Optional<String> raw(Wanted wanted, String part) {
        return read(wanted, "", Instant.EPOCH)
                .map(page -> text(page.record().details().get(part)));
    }

    /** What the operator had recorded, the command first. */
    private static List<Output> outputs(JobRecord record, String find) {
        List<Output> outputs = new ArrayList<>();
        Set<String> parts = new LinkedHashSet<>(TITLES.keySet());
        parts.addAll(record.details().keySet());
        for (String part : parts) {
            String text = text(record.details().get(part));
            if (text != null && !text.isEmpty()) {
                outputs.add(Output.of(part, TITLES.getOrDefault(part, part), text, part.equals("cmd") ? null : find));
            }
        }
        return outputs;
    }

    private static String text(Object value) {
        return value == null || value instanceof String
                ? (String) value
                : Json.MAPPER.valueToTree(value).toPrettyString();
    }

    private static boolean same(JobRecord a, JobRecord b) {
        return a.jobId() == null
                ? a.startedAt().equals(b.startedAt())
                : a.jobId().equals(b.jobId()) && a.executionHost().equals(b.executionHost());
    }
}
