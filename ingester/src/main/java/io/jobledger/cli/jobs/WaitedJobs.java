package io.jobledger.cli.jobs;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The jobs that somebody waits for, and whether what was asked for has come true. Not thread-safe. */
final class WaitedJobs {
    /** What a wait waits for. */
    enum Aim {
        ended,
        succeeded
    }

    /** How a wait stands: it came true, it cannot come true any more, or it may still. */
    enum Verdict {
        MET,
        MISSED,
        OPEN
    }

    private final Map<List<String>, JsonNode> jobs = new LinkedHashMap<>();

    /** Takes over what is known of a job; says whether it is new, or stands otherwise than before. */
    boolean take(JsonNode job) {
        JsonNode known = jobs.put(JobBoard.identity(job), job);
        return known == null || !JobBoard.word(known).equals(JobBoard.word(job));
    }

    /** Forgets a job that the ledger does not have any more. */
    void drop(JsonNode job) {
        jobs.remove(JobBoard.identity(job));
    }

    int size() {
        return jobs.size();
    }

    List<JsonNode> open() {
        return jobs.values().stream().filter(WaitedJobs::isOpen).toList();
    }

    /** Those that ended otherwise than well. */
    List<JsonNode> missed() {
        return jobs.values().stream()
                .filter(job -> !isOpen(job) && !succeeded(job))
                .toList();
    }

    /** @param any whether one job is enough; else all must be as asked */
    Verdict verdict(Aim aim, boolean any) {
        boolean open = !open().isEmpty();
        boolean met = jobs.values().stream().anyMatch(job -> aim == Aim.succeeded ? succeeded(job) : !isOpen(job));
        if (any) {
            return met ? Verdict.MET : open ? Verdict.OPEN : Verdict.MISSED;
        }
        if (aim == Aim.succeeded && !missed().isEmpty()) {
            return Verdict.MISSED;
        }
        return open ? Verdict.OPEN : Verdict.MET;
    }

    static boolean isOpen(JsonNode job) {
        return job.path("status").asText().equals("running");
    }

    private static boolean succeeded(JsonNode job) {
        return job.path("status").asText().equals("succeeded");
    }
}
