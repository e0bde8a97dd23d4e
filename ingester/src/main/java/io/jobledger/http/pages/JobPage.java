package io.jobledger.http.pages;

import io.jobledger.http.pages.view.DurationChart;
import io.jobledger.http.pages.view.JobLife;
import io.jobledger.http.pages.view.Links;
import io.jobledger.http.pages.view.Output;
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
 * @param outputs what was recorded of it: its command, what it printed
 * @param find what is searched for in them; null for nothing
 * @param life its events, oldest first
 * @param history the newest jobs of this name
 * @param chart how long those took
 * @param moreHistory the rest of them; null when that is all
 */
record JobPage(
        JobRecord record,
        boolean newest,
        String source,
        List<JobRecord> candidates,
        Snippets snippets,
        List<Output> outputs,
        String find,
        List<JobLife.Life> life,
        List<JobRecord> history,
        DurationChart chart,
        String moreHistory) {
    /** The page of what was recorded as {@code part}, as it is. */
    String raw(Output output) {
        return "/job/raw" + Links.job(record).substring("/job".length()) + "&" + Links.query("part", output.part());
    }
}
