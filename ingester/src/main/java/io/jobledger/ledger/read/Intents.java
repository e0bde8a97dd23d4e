package io.jobledger.ledger.read;

import com.fasterxml.jackson.databind.JsonNode;
import io.jobledger.json.Json;
import io.jobledger.ledger.RunQueries.Intent;
import io.jobledger.log.LogEntry;
import io.jobledger.model.RunId;
import java.util.List;
import java.util.Set;
import java.util.TreeMap;

/** Finds the intents of a run that nothing made good: a job may have been started whose id was never seen. */
final class Intents {
    /** Any of these speaks of the job that the intent announced, or says that there is none. */
    private static final Set<String> ANSWERS =
            Set.of("job_started", "job_unresumable", "job_not_started", "job_polled", "job_ended");

    private Intents() {}

    /** Reads the run's events, and once more when it has intents. */
    static List<Intent> unseen(LogReads log, RunId run, RunEvents.Bounds bounds) {
        TreeMap<Long, Intent> open = new TreeMap<>();
        log.ofRun(run.value(), bounds.first(), bounds.last(), entry -> {
            if (LogReads.type(entry.body()).equals("job_intended")) {
                open.put(entry.seq(), intent(entry));
            }
            return true;
        });
        if (!open.isEmpty()) {
            log.ofRun(run.value(), bounds.first(), bounds.last(), entry -> {
                if (entry.seq() > open.firstKey() && ANSWERS.contains(LogReads.type(entry.body()))) {
                    answered(open, entry);
                }
                return !open.isEmpty();
            });
        }
        return List.copyOf(open.values());
    }

    private static Intent intent(LogEntry entry) {
        JsonNode body = LogReads.json(entry.body());
        return new Intent(
                entry.seq(),
                body.path("host").asText(),
                body.path("play").asText(),
                body.path("job").asText(),
                body.path("task").asText(),
                Json.time(body.path("at").asText()));
    }

    private static void answered(TreeMap<Long, Intent> open, LogEntry answer) {
        JsonNode body = LogReads.json(answer.body());
        open.remove(body.path("intent").asLong(-1));
        open.headMap(answer.seq())
                .values()
                .removeIf(intent -> intent.host().equals(body.path("host").asText())
                        && intent.play().equals(body.path("play").asText())
                        && intent.task().equals(body.path("task").asText()));
    }
}
