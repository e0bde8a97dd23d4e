package io.jobledger.http.pages.view;

import io.jobledger.ledger.query.JobLine;
import io.jobledger.model.JobKey;
import io.jobledger.model.JobRecord;
import io.jobledger.model.RunId;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.StringJoiner;

/**
 * The addresses of the pages. Names stand in the query and not in the path: a browser resolves {@code ..} in a path,
 * also when it is escaped, and {@code ..} is a name like any other.
 */
public final class Links {
    private Links() {}

    /**
     * The page of one record: the job of this id under its name, or the newest of the name where the id is not known.
     */
    public static String job(JobRecord record) {
        String key = job(record.key());
        if (record.jobId() != null) {
            return key + "&"
                    + query("ansible_job_id", record.jobId().value(), "execution_host", record.executionHost());
        }
        return record.run() == null
                ? key
                : key + "&" + query("run_id", record.run().toString());
    }

    /** The page of a job of a run. */
    public static String job(JobLine line, RunId run) {
        return job(line.key()) + "&"
                + (line.jobId() == null ? query("run_id", run.toString()) : query("ansible_job_id", line.jobId()));
    }

    /** The page of the newest job of a name. */
    public static String job(JobKey key) {
        return "/job?" + query("host", key.host(), "play", key.play(), "job", key.job());
    }

    public static String host(String host) {
        return "/host?" + query("host", host);
    }

    /** The page of two runs beside each other. */
    public static String compare(RunId before, RunId after) {
        return run(before) + "/compare/" + after;
    }

    public static String run(RunId run) {
        return "/runs/" + run;
    }

    /** The list of jobs with filters, given as name, value, name, value. */
    public static String jobs(String... filters) {
        return "/jobs?" + query(filters);
    }

    public static String runs(String... filters) {
        return "/runs?" + query(filters);
    }

    /** Names and values as a query, form-encoded. Null values are left out. */
    public static String query(String... pairs) {
        StringJoiner query = new StringJoiner("&");
        for (int i = 0; i < pairs.length; i += 2) {
            if (pairs[i + 1] != null) {
                query.add(encode(pairs[i]) + "=" + encode(pairs[i + 1]));
            }
        }
        return query.toString();
    }

    public static String encode(String text) {
        return URLEncoder.encode(text, StandardCharsets.UTF_8);
    }

    /** One segment of a path, such that no program on the way takes it for a step up. */
    public static String segment(String name) {
        return encode(name).replace("+", "%20").replace("*", "%2A").replace("%7E", "~");
    }
}
