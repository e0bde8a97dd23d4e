package io.jobledger.ledger.read;

import com.fasterxml.jackson.databind.JsonNode;
import io.jobledger.json.Json;
import io.jobledger.ledger.RunQueries.Intent;
import io.jobledger.ledger.rows.EventText;
import io.jobledger.ledger.rows.Rows;
import io.jobledger.model.RunId;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Instant;
import java.util.List;
import java.util.TreeMap;
import org.jdbi.v3.core.Handle;

/** Finds the intents of a run that nothing made good: a job may have been started whose id was never seen. */
final class Intents {
    /** Any of these speaks of the job that the intent announced, or says that there is none. */
    private static final String ANSWERS =
            "('job_started', 'job_unresumable', 'job_not_started', 'job_polled', 'job_ended')";

    private Intents() {}

    /** Reads the run's events, but only when it has intents. Blocks on the database. */
    static List<Intent> unseen(Handle handle, RunId run) {
        TreeMap<Long, Intent> open = new TreeMap<>();
        handle.createQuery("SELECT " + EventText.COLUMNS
                        + " FROM events WHERE run_id = ? AND type = 'job_intended' ORDER BY seq")
                .bind(0, run.value())
                .map((rows, c) ->
                        intent(rows.getLong("seq"), Rows.instant(rows, "observed_at"), json(EventText.read(rows))))
                .forEach(intent -> open.put(intent.seq(), intent));
        if (open.isEmpty()) {
            return List.of();
        }
        record Answer(long seq, JsonNode body) {}
        try (var answers = handle
                .createQuery("SELECT " + EventText.COLUMNS + " FROM events WHERE run_id = ? AND seq > ? AND type IN "
                        + ANSWERS + " ORDER BY seq")
                .bind(0, run.value())
                .bind(1, open.firstKey())
                .map((rows, c) -> new Answer(rows.getLong("seq"), json(EventText.read(rows))))
                .stream()) {
            answers.takeWhile(answer -> !open.isEmpty()).forEach(answer -> {
                open.remove(answer.body.path("intent").asLong(-1));
                open.headMap(answer.seq)
                        .values()
                        .removeIf(intent -> intent.host()
                                        .equals(answer.body.path("host").asText())
                                && intent.play().equals(answer.body.path("play").asText())
                                && intent.task().equals(answer.body.path("task").asText()));
            });
        }
        return List.copyOf(open.values());
    }

    private static Intent intent(long seq, Instant at, JsonNode body) {
        return new Intent(
                seq,
                body.path("host").asText(),
                body.path("play").asText(),
                body.path("job").asText(),
                body.path("task").asText(),
                at);
    }

    private static JsonNode json(String body) {
        try {
            return Json.OWN.readTree(body);
        } catch (IOException e) {
            throw new UncheckedIOException("an event in the ledger is not JSON", e);
        }
    }
}
