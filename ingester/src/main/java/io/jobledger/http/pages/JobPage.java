package io.jobledger.http.pages;

import io.jobledger.http.pages.view.JobLife;
import io.jobledger.http.pages.view.Snippets;
import io.jobledger.model.JobRecord;
import java.util.List;

/**
 * One job.
 *
 * @param newest whether a resume by name gets this record
 * @param source {@code ledger}, or the URI of the mirror that had the record
 * @param candidates when open jobs of several playbooks share the name, the newest of each
 * @param snippets null for a job that cannot be resumed
 * @param life its events, oldest first
 * @param history the newest jobs of this name
 * @param moreHistory the rest of them; null when that is all
 */
record JobPage(
        JobRecord record,
        boolean newest,
        String source,
        List<JobRecord> candidates,
        Snippets snippets,
        List<JobLife.Life> life,
        List<JobRecord> history,
        String moreHistory) {}
