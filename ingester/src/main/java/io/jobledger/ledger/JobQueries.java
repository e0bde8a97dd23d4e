package io.jobledger.ledger;

import io.jobledger.ledger.query.HostSummary;
import io.jobledger.ledger.query.JobFilter;
import io.jobledger.ledger.query.JobStats;
import io.jobledger.ledger.query.NameSummary;
import io.jobledger.ledger.query.Page;
import io.jobledger.ledger.query.PageRequest;
import io.jobledger.ledger.query.PlaySummary;
import io.jobledger.model.JobKey;
import io.jobledger.model.JobRecord;
import java.util.List;
import java.util.Optional;

/**
 * Questions about jobs; see {@link AuditQueries}. A cursor of another list or sorting is an
 * {@link IllegalArgumentException}.
 */
public interface JobQueries {
    /** Jobs by {@code started_at} (newest first is the usual order) or {@code finished_at} (ended ones only). */
    Page<JobRecord> jobs(JobFilter filter, PageRequest page);

    /** How many jobs fit: may cost a scan. */
    long countJobs(JobFilter filter);

    /** Every job of one key, under that key's name, newest first; ascending on request. */
    Page<JobRecord> history(JobKey key, PageRequest page);

    /** How many jobs a key has. */
    long countHistory(JobKey key);

    /** Every host that has jobs, by name. */
    Page<HostSummary> hosts(PageRequest page);

    Optional<HostSummary> host(String host);

    /** The names of a host's jobs, as its newest {@code looked} jobs show them, by play and job. */
    List<NameSummary> names(String host, int looked);

    /** Every play and playbook that has jobs, by name. */
    Page<PlaySummary> plays(PageRequest page);

    long countHosts();

    long countPlays();

    /** The jobs that fit, in numbers: reads all of them. */
    JobStats stats(JobFilter filter);
}
