package io.jobledger.http.pages.view;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import io.jobledger.json.Json;
import io.jobledger.ledger.query.StoredEvent;
import io.jobledger.model.JobEnd;
import io.jobledger.model.JobRecord;
import io.jobledger.model.JobStatus;
import io.jobledger.model.RunId;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Set;

/** Tells a job's events in words. */
public final class JobLife {
    private static final Badge PLAIN = new Badge("", "", "plain");
    private static final Badge RUNNING = Badge.of(JobStatus.RUNNING);

    /** What a run tells; all else is told by people, who have no run. */
    private static final Set<String> OF_RUNS =
            Set.of("job_started", "job_unresumable", "job_polled", "job_ended", "job_cleaned", "job_unreached");

    private JobLife() {}

    /**
     * Something that happened to a job.
     *
     * @param detail a message; null for none
     * @param run another run than the job's that saw it; null for its own
     */
    public record Life(Instant at, String what, Badge badge, String detail, RunId run) {
        Life(Instant at, String what, Badge badge, String detail) {
            this(at, what, badge, detail, null);
        }

        Life by(RunId other) {
            return new Life(at, what, badge, detail, other);
        }
    }

    /** The life of a job, oldest first. Status checks in a row that found it running are one entry. */
    public static List<Life> of(JobRecord record, List<StoredEvent> events, Instant now) {
        List<Life> life = new ArrayList<>();
        events.stream()
                .map(JobLife::read)
                .sorted(Comparator.comparing(Seen::at))
                .forEach(seen -> {
                    add(life, seen, record.resultsFile());
                    if (!seen.run().equals(record.run()) && OF_RUNS.contains(seen.type())) {
                        life.add(life.remove(life.size() - 1).by(seen.run()));
                    }
                });
        if (life.isEmpty() && record.startedAt() != null) {
            life.add(new Life(record.startedAt(), "Started", RUNNING, record.reason()));
        }
        Instant deadline = record.deadline();
        if (deadline != null && record.status().open()) {
            life.add(new Life(
                    deadline,
                    deadline.isAfter(now) ? "Will be past its deadline" : "Its deadline passed",
                    deadline.isAfter(now) ? PLAIN : Badge.OVERDUE,
                    null));
            life.sort(Comparator.comparing(Life::at));
        }
        return life;
    }

    private record Seen(String type, Instant at, RunId run, JsonNode json) {
        String text(String field) {
            return json.path(field).isTextual() ? json.path(field).asText() : null;
        }
    }

    private static Seen read(StoredEvent event) {
        try {
            JsonNode json = Json.MAPPER.readTree(event.body());
            return new Seen(event.type(), Json.time(json.path("at").asText()), event.run(), json);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("event " + event.entry() + " of the ledger is not JSON", e);
        }
    }

    private static void add(List<Life> life, Seen seen, String resultsFile) {
        switch (seen.type()) {
            case "job_started" ->
                life.add(new Life(
                        seen.at(),
                        seen.json().path("attempt").isNumber()
                                ? "Started, attempt "
                                        + seen.json().path("attempt").asText()
                                : "Started",
                        RUNNING,
                        null));
            case "job_unresumable" ->
                life.add(new Life(seen.at(), "Started; its id was not shown", RUNNING, seen.text("reason")));
            case "job_polled" -> polled(life, seen);
            case "job_ended" -> life.add(ended(seen, resultsFile));
            case "job_cleaned" -> life.add(new Life(seen.at(), "Its results file was removed", PLAIN, null));
            case "job_unreached" ->
                life.add(new Life(seen.at(), "Its host could not be reached", PLAIN, seen.text("message")));
            case "job_cancel_requested" ->
                life.add(new Life(
                        seen.at(), "Its cancelling was asked for by " + seen.text("by"), PLAIN, seen.text("message")));
            case "job_closed" ->
                life.add(new Life(
                        seen.at(), "Closed by " + seen.text("by"), Badge.of(JobStatus.CLOSED), seen.text("message")));
            case "job_saved" -> life.add(new Life(seen.at(), "Saved by name", PLAIN, null));
            default -> life.add(new Life(seen.at(), seen.type().replace('_', ' '), PLAIN, null));
        }
    }

    private static void polled(List<Life> life, Seen seen) {
        String again = "Seen running, several times";
        int last = life.size() - 1;
        boolean repeated = last >= 0 && life.get(last).what().startsWith("Seen running");
        if (repeated) {
            life.remove(last);
        }
        life.add(new Life(seen.at(), repeated ? again : "Seen running", RUNNING, null));
    }

    /** @param resultsFile the job's own; a check that did not find another one proves nothing */
    private static Life ended(Seen seen, String resultsFile) {
        JobStatus status = JobStatus.parse(seen.text("status"));
        String looked = seen.text("results_file");
        if (status == JobStatus.LOST
                && !JobEnd.VANISHED.equals(seen.text("reason"))
                && looked != null
                && resultsFile != null
                && !looked.replaceAll("/+", "/").equals(resultsFile.replaceAll("/+", "/"))) {
            return new Life(seen.at(), "Looked for in another place, which proves nothing", PLAIN, looked);
        }
        String rc = seen.json().path("rc").isNumber()
                ? ", return code " + seen.json().path("rc").asText()
                : "";
        String what = switch (status) {
            case SUCCEEDED -> "Succeeded";
            case FAILED -> "Failed";
            case TIMED_OUT -> "Timed out";
            case CANCELLED -> seen.text("by") == null ? "Cancelled" : "Cancelled by " + seen.text("by");
            case LOST ->
                JobEnd.VANISHED.equals(seen.text("reason"))
                        ? "Lost: no process of it is there"
                        : "Lost: its results file was not found";
            case CLOSED -> "Closed";
            case RUNNING -> "Seen running";
        };
        return new Life(seen.at(), what + rc, Badge.of(status), seen.text("message"));
    }
}
