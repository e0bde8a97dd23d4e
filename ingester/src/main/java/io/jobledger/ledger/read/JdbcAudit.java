package io.jobledger.ledger.read;

import io.jobledger.ledger.AuditQueries;
import io.jobledger.ledger.query.HostSummary;
import io.jobledger.ledger.query.JobFilter;
import io.jobledger.ledger.query.JobLine;
import io.jobledger.ledger.query.JobStats;
import io.jobledger.ledger.query.NameSummary;
import io.jobledger.ledger.query.Page;
import io.jobledger.ledger.query.PageRequest;
import io.jobledger.ledger.query.PlaySummary;
import io.jobledger.ledger.query.RunFilter;
import io.jobledger.ledger.query.RunOutcome;
import io.jobledger.ledger.query.StoredEvent;
import io.jobledger.ledger.rows.Reader;
import io.jobledger.log.EventLog;
import io.jobledger.model.AnsibleJobId;
import io.jobledger.model.JobKey;
import io.jobledger.model.JobRecord;
import io.jobledger.model.Run;
import io.jobledger.model.RunId;
import io.jobledger.model.RunIdStart;
import io.jobledger.model.RunState;
import java.time.Clock;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.LongSupplier;

/** The audit port put together from its subjects. */
public final class JdbcAudit implements AuditQueries {
    private final JdbcJobQueries jobs;
    private final JdbcNames names;
    private final JdbcStats stats;
    private final JdbcRunQueries runs;
    private final LogEventQueries events;

    /** @param projected up to which entry the log is in the rows */
    public JdbcAudit(Reader reader, EventLog log, LongSupplier projected, Clock clock) {
        LogReads reads = new LogReads(log, reader);
        this.jobs = new JdbcJobQueries(reader, clock);
        this.names = new JdbcNames(reader, clock);
        this.stats = new JdbcStats(reader, clock);
        this.runs = new JdbcRunQueries(reader, reads, projected, clock);
        this.events = new LogEventQueries(reader, reads, projected);
    }

    @Override
    public Page<JobRecord> jobs(JobFilter filter, PageRequest page) {
        return jobs.jobs(filter, page);
    }

    @Override
    public long countJobs(JobFilter filter) {
        return jobs.countJobs(filter);
    }

    @Override
    public Page<JobRecord> history(JobKey key, PageRequest page) {
        return jobs.history(key, page);
    }

    @Override
    public long countHistory(JobKey key) {
        return jobs.countHistory(key);
    }

    @Override
    public Page<HostSummary> hosts(PageRequest page) {
        return names.hosts(page);
    }

    @Override
    public Optional<HostSummary> host(String host) {
        return names.host(host);
    }

    @Override
    public List<NameSummary> names(String host, int looked) {
        return jobs.names(host, looked);
    }

    @Override
    public Page<PlaySummary> plays(PageRequest page) {
        return names.plays(page);
    }

    @Override
    public long countHosts() {
        return names.count("host");
    }

    @Override
    public long countPlays() {
        return names.count("play");
    }

    @Override
    public JobStats stats(JobFilter filter) {
        return stats.stats(filter);
    }

    @Override
    public Page<Run> runs(RunFilter filter, PageRequest page) {
        return runs.runs(filter, page);
    }

    @Override
    public long countRuns(RunFilter filter) {
        return runs.countRuns(filter);
    }

    @Override
    public Map<RunId, RunOutcome> outcomes(Collection<RunId> ids) {
        return runs.outcomes(ids);
    }

    @Override
    public List<JobLine> lines(RunId id, int limit) {
        return runs.lines(id, limit);
    }

    @Override
    public Map<RunState, Long> runStates(Duration silence) {
        return runs.runStates(silence);
    }

    @Override
    public Optional<Run> run(RunId id) {
        return runs.run(id);
    }

    @Override
    public List<RunId> runsBeginning(RunIdStart start, int most) {
        return runs.runsBeginning(start, most);
    }

    @Override
    public List<PlayStart> plays(RunId id) {
        return runs.plays(id);
    }

    @Override
    public List<Intent> unseenIntents(RunId id) {
        return runs.unseenIntents(id);
    }

    @Override
    public Optional<Gap> firstGap(RunId id) {
        return runs.firstGap(id);
    }

    @Override
    public Page<StoredEvent> events(RunId id, PageRequest page) {
        return events.events(id, page);
    }

    @Override
    public List<String> events(RunId id, long afterSeq, int limit) {
        return events.events(id, afterSeq, limit);
    }

    @Override
    public List<StoredEvent> eventsOf(String executionHost, AnsibleJobId jobId, int limit) {
        return events.eventsOf(executionHost, jobId, limit);
    }

    @Override
    public List<Ending> endings(long afterEntry, long upTo, int limit) {
        return events.endings(afterEntry, upTo, limit);
    }

    @Override
    public Changes changes(long afterEntry, int limit) {
        return events.changes(afterEntry, limit);
    }
}
