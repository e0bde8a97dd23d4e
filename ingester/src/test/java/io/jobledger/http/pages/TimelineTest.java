package io.jobledger.http.pages;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jobledger.Wire;
import io.jobledger.model.Job;
import io.jobledger.model.JobRecord;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class TimelineTest {
    private static final Instant FROM = Wire.T0;
    private static final Instant TO = Wire.T0.plusSeconds(1000);

    /** A job from second to second; without an end it runs on. */
    private static JobRecord job(String host, String id, long start, Long end) {
        List<ObjectNode> events =
                new ArrayList<>(List.of(Wire.started(Wire.run(1), 1, start, host, "p", "j " + id, id)));
        if (end != null) {
            events.add(Wire.json(
                    "job_ended",
                    Wire.run(1),
                    2,
                    end,
                    "host",
                    host,
                    "ansible_job_id",
                    id,
                    "play",
                    "p",
                    "task",
                    "j",
                    "job",
                    "j " + id,
                    "status",
                    "succeeded"));
        }
        Job job = Wire.jobs(Wire.events(events)).stream().reduce(Job::merge).orElseThrow();
        return job.record(job.mainKey());
    }

    @Test
    void bar_liesWhereItsJobRan() {
        Timeline picture = Timeline.of(List.of(job("h", "a", 250, 500L)), FROM, TO);
        Timeline.Bar bar = picture.rows().get(0).bars().get(0);
        assertThat(bar.x()).isEqualTo(250);
        assertThat(bar.width()).isEqualTo(250);
        assertThat(picture.ticks().get(0).label()).isEqualTo("10:00");
    }

    @Test
    void bar_ofAnOpenJob_reachesToNow_andOfAnEarlierOneBeginsAtTheEdge() {
        Timeline.Bar bar = Timeline.of(List.of(job("h", "a", -500, null)), FROM, TO)
                .rows()
                .get(0)
                .bars()
                .get(0);
        assertThat(bar.x()).isZero();
        assertThat(bar.width()).isEqualTo(1000);
    }

    @Test
    void jobs_thatOverlap_lieInLanes_andShareOneWhenTheyDoNot() {
        Timeline.Row row = Timeline.of(
                        List.of(job("h", "c", 700, 800L), job("h", "b", 200, 600L), job("h", "a", 100, 500L)), FROM, TO)
                .rows()
                .get(0);
        assertThat(row.bars().stream().map(Timeline.Bar::lane)).containsExactly(0, 1, 0);
        assertThat(row.height()).isEqualTo(2 * Timeline.LANE);
    }

    @Test
    void job_ofAMoment_canStillBeHit_alsoAtTheEnd() {
        Timeline.Bar bar = Timeline.of(List.of(job("h", "a", 1000, 1000L)), FROM, TO)
                .rows()
                .get(0)
                .bars()
                .get(0);
        assertThat(bar.width()).isGreaterThanOrEqualTo(5);
        assertThat(bar.x() + bar.width()).isLessThanOrEqualTo(Timeline.WIDTH);
    }

    @Test
    void hosts_beyondTheRoom_areCounted_andThoseOfOtherTimesLeftOut() {
        List<JobRecord> jobs = new ArrayList<>();
        for (int i = 0; i < 20; i++) {
            jobs.add(job("h" + i, "a", 100 + i, 200L + i));
        }
        jobs.add(job("before", "b", -900, -800L));
        Timeline picture = Timeline.of(jobs, FROM, TO);
        assertThat(picture.rows())
                .hasSize(15)
                .first()
                .extracting(Timeline.Row::host)
                .isEqualTo("h19");
        assertThat(picture.more()).isEqualTo(5);
    }
}
