package io.jobledger.model;

import static io.jobledger.Wire.events;
import static io.jobledger.Wire.json;
import static io.jobledger.Wire.run;
import static io.jobledger.Wire.saved;
import static io.jobledger.Wire.started;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jobledger.Wire;
import io.jobledger.json.Json;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;

/** The merge of a job's events is the same in every order and number of deliveries. */
class JobMergeTest {
    private static final long YEARS = 20L * 365 * 86_400;
    private static final String ID = "j889214147243.9938";

    private static ObjectNode launch(int run, long seq, long at, String play, Object... more) {
        return started(run(run), seq, at, "db1", play, "upgrade", ID, more);
    }

    private static ObjectNode seen(String type, int run, long seq, long at, Object... more) {
        ObjectNode json = json(type, run(run), seq, at, "host", "db1", "ansible_job_id", ID);
        for (int i = 0; i < more.length; i += 2) {
            json.putPOJO((String) more[i], more[i + 1]);
        }
        return json;
    }

    private static ObjectNode vanished(int run, long seq, long at) {
        return end(run, seq, at, "lost").put("reason", "vanished");
    }

    private static ObjectNode process(int run, long seq, long at) {
        return seen("job_polled", run, seq, at, "sighting", Map.of("pid", run));
    }

    private static ObjectNode closed(int run, long at) {
        return seen(
                "job_closed",
                run,
                1,
                at,
                "play",
                "p",
                "job",
                "upgrade",
                "by",
                "op " + run,
                "message",
                "the host is gone");
    }

    private static ObjectNode end(int run, long seq, long at, String status) {
        return seen("job_ended", run, seq, at, "status", status, "message", status + " of " + run);
    }

    private static ObjectNode lost(int run, long seq, long at, String file) {
        return end(run, seq, at, "lost").put("results_file", file);
    }

    private static ObjectNode verdict(int run, long seq, long at, String verdict, String module) {
        ObjectNode end = end(run, seq, at, verdict).put("verdict", verdict).put("rc", run);
        return module == null ? end : end.put("module_status", module);
    }

    /**
     * Histories that hold every kind of job event, pairs of equal strength, equal times, and saves under one and
     * several names.
     */
    private static List<List<ObjectNode>> smallHistories() {
        return List.of(
                List.of(
                        launch(1, 2, 0, "p", "async", 60),
                        seen("job_polled", 1, 3, 5),
                        end(1, 4, 9, "succeeded"),
                        end(2, 1, 8, "failed"),
                        seen("job_cleaned", 2, 2, 20),
                        seen("job_polled", 3, 1, 30, "play", "later")),
                List.of(
                        end(1, 1, 5, "lost"),
                        end(1, 2, 4, "timed_out"),
                        end(1, 3, 9, "failed"),
                        end(2, 1, 9, "succeeded"),
                        launch(4, 1, 0, "p")),
                List.of(
                        saved(run(1), 3, "db1", "p", "upgrade", ID, "metadata", Map.of("n", 1)),
                        saved(
                                run(2),
                                4,
                                "db1",
                                "p",
                                "upgrade",
                                ID,
                                "metadata",
                                Map.of("n", 2),
                                "started_at",
                                "2026-11-20T09:00:00Z"),
                        saved(run(3), 3, "db1", "p", "other", ID, "x_future", "kept"),
                        launch(5, 1, 1, "p"),
                        launch(6, 7, 1, "q"),
                        seen("job_polled", 1, 9, 2)),
                List.of(
                        seen("job_polled", 1, 1, 7),
                        seen("job_polled", 2, 1, 7, "job", "guess"),
                        seen("job_polled", 1, 2, 7, "task", "t"),
                        saved(
                                run(3),
                                7,
                                "db1",
                                "p",
                                "upgrade",
                                ID,
                                "status",
                                "failed",
                                "finished_at",
                                "2026-11-20T10:00:07Z"),
                        end(9, 1, 7, "failed")),
                // Clocks that were set back and forward by years, and details of a launch, of two ends and of a saved
                // record.
                List.of(
                        launch(1, 2, YEARS, "p", "async", 60, "details", Map.of("cmd", "run", "x", 1)),
                                end(1, 3, -YEARS, "failed")
                                        .set("details", Json.MAPPER.valueToTree(Map.of("stdout", "a"))),
                        end(2, 1, 5, "succeeded")
                                        .set("details", Json.MAPPER.valueToTree(Map.of("stdout", "b", "cmd", "ran"))),
                                seen("job_polled", 1, 4, 2 * YEARS),
                        saved(
                                        run(7),
                                        -YEARS,
                                        "db1",
                                        "p",
                                        "upgrade",
                                        ID,
                                        "details",
                                        Map.of("cmd", "saved"),
                                        "started_at",
                                        "1999-01-01T00:00:00Z"),
                                launch(3, 1, -YEARS, "q")),
                // The launch is told of by its number where its id is hidden.
                List.of(
                        json(
                                "job_unresumable",
                                run(1),
                                4,
                                0,
                                "host",
                                "db1",
                                "play",
                                "p",
                                "job",
                                "secret",
                                "task",
                                "t",
                                "async",
                                60,
                                "reason",
                                "no_log"),
                        json("job_polled", run(1), 5, 3, "host", "db1", "launch", 4),
                        json(
                                "job_ended",
                                run(1),
                                6,
                                9,
                                "host",
                                "db1",
                                "play",
                                "p",
                                "job",
                                "secret",
                                "launch",
                                4,
                                "status",
                                "lost"),
                        json("job_ended", run(1), 7, 9, "host", "db1", "launch", 4, "status", "failed"),
                        json("job_cleaned", run(1), 8, 20, "host", "db1", "launch", 4)),
                // Checks in the job's own directory, in another, and without one; sightings before and after; two
                // verdicts and the module's word.
                List.of(
                        launch(1, 2, 0, "p", "results_file", "/a/" + ID),
                        lost(1, 3, 5, "/a/" + ID),
                        lost(2, 1, 6, "/b/" + ID),
                        seen("job_polled", 3, 1, 5),
                        lost(4, 1, 4, "/a/./" + ID),
                        seen("job_ended", 2, 7, 6, "status", "lost")),
                List.of(
                        lost(1, 3, 9, "/a/x"),
                        lost(1, 4, 9, "/b/x"),
                        seen("job_polled", 3, 1, 2, "results_file", "/b/x"),
                        lost(2, 1, 1, "/b/x"),
                        saved(run(8), 3, "db1", "p", "upgrade", ID, "status", "lost", "results_file", "/a/x")),
                List.of(
                        launch(1, 2, 0, "p"),
                        end(1, 3, 5, "succeeded"),
                        verdict(1, 4, 6, "failed", null),
                        verdict(2, 4, 6, "succeeded", "failed"),
                        end(3, 3, 1, "timed_out"),
                        saved(
                                run(9),
                                3,
                                "db1",
                                "p",
                                "upgrade",
                                ID,
                                "status",
                                "failed",
                                "verdict",
                                "failed",
                                "module_status",
                                "succeeded")),
                List.of(
                        end(1, 1, 5, "lost"),
                        vanished(1, 2, 4),
                        closed(5, 3),
                        seen("job_polled", 2, 1, 6),
                        process(2, 2, 4),
                        end(3, 1, 9, "lost")),
                List.of(
                        launch(1, 2, 0, "p", "generation", "r1"),
                        vanished(2, 1, 5),
                        process(2, 2, 6),
                        closed(6, 7),
                        process(3, 1, 7),
                        vanished(4, 1, 6)),
                List.of(
                        end(1, 1, 5, "cancelled").put("by", "anna"),
                        end(2, 1, 5, "failed"),
                        closed(7, 1),
                        vanished(3, 1, 2),
                        process(3, 2, 8),
                        end(4, 1, 3, "timed_out")),
                List.of(
                        seen(
                                "job_polled",
                                1,
                                1,
                                7,
                                "adopted",
                                true,
                                "sighting",
                                Map.of("since", "2026-11-20T09:00:00.000000Z")),
                        seen("job_polled", 2, 1, 8, "generation", "r2"),
                        saved(run(3), 9, "db1", "p", "upgrade", ID, "adopted", true),
                        closed(8, 9),
                        end(2, 2, 9, "lost"),
                        launch(4, 1, 0, "p")),
                List.of(
                        json(
                                "job_unresumable",
                                run(1),
                                4,
                                0,
                                "host",
                                "db1",
                                "play",
                                "p",
                                "job",
                                "secret",
                                "task",
                                "t",
                                "reason",
                                "no_log"),
                        json(
                                "job_unresumable",
                                run(1),
                                4,
                                0,
                                "host",
                                "db1",
                                "play",
                                "p",
                                "job",
                                "secret",
                                "task",
                                "t",
                                "reason",
                                "no_log")));
    }

    private static void permutations(List<Job> items, int from, Consumer<List<Job>> consumer) {
        if (from == items.size()) {
            consumer.accept(items);
            return;
        }
        for (int i = from; i < items.size(); i++) {
            Collections.swap(items, from, i);
            permutations(items, from + 1, consumer);
            Collections.swap(items, from, i);
        }
    }

    private static Job fold(List<Job> jobs) {
        return jobs.stream().reduce(Job::merge).orElseThrow();
    }

    private static void assertSame(Job job, Job expected) {
        assertThat(job).isEqualTo(expected);
        assertThat(job.keys()).isEqualTo(expected.keys());
        assertThat(job.mainKey()).isEqualTo(expected.mainKey());
        for (JobKey key : expected.keys()) {
            assertThat(job.record(key)).isEqualTo(expected.record(key));
        }
    }

    @Test
    void everyPermutationOfASmallHistory_givesTheSameJobRecordAndKeys() {
        for (List<ObjectNode> history : smallHistories()) {
            List<Job> jobs = new ArrayList<>(Wire.jobs(events(history)));
            Job expected = fold(jobs);
            permutations(jobs, 0, order -> assertSame(fold(order), expected));
        }
    }

    @Test
    void duplicates_changeNothing() {
        for (List<ObjectNode> history : smallHistories()) {
            List<Job> jobs = Wire.jobs(events(history));
            Job expected = fold(jobs);
            for (Job again : jobs) {
                List<Job> twice = new ArrayList<>(jobs);
                twice.add(again);
                assertSame(fold(twice), expected);
                assertSame(expected.merge(again), expected);
                assertThat(expected.merge(again).tellsMoreThan(expected)).isFalse();
            }
            assertSame(expected.merge(expected), expected);
        }
    }

    @Test
    void randomOrdersAndGroupings_ofLongHistories_giveTheSameJob() {
        for (int seed = 0; seed < 40; seed++) {
            Random random = new Random(seed);
            List<Job> jobs = new ArrayList<>(Wire.jobs(events(longHistory(random))));
            Job expected = fold(jobs);
            for (int round = 0; round < 25; round++) {
                Collections.shuffle(jobs, random);
                assertSame(tree(jobs, random), expected);
            }
        }
    }

    private static List<ObjectNode> longHistory(Random random) {
        List<ObjectNode> history = new ArrayList<>();
        String[] ends = {"succeeded", "failed", "timed_out", "lost", "cancelled"};
        boolean open = random.nextBoolean();
        for (int seq = 1; seq <= 60; seq++) {
            // Few runs and few moments, so that ties are common.
            int run = random.nextInt(4);
            long at = random.nextInt(6) + (random.nextInt(8) - 4) / 3 * YEARS;
            history.add(
                    switch (random.nextInt(10)) {
                        case 0 ->
                            launch(
                                    run,
                                    seq,
                                    at,
                                    "p" + random.nextInt(3),
                                    "async",
                                    random.nextInt(100),
                                    "results_file",
                                    "/" + random.nextInt(2));
                        case 1 -> seen("job_polled", run, seq, at, "play", "p" + random.nextInt(3));
                        case 2 -> end(run, seq, at, open ? "lost" : ends[random.nextInt(5)]);
                        case 3 -> seen("job_cleaned", run, seq, at);
                        case 4 -> lost(run, seq, at, "/" + random.nextInt(3));
                        case 5 ->
                            verdict(
                                    run,
                                    seq,
                                    at,
                                    ends[random.nextInt(2)],
                                    random.nextBoolean() ? null : ends[random.nextInt(2)]);
                        case 6 -> vanished(run, seq, at);
                        case 7 -> process(run, seq, at);
                        case 8 -> closed(200 + seq, at);
                        default ->
                            saved(
                                    run(100 + seq),
                                    at,
                                    "db1",
                                    "p" + random.nextInt(3),
                                    "upgrade",
                                    ID,
                                    "metadata",
                                    Map.of("seq", seq));
                    });
        }
        return history;
    }

    /** Merges neighbours in a random grouping: the merge must be associative too. */
    private static Job tree(List<Job> jobs, Random random) {
        if (jobs.size() == 1) {
            return jobs.get(0);
        }
        int cut = 1 + random.nextInt(jobs.size() - 1);
        return tree(jobs.subList(0, cut), random).merge(tree(jobs.subList(cut, jobs.size()), random));
    }

    @Test
    void status_neverGoesBack_butWhereASightingTakesAnInferenceBack() {
        for (List<ObjectNode> history : smallHistories()) {
            permutations(new ArrayList<>(Wire.jobs(events(history))), 0, order -> {
                Job known = order.get(0);
                for (Job more : order.subList(1, order.size())) {
                    Job next = known.merge(more);
                    // Two may: an inference that a sighting takes back, and a module's word that a play's verdict goes
                    // before.
                    if (!known.status().inferred()
                            && known.ends().verdict() == null
                            && next.ends().verdict() == null) {
                        assertThat(next.status().strength())
                                .isGreaterThanOrEqualTo(known.status().strength());
                        assertThat(next.status().open() && !known.status().open())
                                .isFalse();
                    }
                    known = next;
                }
            });
        }
    }

    @Test
    void strongerEvidence_wins_andAmongEqualsTheEarliest() {
        assertThat(status(end(1, 1, 0, "lost"), end(1, 2, 9, "timed_out"))).isEqualTo(JobStatus.TIMED_OUT);
        assertThat(status(end(1, 1, 0, "timed_out"), end(1, 2, 9, "failed"))).isEqualTo(JobStatus.FAILED);
        assertThat(status(end(1, 1, 0, "lost"), end(1, 2, 9, "succeeded"))).isEqualTo(JobStatus.SUCCEEDED);
        assertThat(status(end(1, 1, 3, "failed"), end(1, 2, 2, "succeeded"))).isEqualTo(JobStatus.SUCCEEDED);
        assertThat(status(end(1, 1, 2, "failed"), end(1, 2, 3, "succeeded"))).isEqualTo(JobStatus.FAILED);
        assertThat(status(seen("job_polled", 1, 1, 99), end(1, 2, 3, "succeeded")))
                .isEqualTo(JobStatus.SUCCEEDED);
    }

    @Test
    void lost_needsACheckOfTheJobsOwnFile() {
        ObjectNode launch = launch(1, 1, 0, "p", "results_file", "/root/.ansible_async/" + ID);
        assertThat(status(launch, lost(1, 2, 9, "/elsewhere/" + ID))).isEqualTo(JobStatus.RUNNING);
        assertThat(status(launch, lost(1, 2, 9, "/root//.ansible_async/./x/../" + ID)))
                .as("the same file, spelt otherwise")
                .isEqualTo(JobStatus.LOST);
        assertThat(status(launch, seen("job_ended", 1, 2, 9, "status", "lost")))
                .as("a sender that does not say where it looked")
                .isEqualTo(JobStatus.LOST);
        assertThat(status(lost(1, 2, 9, "/elsewhere/" + ID)))
                .as("nobody knows the job's own file")
                .isEqualTo(JobStatus.LOST);
        assertThat(status(lost(1, 2, 9, "/elsewhere/" + ID), launch))
                .as("the launch comes late")
                .isEqualTo(JobStatus.RUNNING);
    }

    @Test
    void aLaterSightingAlive_takesLostBack_andALaterCheckCountsAgain() {
        ObjectNode launch = launch(1, 1, 0, "p", "results_file", "/a/x");
        assertThat(status(launch, lost(1, 2, 5, "/a/x"), seen("job_polled", 2, 1, 6)))
                .isEqualTo(JobStatus.RUNNING);
        assertThat(status(launch, lost(1, 2, 5, "/a/x"), seen("job_polled", 2, 1, 4)))
                .isEqualTo(JobStatus.LOST);
        assertThat(status(launch, lost(1, 2, 5, "/a/x"), seen("job_polled", 2, 1, 6), lost(1, 3, 7, "/a/x")))
                .isEqualTo(JobStatus.LOST);
    }

    @Test
    void aPlaysVerdict_decides_andTheModulesWordStays() {
        Job job = fold(Wire.jobs(events(
                launch(1, 1, 0, "p"), end(1, 2, 5, "succeeded").put("rc", 0), verdict(1, 3, 6, "failed", null))));
        JobRecord record = job.record(job.mainKey());
        assertThat(record.status()).isEqualTo(JobStatus.FAILED);
        assertThat(record.verdict()).isEqualTo(JobStatus.FAILED);
        assertThat(record.moduleStatus()).isEqualTo(JobStatus.SUCCEEDED);
        assertThat(record.rc()).isZero();
        assertThat(record.finishedAt()).as("when the end was seen").isEqualTo(Wire.T0.plusSeconds(5));
        assertThat(status(verdict(1, 3, 6, "succeeded", "failed"), end(2, 1, 1, "failed"), end(2, 2, 1, "timed_out")))
                .isEqualTo(JobStatus.SUCCEEDED);
        Job plain = fold(Wire.jobs(events(launch(1, 1, 0, "p"), end(1, 2, 5, "succeeded"))));
        assertThat(plain.record(plain.mainKey()).verdict()).isNull();
        assertThat(plain.record(plain.mainKey()).moduleStatus()).isNull();
    }

    @Test
    void ownResult_isStrongerThanCancelledAndClosed_whicheverCameFirst() {
        assertThat(status(end(1, 1, 3, "cancelled"), end(1, 2, 2, "succeeded")))
                .as("it ended meanwhile")
                .isEqualTo(JobStatus.SUCCEEDED);
        assertThat(status(end(1, 1, 2, "cancelled"), end(1, 2, 3, "failed")))
                .as("a reader of the marked file")
                .isEqualTo(JobStatus.CANCELLED);
        assertThat(status(end(1, 1, 2, "timed_out"), end(1, 2, 3, "cancelled"))).isEqualTo(JobStatus.CANCELLED);
        assertThat(status(closed(1, 2), end(1, 2, 3, "failed"))).isEqualTo(JobStatus.FAILED);
        assertThat(status(closed(1, 2), end(1, 2, 1, "timed_out"))).isEqualTo(JobStatus.TIMED_OUT);
        assertThat(status(closed(1, 2), end(1, 2, 1, "lost"))).isEqualTo(JobStatus.LOST);
    }

    @Test
    void lost_isTakenBackByALaterSighting_andVanishedOnlyByAProcess() {
        assertThat(status(end(1, 1, 5, "lost"), seen("job_polled", 1, 2, 4))).isEqualTo(JobStatus.LOST);
        assertThat(status(end(1, 1, 5, "lost"), seen("job_polled", 1, 2, 6))).isEqualTo(JobStatus.RUNNING);
        assertThat(status(end(1, 1, 5, "lost"), seen("job_polled", 1, 2, 6), end(1, 3, 7, "lost")))
                .as("and inferred again")
                .isEqualTo(JobStatus.LOST);
        assertThat(status(vanished(1, 1, 5), seen("job_polled", 1, 2, 6)))
                .as("a killed job's file says started for ever")
                .isEqualTo(JobStatus.LOST);
        assertThat(status(vanished(1, 1, 5), process(1, 2, 6))).isEqualTo(JobStatus.RUNNING);
        assertThat(status(closed(1, 5), seen("job_polled", 1, 2, 6))).isEqualTo(JobStatus.CLOSED);
        assertThat(status(closed(1, 5), process(1, 2, 6))).isEqualTo(JobStatus.RUNNING);
        assertThat(status(end(1, 1, 5, "timed_out"), process(1, 2, 6))).isEqualTo(JobStatus.TIMED_OUT);
    }

    @Test
    void vanished_isToldApartFromAFileThatIsNotThere() {
        JobRecord record = record(end(1, 1, 1, "lost"), vanished(1, 2, 5), launch(1, 3, 0, "p"));
        assertThat(record.reason()).isEqualTo("vanished");
        assertThat(record.finishedAt()).isEqualTo(Wire.T0.plusSeconds(5));
        assertThat(record(end(1, 1, 1, "lost")).reason()).isNull();
    }

    @Test
    void record_saysWhoEndedIt_whatGenerationItIs_andWhatWasSeen() {
        JobRecord record = record(
                launch(1, 1, 0, "p", "generation", "r1"),
                process(1, 2, 5),
                end(1, 3, 6, "cancelled").put("by", "anna"));
        assertThat(record.acting()).isEqualTo(new Acting("r1", false, "anna", Map.of("pid", 1)));
        assertThat(record(closed(3, 1)).acting().endedBy()).isEqualTo("op 3");
    }

    @Test
    void adopted_isAJobWhoseStartNobodyRecorded() {
        ObjectNode adopted = seen(
                "job_polled", 1, 1, 7, "adopted", true, "sighting", Map.of("since", "2026-11-20T09:00:00.000000Z"));
        JobRecord record = record(adopted);
        assertThat(record.acting().adopted()).isTrue();
        assertThat(record.key()).isEqualTo(new JobKey("db1", "unknown", "unknown"));
        assertThat(record.startedAt()).isEqualTo("2026-11-20T09:00:00Z");
        assertThat(record(adopted, launch(2, 1, 0, "p")).acting().adopted())
                .as("its recorder's spool came late")
                .isFalse();
    }

    @Test
    void aJobThatARunFound_hasTheStartAndTheLimitThatItsHostHasWrittenDown() {
        ObjectNode found = seen(
                "job_polled",
                1,
                1,
                7,
                "decision",
                "attached",
                "started_at",
                "2026-11-20T09:00:00.000000Z",
                "async",
                90,
                "action",
                "jobledger.core.start_once");
        JobRecord record = record(found);
        assertThat(record.startedAt()).isEqualTo("2026-11-20T09:00:00Z");
        assertThat(record.deadline()).isEqualTo("2026-11-20T09:01:30Z");
        assertThat(record.action()).isEqualTo("jobledger.core.start_once");
        assertThat(record(found, launch(2, 1, 0, "p")).startedAt())
                .as("its recorder's spool came late")
                .isEqualTo(Wire.T0);
    }

    private static JobRecord record(ObjectNode... history) {
        Job job = fold(Wire.jobs(events(history)));
        return job.record(job.mainKey());
    }

    private static JobStatus status(ObjectNode... history) {
        return fold(Wire.jobs(events(history))).status();
    }

    @Test
    void deadline_isStartPlusAsync_andStaysWithinTheYearsThatCanBeWritten() {
        Job job = fold(Wire.jobs(events(launch(1, 1, 0, "p", "async", 90))));
        assertThat(job.record(job.mainKey()).deadline()).isEqualTo(Wire.T0.plusSeconds(90));
        Job endless = fold(Wire.jobs(events(launch(1, 1, 0, "p", "async", 100_000_000_000L))));
        assertThat(endless.record(endless.mainKey()).deadline()).as("ten years").isEqualTo(Wire.T0.plus(Job.LONGEST));
        assertThat(endless.record(endless.mainKey()).asyncSeconds())
                .as("what was asked for")
                .isEqualTo(100_000_000_000L);
        ObjectNode atTheEndOfTime =
                launch(1, 1, 0, "p", "async", Integer.MAX_VALUE).put("at", "9999-12-31T23:59:59.999999Z");
        Job last = fold(Wire.jobs(events(atTheEndOfTime)));
        assertThat(last.record(last.mainKey()).deadline().toString()).startsWith("9999-12-31");
    }

    @Test
    void statusCheckBeforeTheLaunch_isListedUnderWhatIsKnown_thenUnderTheLaunchesName() {
        List<Job> jobs = Wire.jobs(events(seen("job_polled", 2, 1, 5), launch(1, 1, 0, "p")));
        assertThat(jobs.get(0).keys()).containsExactly(new JobKey("db1", "unknown", "unknown"));
        assertThat(fold(jobs).keys()).containsExactly(new JobKey("db1", "p", "upgrade"));
    }

    @Test
    void differentJobs_doNotMerge() {
        List<Job> jobs = Wire.jobs(events(launch(1, 1, 0, "p"), started(run(1), 2, 0, "db1", "p", "upgrade", "j2.2")));
        assertThatThrownBy(() -> jobs.get(0).merge(jobs.get(1)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("not the same job");
    }

    @Test
    void sameIdOnAnotherExecutionHost_isAnotherJob() {
        List<Job> jobs = Wire.jobs(events(launch(1, 1, 0, "p"), launch(1, 2, 0, "p", "execution_host", "db2")));
        assertThat(jobs.get(0).uid()).isNotEqualTo(jobs.get(1).uid());
    }

    @Test
    void dryRun_thatGoesOnAtOnce_isClosedUntilSomebodySeesMore() {
        ObjectNode dry = launch(1, 1, 0, "p", "poll", 0, "check_mode", true);
        assertThat(status(dry)).isEqualTo(JobStatus.CLOSED);
        assertThat(status(dry, seen("job_polled", 2, 1, 5))).isEqualTo(JobStatus.RUNNING);
        assertThat(status(end(2, 2, 9, "succeeded"), dry)).isEqualTo(JobStatus.SUCCEEDED);
        assertThat(status(launch(1, 1, 0, "p", "poll", 5, "check_mode", true))).isEqualTo(JobStatus.RUNNING);
        assertThat(status(launch(1, 1, 0, "p", "poll", 0))).isEqualTo(JobStatus.RUNNING);
    }
}
