package io.jobledger.ledger.read;

import static org.assertj.core.api.Assertions.assertThat;

import io.jobledger.ledger.query.JobLine;
import io.jobledger.ledger.query.RunComparison;
import io.jobledger.ledger.query.RunComparison.Change;
import io.jobledger.model.JobKey;
import io.jobledger.model.JobStatus;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;

class RunComparisonTest {
    private static final Instant T0 = Instant.parse("2026-11-20T10:00:00Z");

    private static JobLine line(String job, JobStatus status, long start, long took) {
        return new JobLine(
                new JobKey("h", "p", job),
                null,
                null,
                status,
                T0.plusSeconds(start),
                null,
                status.open() ? null : T0.plusSeconds(start + took),
                null);
    }

    private static Change of(JobLine before, JobLine after) {
        return RunComparison.of(
                        before == null ? List.of() : List.of(before), after == null ? List.of() : List.of(after))
                .pairs()
                .get(0)
                .change();
    }

    @Test
    void change_isTheMostTelling() {
        JobLine well = line("a", JobStatus.SUCCEEDED, 0, 100);
        JobLine bad = line("a", JobStatus.FAILED, 0, 100);
        assertThat(of(well, bad)).isEqualTo(Change.FAILED_NOW);
        assertThat(of(well, line("a", JobStatus.LOST, 0, 1))).isEqualTo(Change.FAILED_NOW);
        assertThat(of(null, bad)).isEqualTo(Change.FAILED_NOW);
        assertThat(of(bad, bad)).isEqualTo(Change.FAILED_AGAIN);
        assertThat(of(bad, well)).isEqualTo(Change.RECOVERED);
        assertThat(of(well, line("a", JobStatus.SUCCEEDED, 0, 150))).isEqualTo(Change.SLOWER);
        assertThat(of(well, line("a", JobStatus.SUCCEEDED, 0, 149))).isEqualTo(Change.SAME);
        assertThat(of(well, line("a", JobStatus.SUCCEEDED, 0, 60))).isEqualTo(Change.FASTER);
        assertThat(of(line("a", JobStatus.SUCCEEDED, 0, 1), line("a", JobStatus.SUCCEEDED, 0, 5)))
                .as("seconds are chance")
                .isEqualTo(Change.SAME);
        assertThat(of(well, line("a", JobStatus.RUNNING, 0, 0))).isEqualTo(Change.SAME);
        assertThat(of(null, well)).isEqualTo(Change.NEW);
        assertThat(of(bad, null)).isEqualTo(Change.GONE);
    }

    @Test
    void ofSeveralJobsOfAName_theLatestCounts_andTheWorstComesFirst() {
        RunComparison comparison = RunComparison.of(
                List.of(line("a", JobStatus.SUCCEEDED, 0, 10), line("b", JobStatus.SUCCEEDED, 0, 10)),
                List.of(
                        line("a", JobStatus.SUCCEEDED, 50, 10),
                        line("a", JobStatus.FAILED, 0, 10),
                        line("b", JobStatus.FAILED, 0, 10)));
        assertThat(comparison.pairs())
                .extracting(RunComparison.Pair::change)
                .containsExactly(Change.FAILED_NOW, Change.SAME);
        assertThat(comparison.counts()).containsEntry(Change.FAILED_NOW, 1L).containsEntry(Change.GONE, 0L);
    }
}
