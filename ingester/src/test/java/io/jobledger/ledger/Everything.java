package io.jobledger.ledger;

import io.jobledger.ledger.query.JobFilter;
import io.jobledger.ledger.query.Page;
import io.jobledger.ledger.query.PageRequest;
import io.jobledger.ledger.query.RunFilter;
import io.jobledger.ledger.query.Sort;
import io.jobledger.model.JobRecord;
import io.jobledger.model.Run;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;

/** Reads whole lists, page by page. */
public final class Everything {
    private static final int ROWS = 500;

    private Everything() {}

    /** Every job that fits. */
    public static List<JobRecord> jobs(JobQueries jobs, JobFilter filter, Sort sort) {
        return all(page -> jobs.jobs(filter, page), sort);
    }

    /** Every run that fits. */
    public static List<Run> runs(RunQueries runs, RunFilter filter, Sort sort) {
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
