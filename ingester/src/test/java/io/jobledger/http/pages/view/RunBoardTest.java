package io.jobledger.http.pages.view;

import static org.assertj.core.api.Assertions.assertThat;

import io.jobledger.ledger.RunQueries.PlayStart;
import io.jobledger.ledger.query.JobLine;
import io.jobledger.model.JobKey;
import io.jobledger.model.JobStatus;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class RunBoardTest {
    private static final Instant T0 = Instant.parse("2026-11-20T10:00:00Z");

    private static JobLine line(String host, String job, JobStatus status, long start) {
        return new JobLine(
                new JobKey(host, "p", job),
                "j" + host + job,
                job,
                status,
                T0.plusSeconds(start),
                null,
                status.open() ? null : T0.plusSeconds(start + 60),
                null);
    }

    @Test
    void hostsThatLookAlike_areFolded_theWorstFirst() {
        List<JobLine> lines = new ArrayList<>();
        for (int i = 0; i < 500; i++) {
            String host = String.format("web%03d.example.com", i);
            lines.add(line(host, "a", i % 50 == 0 ? JobStatus.FAILED : JobStatus.SUCCEEDED, i));
            lines.add(line(host, "b", JobStatus.SUCCEEDED, i + 1));
        }
        RunBoard board = RunBoard.of(lines, List.of(), false, T0);
        assertThat(board.patterns()).hasSize(2);
        assertThat(board.patterns().get(0).rows())
                .extracting(RunBoard.Row::host)
                .startsWith("web000.example.com");
        assertThat(board.patterns().get(0).rows().size()
                        + board.patterns().get(0).more())
                .isEqualTo(10);
        assertThat(board.patterns().get(1).more()).isEqualTo(485);
        assertThat(board.hosts()).isEqualTo(500);
        assertThat(board.names().of("web000.example.com")).isEqualTo("web000");
        assertThat(RunBoard.of(lines, List.of(), true, T0).folded()).isFalse();
    }

    @Test
    void task_tellsWhatNeedsALook_fromWhatWentWell() {
        RunBoard board = RunBoard.of(
                List.of(
                        line("h1", "a", JobStatus.SUCCEEDED, 0),
                        line("h2", "a", JobStatus.LOST, 0),
                        line("h3", "a", JobStatus.FAILED, 0),
                        line("h3", "a", JobStatus.SUCCEEDED, 9)),
                List.of(),
                false,
                T0);
        RunBoard.Task task = board.tasks().get(0);
        assertThat(task.look()).extracting(JobLine::status).containsExactly(JobStatus.FAILED, JobStatus.LOST);
        assertThat(task.well()).hasSize(2);
        RunBoard.Cell cell = board.patterns().get(0).rows().get(0).cells().get(0);
        assertThat(cell.badge().word()).isEqualTo("failed");
        assertThat(cell.jobs()).isEqualTo(2);
    }

    @Test
    void hostOfASerialPlay_hasTheNumberOfItsBatch() {
        RunBoard board = RunBoard.of(
                List.of(line("h1", "a", JobStatus.SUCCEEDED, 5), line("h2", "a", JobStatus.SUCCEEDED, 105)),
                List.of(new PlayStart(2, "p", "x.yml", T0), new PlayStart(9, "p", "x.yml", T0.plusSeconds(100))),
                false,
                T0);
        assertThat(board.batches()).isTrue();
        assertThat(board.patterns().get(0).rows())
                .extracting(RunBoard.Row::batch)
                .containsExactly(1, 2);
    }
}
