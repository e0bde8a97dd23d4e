package io.jobledger.http.pages;

import io.jobledger.http.pages.view.Timeline;
import io.jobledger.http.pages.view.Window;
import io.jobledger.ledger.query.HostSummary;
import io.jobledger.ledger.query.NameSummary;
import io.jobledger.model.JobRecord;
import java.util.List;

/**
 * One host.
 *
 * @param names what its jobs are resumed by
 * @param newest its newest jobs
 */
record HostPage(HostSummary host, List<NameSummary> names, List<JobRecord> newest, Timeline picture, Window window) {}
