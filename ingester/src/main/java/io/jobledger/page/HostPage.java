package io.jobledger.page;

import io.jobledger.audit.HostSummary;
import io.jobledger.audit.NameSummary;
import io.jobledger.model.JobRecord;
import java.util.List;

/**
 * One host.
 *
 * @param names what its jobs are resumed by
 * @param newest its newest jobs
 */
record HostPage(HostSummary host, List<NameSummary> names, List<JobRecord> newest, Timeline picture, Window window) {}
