package io.jobledger.model;

import static io.jobledger.Wire.T0;
import static io.jobledger.Wire.json;
import static io.jobledger.Wire.run;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jobledger.Wire;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** A run is the same whatever the order of its events, and tells whether it ended. */
class RunMergeTest {
    private static Run run(List<Event> events) {
        return events.stream()
                .map(event -> Run.of(event, T0))
                .reduce(Run::merge)
                .orElseThrow();
    }

    private static List<ObjectNode> twoPlaybooks() {
        return List.of(
                json(
                        "run_started",
                        Wire.run(1),
                        1,
                        0,
                        "kind",
                        "playbook",
                        "playbook",
                        "site.yml",
                        "run_name",
                        "CHG-7",
                        "labels",
                        Map.of("team", "db")),
                json("play_started", Wire.run(1), 2, 1, "play", "p"),
                json("run_finished", Wire.run(1), 3, 2, "stats", Map.of()),
                json("play_started", Wire.run(1), 4, 3, "play", "q"),
                json("run_alive", Wire.run(1), 5, 60),
                json("run_finished", Wire.run(1), 6, 70, "stats", Map.of()));
    }

    @Test
    void anyOrder_givesTheSameRun() {
        List<Event> events = new ArrayList<>(Wire.events(twoPlaybooks()));
        Run expected = run(events);
        Random random = new Random(7);
        for (int i = 0; i < 300; i++) {
            Collections.shuffle(events, random);
            assertThat(run(events)).isEqualTo(expected);
        }
        assertThat(expected.finishedSeq()).isEqualTo(6);
        assertThat(expected.firstAt()).isEqualTo(T0);
        assertThat(expected.lastAt()).isEqualTo(T0.plusSeconds(70));
        assertThat(expected.info().runName()).isEqualTo("CHG-7");
        assertThat(expected.finished()).isTrue();
        assertThat(expected.complete()).isTrue();
    }

    @Test
    void anEventAfterTheGoodbye_opensTheRunAgain() {
        Run run = run(Wire.events(twoPlaybooks().subList(0, 4)));
        assertThat(run.finished()).isFalse();
        assertThat(run.state(T0.plusSeconds(5), Duration.ofMinutes(1))).isEqualTo(RunState.RUNNING);
    }

    @Test
    void silence_makesAnUnfinishedRunInterrupted_butNeverAFinishedOne() {
        Run open = run(Wire.events(twoPlaybooks().subList(0, 2)));
        Duration silence = Duration.ofMinutes(1);
        assertThat(open.state(T0.plusSeconds(60), silence)).isEqualTo(RunState.RUNNING);
        assertThat(open.state(T0.plusSeconds(61), silence)).isEqualTo(RunState.INTERRUPTED);
        assertThat(run(Wire.events(twoPlaybooks())).state(T0.plusSeconds(99_999), silence))
                .isEqualTo(RunState.FINISHED);
    }

    @Test
    void noticeThatTheProcessIsGone_makesTheRunInterruptedAtOnce_untilItSpeaksAgain() {
        List<ObjectNode> history = new ArrayList<>(twoPlaybooks().subList(0, 5));
        history.add(json("run_interrupted", Wire.run(1), 6, 61, "reason", "its process is gone"));
        List<Event> events = new ArrayList<>(Wire.events(history));
        Run gone = run(events);
        assertThat(gone.state(T0, Duration.ofDays(1))).isEqualTo(RunState.INTERRUPTED);
        assertThat(gone.finishedAt()).as("that of the first playbook").isEqualTo(T0.plusSeconds(2));
        Collections.reverse(events);
        assertThat(run(events)).isEqualTo(gone);
        events.add(Wire.event(json("run_alive", Wire.run(1), 7, 62)));
        assertThat(run(events).state(T0, Duration.ofDays(1))).isEqualTo(RunState.RUNNING);
        events.add(Wire.event(json("run_finished", Wire.run(1), 8, 63)));
        assertThat(run(events).state(T0, Duration.ofDays(1))).isEqualTo(RunState.FINISHED);
    }

    @Test
    void aMissingEvent_makesTheRunIncomplete() {
        List<ObjectNode> gap = new ArrayList<>(twoPlaybooks());
        gap.remove(1);
        Run run = run(Wire.events(gap));
        assertThat(run.finished()).isTrue();
        assertThat(run.complete()).isFalse();
    }
}
