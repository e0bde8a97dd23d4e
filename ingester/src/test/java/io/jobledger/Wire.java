package io.jobledger;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jobledger.event.BatchDecoder;
import io.jobledger.event.InvalidEvents;
import io.jobledger.json.Json;
import io.jobledger.model.AnsibleJobId;
import io.jobledger.model.Event;
import io.jobledger.model.Job;
import io.jobledger.model.JobKey;
import io.jobledger.model.RunId;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;

/** Events for tests, made the way a recorder makes them: as JSON, read by the real decoder. */
public final class Wire {
    /** When test histories begin. */
    public static final Instant T0 = Instant.parse("2026-11-20T10:00:00Z");

    private static final BatchDecoder DECODER = new BatchDecoder(100_000);

    private Wire() {}

    /** The checkout's root, as the build names it. */
    public static Path checkout() {
        return Path.of(System.getProperty("jobledger.checkout", ".."))
                .toAbsolutePath()
                .normalize();
    }

    /** A repeatable run id. */
    public static RunId run(int number) {
        return new RunId(new UUID(0x1234_5678_1234_4000L, 0x8000_0000_0000_0000L + number));
    }

    /** An event at {@code T0 + seconds} with more fields, given as name, value, name, value. */
    public static ObjectNode json(String type, RunId run, long seq, long seconds, Object... fields) {
        ObjectNode json = JsonNodeFactory.instance.objectNode();
        json.put("type", type)
                .put("run_id", run.toString())
                .put("seq", seq)
                .put("at", Json.time(T0.plusSeconds(seconds)));
        for (int i = 0; i < fields.length; i += 2) {
            json.set((String) fields[i], Json.MAPPER.<JsonNode>valueToTree(fields[i + 1]));
        }
        return json;
    }

    /** A launch of {@code host / play / job}. */
    public static ObjectNode started(
            RunId run, long seq, long seconds, String host, String play, String job, String id, Object... more) {
        ObjectNode json = json(
                "job_started",
                run,
                seq,
                seconds,
                "host",
                host,
                "play",
                play,
                "job",
                job,
                "task",
                job,
                "ansible_job_id",
                id);
        for (int i = 0; i < more.length; i += 2) {
            json.set((String) more[i], Json.MAPPER.<JsonNode>valueToTree(more[i + 1]));
        }
        return json;
    }

    /** The saving of a record under a name. */
    public static ObjectNode saved(
            RunId run, long seconds, String host, String play, String job, String id, Object... more) {
        ObjectNode record = JsonNodeFactory.instance.objectNode();
        record.put("host", host).put("play", play).put("job_name", job).put("ansible_job_id", id);
        for (int i = 0; i < more.length; i += 2) {
            record.set((String) more[i], Json.MAPPER.<JsonNode>valueToTree(more[i + 1]));
        }
        return json("job_saved", run, 1, seconds, "record", record);
    }

    /** The events, decoded; fails when they are no good. */
    public static List<Event> events(ObjectNode... events) {
        return events(List.of(events));
    }

    public static List<Event> events(List<ObjectNode> events) {
        try {
            return DECODER.decode(Json.MAPPER.valueToTree(events).toString().getBytes(StandardCharsets.UTF_8), false);
        } catch (InvalidEvents e) {
            throw new AssertionError(e.getMessage(), e);
        }
    }

    public static Event event(ObjectNode event) {
        return events(event).get(0);
    }

    /** The knowledge of a job that each event brings. */
    public static List<Job> jobs(List<Event> events) {
        List<Job> jobs = new ArrayList<>();
        for (Event event : events) {
            if (event instanceof Event.JobObserved observed) {
                jobs.add(observed.job());
            } else if (event instanceof Event.JobSaved saved) {
                jobs.add(saved.job());
            } else if (event instanceof Event.JobClosed closed) {
                jobs.add(closed.job());
            }
        }
        return jobs;
    }

    public static JobKey key(String host, String play, String job) {
        return new JobKey(host, play, job);
    }

    public static AnsibleJobId id(String id) {
        return new AnsibleJobId(id);
    }
}
