package io.jobledger.cli.view;

import com.fasterxml.jackson.databind.JsonNode;
import io.jobledger.terminal.Cell;
import io.jobledger.terminal.Column;
import io.jobledger.terminal.Style;
import java.util.List;
import java.util.stream.Stream;

/** The columns of each kind of record, in their order. The first that go when room is short are those of high rank. */
public final class Views {
    public static final List<RecordColumn> JOBS = List.of(
            new RecordColumn(new Column("STATUS", 0, Column.WHOLE, false), (job, times) -> status(job)),
            RecordColumn.text("host", "HOST", 0, 12),
            RecordColumn.text("play", "PLAY", 3, 12),
            RecordColumn.text("job_name", "JOB", 0, 14),
            RecordColumn.whole("started_at", "STARTED", 1),
            RecordColumn.took("TOOK", "started_at", "finished_at", 2),
            RecordColumn.number("rc", "RC", 5),
            RecordColumn.text("playbook", "PLAYBOOK", 6, 12),
            RecordColumn.whole("ansible_job_id", "ANSIBLE JOB ID", 4),
            RecordColumn.whole("run_id", "RUN ID", 8),
            RecordColumn.text("execution_host", "RUNS ON", 9, 12),
            RecordColumn.whole("finished_at", "FINISHED", 10),
            RecordColumn.whole("deadline", "DEADLINE", 11),
            RecordColumn.text("message", "MESSAGE", 7, 24));

    public static final List<RecordColumn> RUNS = List.of(
            new RecordColumn(new Column("STATE", 0, Column.WHOLE, false), (run, times) -> state(run)),
            new RecordColumn(new Column("JOBS", 1, 24, false), (run, times) -> outcome(run)),
            RecordColumn.text("playbook", "PLAYBOOK", 0, 9),
            RecordColumn.text("run_name", "RUN NAME", 4, 12),
            RecordColumn.whole("started_at", "STARTED", 2),
            RecordColumn.took("TOOK", "started_at", "finished_at", 3),
            RecordColumn.text("user", "USER", 5, 8),
            RecordColumn.text("controller", "CONTROLLER", 7, 12),
            RecordColumn.number("events", "EVENTS", 6),
            new RecordColumn(new Column("GAPS", 8, Column.WHOLE, false), (run, times) -> gaps(run)),
            // Eight characters of it are enough for every command.
            RecordColumn.text("run_id", "RUN ID", 0, 9));

    private static final RecordColumn LAST = RecordColumn.whole("last_started_at", "LAST STARTED", 3);

    public static final List<RecordColumn> HOSTS = Stream.of(
                    Stream.of(RecordColumn.text("host", "HOST", 0, 16)), counts(), Stream.of(LAST))
            .flatMap(one -> one)
            .toList();

    public static final List<RecordColumn> PLAYS = Stream.of(
                    Stream.of(
                            RecordColumn.text("play", "PLAY", 0, 16), RecordColumn.text("playbook", "PLAYBOOK", 4, 12)),
                    counts(),
                    Stream.of(LAST))
            .flatMap(one -> one)
            .toList();

    public static final List<RecordColumn> EVENTS = List.of(
            RecordColumn.number("seq", "SEQ", 0),
            RecordColumn.whole("at", "AT", 1),
            RecordColumn.whole("type", "TYPE", 0),
            RecordColumn.text("host", "HOST", 0, 12),
            RecordColumn.text("play", "PLAY", 4, 12),
            RecordColumn.text("job", "JOB", 2, 16),
            RecordColumn.whole("status", "STATUS", 3),
            RecordColumn.whole("ansible_job_id", "ANSIBLE JOB ID", 5));

    private Views() {}

    /** The numbers of jobs by their standing. */
    public static Stream<RecordColumn> counts() {
        return Stream.of(
                RecordColumn.number("jobs", "JOBS", 0),
                count("running", Style.BUSY, 2),
                count("overdue", Style.ALARM, 1),
                count("succeeded", Style.GOOD, 3),
                count("failed", Style.BAD, 1),
                count("timed_out", Style.BAD, 2),
                count("cancelled", Style.ODD, 4),
                count("lost", Style.ALARM, 2),
                count("closed", Style.ODD, 4));
    }

    private static RecordColumn count(String name, Style style, int rank) {
        return new RecordColumn(
                new Column(RecordColumn.named(name).column().title(), rank, Column.WHOLE, true), (row, times) -> {
                    long number = row.path(name).asLong();
                    return new Cell(Long.toString(number), number == 0 ? Style.FAINT : style);
                });
    }

    /** How a job stands: {@code overdue} is what it is called when it runs past its deadline. */
    public static Cell status(JsonNode job) {
        Cell standing = job.path("overdue").asBoolean()
                ? new Cell("overdue", Style.ALARM)
                : standing(job.path("status").asText("-"));
        // A dry run's job did nothing, however it ended.
        return job.path("check_mode").asBoolean()
                ? new Cell(standing.text() + " (dry run)", standing.style())
                : standing;
    }

    private static Cell state(JsonNode run) {
        Cell state = standing(run.path("state").asText("-"));
        // It came to its end, and that is no success where its jobs did not.
        return state.style() == Style.GOOD ? new Cell(state.text(), outcome(run).style()) : state;
    }

    /** How a run's jobs stand. */
    private static Cell outcome(JsonNode run) {
        JsonNode outcome = run.path("outcome");
        return outcome.isObject()
                ? new Cell(
                        outcome.path("words").asText(),
                        switch (outcome.path("verdict").asText()) {
                            case "failed" -> Style.BAD;
                            case "overdue" -> Style.ALARM;
                            case "running" -> Style.BUSY;
                            case "succeeded" -> Style.GOOD;
                            default -> Style.FAINT;
                        })
                : Cell.NONE;
    }

    private static Cell standing(String word) {
        return new Cell(
                word,
                switch (word) {
                    case "running" -> Style.BUSY;
                    case "succeeded", "finished" -> Style.GOOD;
                    case "failed", "timed_out" -> Style.BAD;
                    case "lost" -> Style.ALARM;
                    case "interrupted", "cancelled", "closed" -> Style.ODD;
                    default -> Style.PLAIN;
                });
    }

    private static Cell gaps(JsonNode run) {
        long missing = run.path("last_seq").asLong() - run.path("events").asLong();
        return missing > 0 ? new Cell(missing + " missing", Style.ODD) : Cell.NONE;
    }
}
