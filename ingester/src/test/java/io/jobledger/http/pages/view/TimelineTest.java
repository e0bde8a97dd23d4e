package io.jobledger.http.pages.view;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jobledger.Wire;
import io.jobledger.model.Job;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class TimelineTest {
    private static final Instant FROM = Wire.T0;
    private static final Instant TO = Wire.T0.plusSeconds(1200);

    /** A job from second to second; without an end it runs on. */
    private static Timeline.Item job(String host, String id, long start, Long end) {
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
        return Timeline.Item.of(job.record(job.mainKey()), TO);
    }

    @Test
    void bar_liesWhereItsJobRan() {
        Timeline picture = Timeline.of(List.of(job("h", "a", 300, 600L)), FROM, TO, Timeline.SOME_HOSTS);
        Timeline.Bar bar = picture.rows().get(0).bars().get(0);
        assertThat(bar.x()).isEqualTo(250);
        assertThat(bar.width()).isEqualTo(250);
        assertThat(picture.ticks().get(0).label()).isEqualTo("10:00");
    }

    @Test
    void bar_ofAnOpenJob_reachesToNow_andOfAnEarlierOneBeginsAtTheEdge() {
        Timeline.Bar bar = Timeline.of(List.of(job("h", "a", -500, null)), FROM, TO, Timeline.SOME_HOSTS)
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
                        List.of(job("h", "c", 700, 800L), job("h", "b", 200, 600L), job("h", "a", 100, 500L)),
                        FROM,
                        TO,
                        Timeline.SOME_HOSTS)
                .rows()
                .get(0);
        assertThat(row.bars().stream().map(Timeline.Bar::lane)).containsExactly(0, 1, 0);
        assertThat(row.height()).isEqualTo(2 * Timeline.LANE);
    }

    @Test
    void job_ofAMoment_canStillBeHit_alsoAtTheEnd() {
        Timeline.Bar bar = Timeline.of(List.of(job("h", "a", 1200, 1200L)), FROM, TO, Timeline.SOME_HOSTS)
                .rows()
                .get(0)
                .bars()
                .get(0);
        assertThat(bar.width()).isGreaterThanOrEqualTo(5);
        assertThat(bar.x() + bar.width()).isLessThanOrEqualTo(Timeline.WIDTH);
    }

    @Test
    void axis_hasRoundNumbers_andIsATinyBitWiderThanAsked() {
        Timeline picture = Timeline.of(
                List.of(job("h", "a", 300, 600L)), FROM.plusSeconds(17), FROM.plusSeconds(4000), Timeline.SOME_HOSTS);
        assertThat(picture.ticks().stream().map(Timeline.Tick::label))
                .containsExactly("10:00", "10:10", "10:20", "10:30", "10:40", "10:50", "11:00");
        assertThat(picture.from()).isEqualTo(FROM);
        assertThat(picture.ticks().get(6).to()).isEqualTo(picture.to());
    }

    @Test
    void pictureThatLooksBack_beginsWhereSomethingHappened() {
        Timeline.Item early = job("h", "a", -90_000, null);
        Timeline.Item late = job("h2", "b", 1000, null);
        Timeline picture = Timeline.back(List.of(early, late), java.time.Duration.ofHours(24), TO);
        assertThat(picture.from()).isBetween(FROM.plusSeconds(900), FROM.plusSeconds(1000));
        assertThat(picture.rows()).hasSize(2);
        assertThat(picture.rows().get(1).bars().get(0).x()).isZero();
    }

    @Test
    void hosts_beyondTheRoom_areCounted_andThoseOfOtherTimesLeftOut() {
        List<Timeline.Item> jobs = new ArrayList<>();
        for (int i = 0; i < 20; i++) {
            jobs.add(job("h" + i, "a", 100 + i, 200L + i));
        }
        jobs.add(job("before", "b", -900, -800L));
        Timeline picture = Timeline.of(jobs, FROM, TO, Timeline.SOME_HOSTS);
        assertThat(picture.rows())
                .hasSize(15)
                .first()
                .extracting(Timeline.Row::host)
                .isEqualTo("h19");
        assertThat(picture.more()).isEqualTo(5);
    }
}
