package io.jobledger.ledger;

import io.jobledger.audit.JobFilter;
import io.jobledger.audit.Page;
import io.jobledger.audit.PageRequest;
import io.jobledger.audit.RunFilter;
import io.jobledger.audit.Sort;
import io.jobledger.model.JobRecord;
import io.jobledger.model.Run;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;

/** Reads whole lists, page by page. */
final class Everything {
    private static final int ROWS = 500;

    private Everything() {}

    /** Every job that fits. */
    static List<JobRecord> jobs(JobQueries jobs, JobFilter filter, Sort sort) {
        return all(page -> jobs.jobs(filter, page), sort);
    }

    /** Every run that fits. */
    static List<Run> runs(RunQueries runs, RunFilter filter, Sort sort) {
        return all(page -> runs.runs(filter, page), sort);
    }

    private static <T> List<T> all(Function<PageRequest, Page<T>> list, Sort sort) {
        List<T> all = new ArrayList<>();
        PageRequest request = new PageRequest(ROWS, sort, null);
        Page<T> page = list.apply(request);
        all.addAll(page.items());
        while (page.next() != null) {
            page = list.apply(request.from(page.next()));
            all.addAll(page.items());
        }
        return all;
    }
}
