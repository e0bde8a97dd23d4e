package io.jobledger.http.api;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import io.jobledger.json.Json;
import io.jobledger.ledger.query.StoredEvent;
import java.util.List;

/** An event as it was sent. */
public final class EventJson {
    static final List<String> COLUMNS = List.of(
            "seq",
            "type",
            "at",
            "run_id",
            "host",
            "play",
            "job",
            "task",
            "ansible_job_id",
            "status",
            "rc",
            "message",
            "playbook",
            "run_name",
            "user",
            "controller",
            "execution_host",
            "action",
            "async",
            "poll",
            "changed",
            "stats",
            "record");

    private EventJson() {}

    public static JsonNode of(StoredEvent event) {
        try {
            return Json.MAPPER.readTree(event.body());
        } catch (JsonProcessingException e) {
            throw new IllegalStateException(
                    "event " + event.entry() + " in the ledger is not JSON: " + Json.complaint(e), e);
        }
    }
}
