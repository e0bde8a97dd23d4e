package io.jobledger.cli.jobs;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jobledger.cli.view.ShownTimes;
import io.jobledger.cli.view.Views;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/** The jobs that are open, and those that ended while someone watched. Not thread-safe. */
final class JobBoard {
    private static final int ENDED = 5;

    private final Map<List<String>, JsonNode> open = new LinkedHashMap<>();
    private final Deque<JsonNode> ended = new ArrayDeque<>();

    Collection<JsonNode> open() {
        return open.values();
    }

    /** The last that ended, the latest first. */
    Collection<JsonNode> ended() {
        return ended;
    }

    /**
     * Takes over a record; returns it when it says something new of the job: that it is there, how it ended, that it is
     * overdue.
     */
    List<JsonNode> take(JsonNode job, Instant now) {
        List<String> identity = identity(job);
        JsonNode known = open.get(identity);
        JsonNode fresh = aged(job, now);
        if (fresh.path("status").asText().equals("running")) {
            // A watch that comes back is told again what it knows.
            if (ended.stream().anyMatch(one -> identity(one).equals(identity))) {
                return List.of();
            }
            open.put(identity, fresh);
        } else if (open.remove(identity) == null
                && ended.stream().anyMatch(one -> identity(one).equals(identity))) {
            return List.of();
        } else {
            ended.addFirst(fresh);
            while (ended.size() > ENDED) {
                ended.removeLast();
            }
        }
        return known != null && word(known).equals(word(fresh)) ? List.of() : List.of(fresh);
    }

    /** Those that are open here and not among these: they have ended, and nobody said how. */
    List<JsonNode> missingFrom(List<JsonNode> all) {
        Set<List<String>> there = all.stream().map(JobBoard::identity).collect(Collectors.toSet());
        return open.entrySet().stream()
                .filter(entry -> !there.contains(entry.getKey()))
                .map(Map.Entry::getValue)
                .toList();
    }

    /** Forgets an open job that the ledger does not have any more. */
    void drop(JsonNode job) {
        open.remove(identity(job));
    }

    /** Time passes: returns the jobs that have become overdue. No event says so. */
    List<JsonNode> tick(Instant now) {
        List<JsonNode> late = new ArrayList<>();
        open.replaceAll((identity, job) -> {
            JsonNode fresh = aged(job, now);
            if (!word(fresh).equals(word(job))) {
                late.add(fresh);
            }
            return fresh;
        });
        return late;
    }

    /** One word for how a job stands. */
    static String word(JsonNode job) {
        return Views.status(job).text();
    }

    static List<String> identity(JsonNode job) {
        List<String> parts = new ArrayList<>();
        for (String name : List.of("run_id", "execution_host", "ansible_job_id", "host", "play", "job_name")) {
            parts.add(job.path(name).asText());
        }
        if (!job.hasNonNull("ansible_job_id")) {
            parts.add(job.path("started_at").asText());
        }
        return parts;
    }

    private static JsonNode aged(JsonNode job, Instant now) {
        boolean over = job.path("status").asText().equals("running")
                && ShownTimes.parse(job.path("deadline").asText(null))
                        .map(now::isAfter)
                        .orElse(false);
        return over == job.path("overdue").asBoolean() || !(job instanceof ObjectNode)
                ? job
                : ((ObjectNode) job.deepCopy()).put("overdue", over);
    }
}
