package io.jobledger.http.pages;

import io.jobledger.http.pages.view.Links;
import io.jobledger.http.pages.view.Timeline;
import io.jobledger.http.pages.view.Window;
import io.jobledger.ledger.AsOf;
import io.jobledger.ledger.AuditQueries;
import io.jobledger.ledger.JobLookup;
import io.jobledger.ledger.LedgerException;
import io.jobledger.ledger.query.HostSummary;
import io.jobledger.ledger.query.JobFilter;
import io.jobledger.ledger.query.Page;
import io.jobledger.ledger.query.PageRequest;
import io.jobledger.ledger.query.RunFilter;
import io.jobledger.ledger.query.TimeRange;
import io.jobledger.model.JobRecord;
import io.jobledger.model.JobStatus;
import io.jobledger.model.RunId;
import io.jobledger.resume.JobFinder;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Supplier;

/**
 * Every page as HTML text. Calls block on the database, so they are not for an event loop, and fail with
 * {@link LedgerException} as it does. Thread-safe.
 */
public final class Pages {
    private static final int PICTURE = 400;
    private static final int ATTENTION = 10;
    private static final int NEWEST_RUNS = 6;
    private static final int NEWEST_JOBS = 20;
    private static final int NAMES_LOOK = 1000;

    private final AuditQueries audit;
    private final JobPages jobs;
    private final RunPages runs;
    private final Supplier<AsOf> asOf;
    private final Clock clock;
    private final Duration silence;
    private final String version;
    private final Assets assets;
    private final Templates views = new Templates();

    /**
     * @param asOf of which moment the records speak at least
     * @param silence after which a run without a goodbye is shown as interrupted
     */
    public Pages(
            AuditQueries audit,
            JobLookup lookup,
            JobFinder finder,
            Supplier<AsOf> asOf,
            Clock clock,
            Duration silence,
            String version,
            Assets assets) {
        this.audit = audit;
        this.jobs = new JobPages(audit, lookup, finder);
        this.runs = new RunPages(audit);
        this.asOf = asOf;
        this.clock = clock;
        this.silence = silence;
        this.version = version;
        this.assets = assets;
    }

    /**
     * The overview.
     *
     * @param back how far back it looks
     */
    String overview(Window back, List<MirrorsPage.Row> mirrors, List<SinkRow> sinks) {
        Instant now = clock.instant();
        AsOf then = asOf.get();
        JobFilter open = JobFilter.builder().status(JobStatus.RUNNING).build();
        JobFilter.Builder since = JobFilter.builder().started(TimeRange.since(now.minus(back.length())));
        List<JobRecord> seen = new ArrayList<>(
                audit.jobs(since.build(), PageRequest.first(PICTURE)).items());
        audit.jobs(open, PageRequest.first(PICTURE)).items().stream()
                .filter(job -> !seen.contains(job))
                .forEach(seen::add);
        OverviewPage page = new OverviewPage(
                back,
                audit.stats(open).counts(),
                audit.stats(since.build()).counts(),
                attention(since),
                Timeline.back(items(seen, now), back.length(), now),
                audit.summaries(RunFilter.builder().silence(silence).build(), PageRequest.first(NEWEST_RUNS))
                        .items(),
                silence,
                mirrors,
                sinks);
        return views.page("overview", frame("Overview", "overview", "/api/v1/stream", now, then), page);
    }

    /** What ended badly in the window comes first; what is overdue, whenever it started, has what room is left. */
    private List<JobRecord> attention(JobFilter.Builder since) {
        JobFilter bad = since.status(JobStatus.FAILED, JobStatus.TIMED_OUT, JobStatus.LOST)
                .build();
        List<JobRecord> ended = audit.jobs(bad, PageRequest.first(ATTENTION)).items();
        List<JobRecord> overdue = audit.jobs(JobFilter.builder().overdue(true).build(), PageRequest.first(ATTENTION))
                .items();
        List<JobRecord> found = new ArrayList<>(ended.subList(
                0, Math.min(ended.size(), ATTENTION - Math.min(ATTENTION / 2, overdue.size()))));
        found.addAll(overdue.subList(0, Math.min(overdue.size(), ATTENTION - found.size())));
        return found;
    }

    /**
     * The list of jobs. {@code query} is what the others were read from. A cursor of another list is an
     * {@link IllegalArgumentException}, as for every list.
     */
    public String jobs(JobFilter filter, PageRequest page, ListAddress query) {
        AsOf then = asOf.get();
        Page<JobRecord> found = audit.jobs(filter, page);
        return views.page(
                "jobs",
                frame("Jobs", "jobs", query.stream("jobs"), clock.instant(), then),
                ListPage.of("/jobs", query, then, found, null));
    }

    /** The list of runs. */
    public String runs(RunFilter filter, PageRequest page, ListAddress query) {
        AsOf then = asOf.get();
        return views.page(
                "runs",
                frame("Runs", "runs", query.stream("runs"), clock.instant(), then),
                ListPage.of("/runs", query, then, audit.summaries(filter, page), silence));
    }

    /** The list of hosts. */
    public String hosts(PageRequest page, ListAddress query) {
        AsOf then = asOf.get();
        return views.page(
                "hosts",
                frame("Hosts", "hosts", query.stream("jobs"), clock.instant(), then),
                ListPage.of("/hosts", query, then, audit.hosts(page), null));
    }

    private static List<Timeline.Item> items(List<JobRecord> jobs, Instant now) {
        return jobs.stream()
                .map(job -> Timeline.Item.of(job, now))
                .filter(Objects::nonNull)
                .toList();
    }

    /** One run; empty when there is none of this id. */
    Optional<String> run(RunId id, RunPage.View view) {
        Instant now = clock.instant();
        AsOf then = asOf.get();
        return audit.run(id)
                .map(run -> views.page(
                        "run",
                        frame("Run " + id, "runs", "/api/v1/stream?" + Links.query("run_id", id.toString()), now, then),
                        runs.read(run, run.state(now, silence), view, now)));
    }

    /**
     * One job; empty when there is none.
     *
     * @param server the ingester's URL as the reader knows it, for the snippets
     */
    public Optional<String> job(JobPages.Wanted wanted, String server) {
        Instant now = clock.instant();
        AsOf then = asOf.get();
        return jobs.read(wanted, server, now)
                .map(page -> views.page(
                        "job",
                        frame(
                                wanted.key().job() + " · " + wanted.key().host(),
                                "jobs",
                                "/api/v1/stream?"
                                        + Links.query(
                                                "host",
                                                wanted.key().host(),
                                                "play",
                                                wanted.key().play(),
                                                "job",
                                                wanted.key().job()),
                                now,
                                then),
                        page));
    }

    /** Two runs beside each other; empty when one is not there. */
    Optional<String> compare(RunId before, RunId after) {
        Instant now = clock.instant();
        AsOf then = asOf.get();
        return audit.run(before)
                .flatMap(first -> audit.run(after)
                        .map(second -> views.page(
                                "compare",
                                frame("What changed", "runs", null, now, then),
                                runs.compare(first, second))));
    }

    /** What was recorded of a job, as it is; empty when there is no such job, or nothing was recorded of it. */
    Optional<String> raw(JobPages.Wanted wanted, String part) {
        return jobs.raw(wanted, part);
    }

    /** One host; empty when it never had a job. */
    public Optional<String> host(String name, Window back) {
        Instant now = clock.instant();
        AsOf then = asOf.get();
        Optional<HostSummary> host = audit.host(name);
        return host.map(summary -> {
            JobFilter.Builder its = JobFilter.builder().host(name);
            List<JobRecord> newest =
                    audit.jobs(its.build(), PageRequest.first(NEWEST_JOBS)).items();
            List<JobRecord> seen = new ArrayList<>(audit.jobs(
                            its.started(TimeRange.since(now.minus(back.length())))
                                    .build(),
                            PageRequest.first(PICTURE))
                    .items());
            newest.stream().filter(job -> !seen.contains(job)).forEach(seen::add);
            seen.sort(Comparator.comparing(JobRecord::startedAt).reversed());
            HostPage page = new HostPage(
                    summary,
                    audit.names(name, NAMES_LOOK),
                    newest,
                    Timeline.back(items(seen, now), back.length(), now),
                    back);
            return views.page(
                    "host", frame(name, "hosts", "/api/v1/stream?" + Links.query("host", name), now, then), page);
        });
    }

    /** How the mirrors stand. */
    public String mirrors(MirrorsPage page) {
        return views.page("mirrors", frame("Mirrors", "mirrors", null, clock.instant(), null), page);
    }

    /** A refusal. Does not touch the ledger. */
    public String error(ErrorPage page) {
        return views.page("error", frame(page.title(), "", null, clock.instant(), null), page);
    }

    private Frame frame(String title, String section, String stream, Instant now, AsOf then) {
        return new Frame(title, section, stream, now, then, assets, version);
    }
}
