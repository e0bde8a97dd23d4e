package io.jobledger.ledger;

import static io.jobledger.Wire.T0;
import static io.jobledger.Wire.json;
import static io.jobledger.Wire.key;
import static io.jobledger.Wire.run;
import static io.jobledger.Wire.saved;
import static io.jobledger.Wire.started;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jobledger.ledger.query.Change;
import io.jobledger.ledger.query.Cursor;
import io.jobledger.ledger.query.HostSummary;
import io.jobledger.ledger.query.JobCounts;
import io.jobledger.ledger.query.JobFilter;
import io.jobledger.ledger.query.JobLine;
import io.jobledger.ledger.query.JobStats;
import io.jobledger.ledger.query.Label;
import io.jobledger.ledger.query.Page;
import io.jobledger.ledger.query.PageRequest;
import io.jobledger.ledger.query.PlaySummary;
import io.jobledger.ledger.query.RunFilter;
import io.jobledger.ledger.query.RunOutcome;
import io.jobledger.ledger.query.Sort;
import io.jobledger.ledger.query.StoredEvent;
import io.jobledger.ledger.query.TimeRange;
import io.jobledger.model.JobRecord;
import io.jobledger.model.JobStatus;
import io.jobledger.model.Run;
import io.jobledger.model.RunId;
import io.jobledger.model.RunIdStart;
import io.jobledger.model.RunState;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.function.Predicate;
import org.junit.jupiter.api.Test;

/** What every ledger answers to an audit. Part of {@link LedgerContract}. */
interface AuditContract {
    /** The open ledger of this test, whose clock stands a day after {@code T0}. */
    Ledger ledger();

    /** A filter, and the same said of a record. */
    record Question(String name, JobFilter filter, Predicate<JobRecord> fits) {}

    private void append(ObjectNode... events) {
        LedgerContract.append(ledger(), events);
    }

    private AuditQueries audit() {
        return ledger().audit();
    }

    /** 40 runs of 6 jobs; every attribute has a few values, and starts come in ties. */
    private void history(Random random) {
        for (int r = 1; r <= 40; r++) {
            List<ObjectNode> events = new ArrayList<>();
            events.add(json(
                    "run_started",
                    run(r),
                    1,
                    r,
                    "kind",
                    r % 5 == 0 ? "adhoc" : "playbook",
                    "run_name",
                    "build-" + r / 4,
                    "playbook",
                    "site" + r % 3 + ".yml",
                    "playbook_path",
                    "/p/site" + r % 3 + ".yml",
                    "user",
                    "user" + r % 4,
                    "controller",
                    "ci" + r % 2,
                    "check_mode",
                    r % 7 == 0,
                    "labels",
                    Map.of("team", "t" + r % 3, "env", "e" + r % 2)));
            for (int j = 1; j <= 6; j++) {
                int n = r * 6 + j;
                String host = "h" + random.nextInt(5);
                List<Object> more = new ArrayList<>(List.of(
                        "task",
                        "task" + n % 4,
                        "action",
                        "a" + n % 2,
                        "playbook",
                        "site" + r % 3 + ".yml",
                        "playbook_path",
                        "/p/site" + r % 3 + ".yml",
                        "async",
                        n % 9 == 0 ? 1_000_000 : 60));
                if (n % 4 == 0) {
                    more.addAll(List.of("execution_host", "h" + random.nextInt(5)));
                }
                ObjectNode event =
                        started(run(r), j + 1, r / 2 * 10, host, "p" + n % 3, "j" + n % 5, "id" + n, more.toArray());
                events.add(event);
                if (n % 3 != 0) {
                    String at = event.has("execution_host")
                            ? event.get("execution_host").textValue()
                            : host;
                    events.add(json(
                            "job_ended",
                            run(r),
                            j + 7,
                            r / 2 * 10 + random.nextInt(2000),
                            "host",
                            host,
                            "execution_host",
                            at,
                            "ansible_job_id",
                            "id" + n,
                            "status",
                            List.of("succeeded", "failed", "timed_out", "lost", "cancelled")
                                    .get(n % 5),
                            "message",
                            n % 2 == 0 ? "Disk 100% full_" : "ok"));
                }
            }
            if (r % 3 == 0) {
                // What the run is comes after its jobs.
                ObjectNode first = events.remove(0);
                append(events.toArray(ObjectNode[]::new));
                append(first);
            } else {
                append(events.toArray(ObjectNode[]::new));
            }
        }
    }

    private List<JobRecord> everyJob() {
        return Everything.jobs(audit(), JobFilter.ALL, Sort.NEWEST);
    }

    /** All pages of a list, walked with a given size. */
    private static <T> List<T> walk(Function<PageRequest, Page<T>> list, Sort sort, int size) {
        List<T> all = new ArrayList<>();
        PageRequest request = new PageRequest(size, sort, null);
        while (true) {
            Page<T> page = list.apply(request);
            assertThat(page.items().size()).isLessThanOrEqualTo(size);
            all.addAll(page.items());
            if (page.next() == null) {
                return all;
            }
            assertThat(page.items()).hasSize(size);
            // As it travels in a URL.
            request = request.from(Cursor.decode(page.next().encode()));
        }
    }

    private List<Question> questions(Map<String, Run> runs, Instant now) {
        List<Question> questions = new ArrayList<>();
        questions.add(new Question(
                "host",
                JobFilter.builder().host("h1").build(),
                r -> r.key().host().equals("h1")));
        questions.add(new Question(
                "execution_host",
                JobFilter.builder().executionHost("h2").build(),
                r -> r.executionHost().equals("h2")));
        questions.add(new Question(
                "play",
                JobFilter.builder().play("p1").build(),
                r -> r.key().play().equals("p1")));
        questions.add(new Question(
                "job", JobFilter.builder().job("j3").build(), r -> r.key().job().equals("j3")));
        questions.add(new Question("task", JobFilter.builder().task("task2").build(), r -> "task2".equals(r.task())));
        questions.add(new Question("action", JobFilter.builder().action("a1").build(), r -> "a1".equals(r.action())));
        questions.add(new Question(
                "playbook", JobFilter.builder().playbook("site1.yml").build(), r -> "site1.yml".equals(r.playbook())));
        questions.add(new Question(
                "playbook path",
                JobFilter.builder().playbook("/p/site2.yml").build(),
                r -> "/p/site2.yml".equals(r.playbookPath())));
        questions.add(new Question(
                "ansible_job_id",
                JobFilter.builder().ansibleJobId("id77").build(),
                r -> r.jobId().value().equals("id77")));
        questions.add(new Question("run", JobFilter.builder().run(run(7)).build(), r -> run(7).equals(r.run())));
        Function<JobRecord, io.jobledger.model.RunInfo> info =
                r -> runs.get(r.run().toString()).info();
        questions.add(new Question(
                "run_name",
                JobFilter.builder().runName("build-3").build(),
                r -> info.apply(r).runName().equals("build-3")));
        questions.add(new Question(
                "user",
                JobFilter.builder().user("user1").build(),
                r -> info.apply(r).user().equals("user1")));
        questions.add(new Question(
                "controller",
                JobFilter.builder().controller("ci0").build(),
                r -> info.apply(r).controller().equals("ci0")));
        questions.add(new Question(
                "label",
                JobFilter.builder().labels(List.of(new Label("team", "t1"))).build(),
                r -> "t1".equals(info.apply(r).labels().get("team"))));
        questions.add(new Question(
                "labels",
                JobFilter.builder()
                        .labels(List.of(new Label("team", "t1"), new Label("env", "e0")))
                        .build(),
                r -> "t1".equals(info.apply(r).labels().get("team"))
                        && "e0".equals(info.apply(r).labels().get("env"))));
        questions.add(new Question(
                "running",
                JobFilter.builder().status(JobStatus.RUNNING).build(),
                r -> r.status().open()));
        questions.add(new Question("overdue", JobFilter.builder().overdue(true).build(), r -> r.overdue(now)));
        questions.add(new Question(
                "overdue or lost",
                JobFilter.builder().overdue(true).status(JobStatus.LOST).build(),
                r -> r.overdue(now) || r.status() == JobStatus.LOST));
        questions.add(new Question(
                "statuses",
                JobFilter.builder()
                        .status(JobStatus.FAILED, JobStatus.TIMED_OUT)
                        .build(),
                r -> Set.of(JobStatus.FAILED, JobStatus.TIMED_OUT).contains(r.status())));
        TimeRange range = new TimeRange(T0.plusSeconds(50), T0.plusSeconds(120));
        questions.add(
                new Question("started", JobFilter.builder().started(range).build(), r -> within(range, r.startedAt())));
        TimeRange ended = new TimeRange(T0.plusSeconds(500), T0.plusSeconds(1000));
        questions.add(new Question(
                "finished", JobFilter.builder().finished(ended).build(), r -> within(ended, r.finishedAt())));
        questions.add(new Question(
                "min_duration",
                JobFilter.builder().minDuration(Duration.ofSeconds(1000)).build(),
                r -> took(r, now).compareTo(Duration.ofSeconds(1000)) >= 0));
        questions.add(new Question(
                "max_duration",
                JobFilter.builder().maxDuration(Duration.ofSeconds(700)).build(),
                r -> took(r, now).compareTo(Duration.ofSeconds(700)) <= 0));
        Instant unseen = T0.plusSeconds(700);
        questions.add(new Question(
                "unseen_for",
                JobFilter.builder().unseenFor(Duration.between(unseen, now)).build(),
                r -> !r.lastSeenAt().isAfter(unseen)));
        questions.add(new Question(
                "open, unseen_for",
                JobFilter.builder()
                        .status(JobStatus.RUNNING)
                        .unseenFor(Duration.between(unseen, now))
                        .build(),
                r -> r.status().open() && !r.lastSeenAt().isAfter(unseen)));
        questions.add(new Question(
                "q in a message",
                JobFilter.builder().text("100% FULL_").build(),
                r -> "Disk 100% full_".equals(r.message())));
        questions.add(
                new Question("q in a name", JobFilter.builder().text("ASK3").build(), r -> "task3".equals(r.task())));
        questions.add(
                new Question("q in nothing", JobFilter.builder().text("a_b").build(), r -> false));
        return questions;
    }

    private static boolean within(TimeRange range, Instant time) {
        return time != null && !time.isBefore(range.since()) && time.isBefore(range.until());
    }

    private static Duration took(JobRecord record, Instant now) {
        return Duration.between(record.startedAt(), record.finishedAt() == null ? now : record.finishedAt());
    }

    @Test
    default void runsOutcome_countsItsJobs_andItsLinesAreThey() {
        history(new Random(5));
        List<JobRecord> jobs = everyJob();
        Instant now = T0.plus(Duration.ofDays(1));
        List<Run> runs = audit().runs(RunFilter.ALL, PageRequest.first(100)).items();
        Map<RunId, RunOutcome> outcomes =
                audit().outcomes(runs.stream().map(Run::id).toList());
        for (Run run : runs) {
            List<JobRecord> its =
                    jobs.stream().filter(job -> run.id().equals(job.run())).toList();
            RunOutcome outcome = outcomes.get(run.id());
            assertThat(outcome.jobs().jobs()).isEqualTo(its.size());
            assertThat(outcome.hosts())
                    .isEqualTo(
                            its.stream().map(job -> job.key().host()).distinct().count());
            assertThat(outcome.jobs().failed())
                    .isEqualTo(its.stream()
                            .filter(job -> job.status() == JobStatus.FAILED)
                            .count());
            assertThat(outcome.jobs().overdue())
                    .isEqualTo(its.stream().filter(job -> job.overdue(now)).count());
            assertThat(audit().lines(run.id(), 100).stream().map(JobLine::jobId))
                    .containsExactlyInAnyOrderElementsOf(
                            its.stream().map(job -> job.jobId().value()).toList());
            assertThat(audit().lines(run.id(), 2)).hasSize(Math.min(2, its.size()));
        }
        RunId nobody = run(999);
        assertThat(audit().outcomes(List.of(nobody))).containsEntry(nobody, RunOutcome.NONE);
        assertThat(audit().outcomes(List.of())).isEmpty();
        assertThat(audit().summaries(RunFilter.ALL, PageRequest.first(5)).items())
                .allMatch(summary ->
                        summary.outcome().equals(outcomes.get(summary.run().id())));
    }

    @Test
    default void everyFilter_inEveryOrderAndPageSize_findsWhatItSays() {
        history(new Random(1));
        Instant now = T0.plus(Duration.ofDays(1));
        Map<String, Run> runs = new java.util.HashMap<>();
        Everything.runs(audit(), RunFilter.ALL, Sort.NEWEST)
                .forEach(run -> assertThat(runs.put(run.id().toString(), run)).isNull());
        List<JobRecord> all = everyJob();
        assertThat(all).hasSize(240);
        assertThat(runs).hasSize(40);
        for (Question question : questions(runs, now)) {
            List<JobRecord> expected = all.stream().filter(question.fits).toList();
            if (!question.name.equals("q in nothing")) {
                assertThat(expected)
                        .as(question.name + " tells jobs apart")
                        .isNotEmpty()
                        .hasSizeLessThan(all.size());
            }
            for (int size : new int[] {7, 1000}) {
                assertThat(walk(page -> audit().jobs(question.filter, page), Sort.NEWEST, size))
                        .as(question.name)
                        .isEqualTo(expected);
            }
            assertThat(walk(page -> audit().jobs(question.filter, page), new Sort(Sort.Key.STARTED_AT, false), 11))
                    .as(question.name + " ascending")
                    .isEqualTo(reversed(expected));
            for (boolean descending : new boolean[] {true, false}) {
                List<JobRecord> byEnd = walk(
                        page -> audit().jobs(question.filter, page), new Sort(Sort.Key.FINISHED_AT, descending), 11);
                assertThat(byEnd)
                        .as(question.name + " by end")
                        .containsExactlyInAnyOrderElementsOf(expected.stream()
                                .filter(r -> r.finishedAt() != null)
                                .toList());
                Comparator<JobRecord> order = Comparator.comparing(JobRecord::finishedAt);
                assertThat(byEnd).isSortedAccordingTo(descending ? order.reversed() : order);
            }
            assertThat(audit().countJobs(question.filter)).as(question.name).isEqualTo(expected.size());
            JobStats stats = audit().stats(question.filter);
            assertThat(stats.counts().jobs()).as(question.name).isEqualTo(expected.size());
            assertThat(stats.counts().overdue())
                    .as(question.name)
                    .isEqualTo(expected.stream().filter(r -> r.overdue(now)).count());
        }
    }

    private static <T> List<T> reversed(List<T> list) {
        List<T> reversed = new ArrayList<>(list);
        java.util.Collections.reverse(reversed);
        return reversed;
    }

    @Test
    default void filters_combine() {
        history(new Random(2));
        List<JobRecord> all = everyJob();
        Random random = new Random(3);
        for (int i = 0; i < 60; i++) {
            String host = random.nextBoolean() ? "h" + random.nextInt(5) : null;
            String play = random.nextBoolean() ? "p" + random.nextInt(3) : null;
            String task = random.nextBoolean() ? "task" + random.nextInt(4) : null;
            Set<JobStatus> statuses = random.nextBoolean()
                    ? new HashSet<>(List.of(JobStatus.values()[random.nextInt(5)], JobStatus.RUNNING))
                    : Set.of();
            Duration least = random.nextBoolean() ? Duration.ofSeconds(random.nextInt(2000)) : null;
            TimeRange range =
                    random.nextBoolean() ? TimeRange.since(T0.plusSeconds(random.nextInt(200))) : TimeRange.ALWAYS;
            TimeRange ended =
                    random.nextInt(3) == 0 ? TimeRange.since(T0.plusSeconds(random.nextInt(2000))) : TimeRange.ALWAYS;
            JobFilter filter = JobFilter.builder()
                    .host(host)
                    .play(play)
                    .task(task)
                    .status(statuses.toArray(JobStatus[]::new))
                    .minDuration(least)
                    .started(range)
                    .finished(ended)
                    .build();
            Instant now = T0.plus(Duration.ofDays(1));
            List<JobRecord> expected = all.stream()
                    .filter(r -> (host == null || r.key().host().equals(host))
                            && (play == null || r.key().play().equals(play))
                            && (task == null || task.equals(r.task()))
                            && (statuses.isEmpty() || statuses.contains(r.status()))
                            && (least == null || took(r, now).compareTo(least) >= 0)
                            && (range.always() || !r.startedAt().isBefore(range.since()))
                            && (ended.always()
                                    || r.finishedAt() != null && !r.finishedAt().isBefore(ended.since())))
                    .toList();
            assertThat(walk(page -> audit().jobs(filter, page), Sort.NEWEST, 5))
                    .as(filter.toString())
                    .isEqualTo(expected);
            assertThat(audit().countJobs(filter)).as(filter.toString()).isEqualTo(expected.size());
        }
    }

    @Test
    default void cursor_staysInPlace_whileJobsAreAdded() {
        for (int i = 0; i < 20; i++) {
            append(started(run(i), 1, 100 + i / 4, "h", "p", "j", "old" + i));
        }
        List<JobRecord> before = everyJob();
        Page<JobRecord> page = audit().jobs(JobFilter.ALL, PageRequest.first(6));
        List<JobRecord> seen = new ArrayList<>(page.items());
        for (int round = 0; page.next() != null; round++) {
            append(
                    started(run(100 + round), 1, 10_000, "h", "p", "j", "new" + round),
                    started(run(200 + round), 1, 102, "h", "p", "j", "tie" + round));
            page = audit().jobs(JobFilter.ALL, PageRequest.first(6).from(page.next()));
            seen.addAll(page.items());
        }
        assertThat(seen).doesNotHaveDuplicates().containsAll(before);
        assertThat(seen)
                .extracting(r -> r.jobId().value())
                .as("what is newer than the cursor belongs to earlier pages")
                .noneMatch(id -> id.startsWith("new"));
    }

    @Test
    default void cursor_ofAnotherListOrSort_isRefused() {
        append(
                started(run(1), 1, 1, "h", "p", "j", "a"),
                started(run(1), 2, 2, "h", "p", "j", "b"),
                started(run(1), 3, 2, "h2", "p", "j", "c"));
        Cursor cursor = audit().jobs(JobFilter.ALL, PageRequest.first(1)).next();
        assertThatThrownBy(() -> audit().jobs(
                                JobFilter.ALL,
                                PageRequest.first(1)
                                        .by(new Sort(Sort.Key.FINISHED_AT, true))
                                        .from(cursor)))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> audit().hosts(PageRequest.first(1).from(cursor)))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(
                        () -> audit().runs(RunFilter.ALL, PageRequest.first(1).from(cursor)))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> audit().events(run(1), PageRequest.first(1).from(cursor)))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> audit().jobs(
                                JobFilter.ALL, PageRequest.first(1).from(new Cursor(cursor.order(), "yesterday", "x"))))
                .isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    default void history_holdsEveryJobOfAName_alsoThoseSavedUnderIt() {
        for (int i = 0; i < 9; i++) {
            append(started(run(i), 1, i / 2, "h", "p", "j", "id" + i));
        }
        append(
                json("job_ended", run(3), 2, 50, "host", "h", "ansible_job_id", "id3", "status", "failed"),
                saved(run(50), 60, "h", "p", "j", "saved"),
                started(run(51), 1, 70, "h", "p", "other", "other"));
        List<String> ids = new ArrayList<>(List.of("saved"));
        everyJob().stream()
                .filter(r ->
                        r.key().equals(key("h", "p", "j")) && !r.jobId().value().equals("saved"))
                .map(r -> r.jobId().value())
                .forEach(ids::add);
        assertThat(walk(page -> audit().history(key("h", "p", "j"), page), Sort.NEWEST, 2))
                .extracting(r -> r.jobId().value())
                .containsExactlyElementsOf(ids)
                .hasSize(10);
        assertThat(walk(page -> audit().history(key("h", "p", "j"), page), new Sort(Sort.Key.STARTED_AT, false), 3))
                .extracting(r -> r.jobId().value())
                .containsExactlyElementsOf(reversed(ids));
        assertThat(audit().history(key("h", "p", "none"), PageRequest.first(5)).items())
                .isEmpty();
    }

    @Test
    default void runs_areFilteredByEverythingThereIs() {
        history(new Random(4));
        append(json("run_alive", run(90), 3, 500));
        append(
                json("run_started", run(91), 1, 600, "kind", "playbook", "playbook", "x.yml"),
                json("run_finished", run(91), 2, 700, "stats", Map.of()));
        append(
                json("run_started", run(92), 1, 610, "kind", "playbook"),
                json("run_interrupted", run(92), 2, 620, "reason", "gone"));
        append(json("run_interrupted", run(93), 1, 630), json("run_alive", run(93), 2, 640));
        List<Run> all = Everything.runs(audit(), RunFilter.ALL, Sort.NEWEST);
        assertThat(all)
                .hasSize(44)
                .isSortedAccordingTo(Comparator.comparing(Run::firstAt).reversed());
        Set<String> onHost = new HashSet<>();
        Everything.jobs(audit(), JobFilter.builder().host("h3").build(), Sort.NEWEST)
                .forEach(job -> onHost.add(job.run().toString()));
        record RunQuestion(String name, RunFilter filter, Predicate<Run> fits) {}
        Instant now = T0.plus(Duration.ofDays(1));
        for (RunQuestion question : List.of(
                new RunQuestion(
                        "run_name",
                        RunFilter.builder().runName("build-2").build(),
                        r -> r.info() != null && "build-2".equals(r.info().runName())),
                new RunQuestion(
                        "playbook",
                        RunFilter.builder().playbook("site1.yml").build(),
                        r -> r.info() != null && "site1.yml".equals(r.info().playbook())),
                new RunQuestion(
                        "path",
                        RunFilter.builder().playbook("/p/site1.yml").build(),
                        r -> r.info() != null && "/p/site1.yml".equals(r.info().playbookPath())),
                new RunQuestion(
                        "user",
                        RunFilter.builder().user("user2").build(),
                        r -> r.info() != null && "user2".equals(r.info().user())),
                new RunQuestion(
                        "controller",
                        RunFilter.builder().controller("ci1").build(),
                        r -> r.info() != null && "ci1".equals(r.info().controller())),
                new RunQuestion(
                        "host", RunFilter.builder().host("h3").build(), r -> onHost.contains(r.id().toString())),
                new RunQuestion(
                        "finished", RunFilter.builder().state(RunState.FINISHED).build(), Run::finished),
                new RunQuestion(
                        "interrupted",
                        RunFilter.builder()
                                .state(RunState.INTERRUPTED)
                                .silence(Duration.ofDays(2))
                                .build(),
                        Run::interrupted),
                new RunQuestion(
                        "running",
                        RunFilter.builder()
                                .state(RunState.RUNNING)
                                .silence(Duration.ofDays(2))
                                .build(),
                        r -> !r.finished() && !r.interrupted()),
                new RunQuestion(
                        "running or finished",
                        RunFilter.builder()
                                .state(RunState.RUNNING, RunState.FINISHED)
                                .silence(Duration.ofDays(2))
                                .build(),
                        r -> !r.interrupted()),
                new RunQuestion(
                        "kind",
                        RunFilter.builder().kind("adhoc").build(),
                        r -> r.info() != null && "adhoc".equals(r.info().kind())),
                new RunQuestion(
                        "check_mode",
                        RunFilter.builder().checkMode(true).build(),
                        r -> r.info() != null && r.info().checkMode()),
                new RunQuestion(
                        "label",
                        RunFilter.builder()
                                .labels(List.of(new Label("env", "e1")))
                                .build(),
                        r -> r.info() != null && "e1".equals(r.info().labels().get("env"))),
                new RunQuestion(
                        "started",
                        RunFilter.builder()
                                .started(TimeRange.since(T0.plusSeconds(30)))
                                .build(),
                        r -> !r.firstAt().isBefore(T0.plusSeconds(30))),
                new RunQuestion(
                        "ended",
                        RunFilter.builder()
                                .finished(TimeRange.since(T0.plusSeconds(700)))
                                .build(),
                        r -> r.finished() && !r.finishedAt().isBefore(T0.plusSeconds(700))),
                new RunQuestion(
                        "incomplete", RunFilter.builder().incomplete(true).build(), r -> !r.complete()),
                new RunQuestion(
                        "complete", RunFilter.builder().incomplete(false).build(), Run::complete),
                new RunQuestion(
                        "q",
                        RunFilter.builder().text("USER3").build(),
                        r -> r.info() != null && "user3".equals(r.info().user())))) {
            List<Run> expected = all.stream().filter(question.fits).toList();
            assertThat(walk(page -> audit().runs(question.filter, page), Sort.NEWEST, 4))
                    .as(question.name)
                    .isEqualTo(expected);
            assertThat(audit().countRuns(question.filter)).as(question.name).isEqualTo(expected.size());
            assertThat(walk(page -> audit().runs(question.filter, page), new Sort(Sort.Key.FINISHED_AT, true), 4))
                    .as(question.name)
                    .containsExactlyInAnyOrderElementsOf(
                            expected.stream().filter(Run::finished).toList());
        }
        assertThat(audit().runsBeginning(new RunIdStart(run(1).toString().substring(0, 8)), 100))
                .contains(run(1));
        assertThat(audit().runsBeginning(new RunIdStart(run(1).toString()), 2)).containsExactly(run(1));
        assertThat(audit().runsBeginning(new RunIdStart("ffffffff-f"), 2)).isEmpty();
        assertThat(audit().runStates(Duration.ofDays(2)))
                .isEqualTo(Map.of(RunState.FINISHED, 1L, RunState.RUNNING, 42L, RunState.INTERRUPTED, 1L));
        assertThat(all).anyMatch(r -> r.state(now, Duration.ofDays(2)) == RunState.FINISHED);
    }

    @Test
    default void hostsAndPlays_areCountedAsJobsComeAndChange() {
        history(new Random(5));
        append(
                started(run(1000), 1, 5, "x".repeat(300) + "a", "p", "j", "long1"),
                started(run(1000), 2, 6, "x".repeat(300) + "b", "p", "j", "long2"));
        List<JobRecord> all = everyJob();
        Instant now = T0.plus(Duration.ofDays(1));
        List<HostSummary> hosts = walk(audit()::hosts, Sort.BY_NAME, 2);
        assertThat(hosts)
                .hasSize(7)
                .extracting(HostSummary::host)
                .startsWith("h0", "h1", "h2", "h3", "h4")
                .doesNotHaveDuplicates();
        for (HostSummary host : hosts) {
            List<JobRecord> own =
                    all.stream().filter(r -> r.key().host().equals(host.host())).toList();
            assertThat(host.counts()).isEqualTo(counts(own, now));
            assertThat(host.lastStartedAt()).isEqualTo(own.get(0).startedAt());
            assertThat(audit().host(host.host())).contains(host);
        }
        assertThat(audit().host("nobody")).isEmpty();
        assertThat(audit().countHosts()).isEqualTo(7);
        assertThat(walk(audit()::hosts, new Sort(Sort.Key.NAME, true), 3)).isEqualTo(reversed(hosts));
        List<PlaySummary> plays = walk(audit()::plays, Sort.BY_NAME, 2);
        assertThat(plays).hasSize((int) audit().countPlays());
        for (PlaySummary play : plays) {
            assertThat(play.counts())
                    .isEqualTo(counts(
                            all.stream()
                                    .filter(r -> r.key().play().equals(play.play())
                                            && java.util.Objects.equals(r.playbook(), play.playbook()))
                                    .toList(),
                            now));
        }
        assertThat(audit().names("h1", 1000)).allSatisfy(name -> {
            List<JobRecord> own = all.stream()
                    .filter(r -> r.key().equals(key("h1", name.play(), name.job())))
                    .toList();
            assertThat(name.jobs()).isEqualTo(own.size());
            assertThat(name.newest()).isEqualTo(own.get(0));
        });
    }

    private static JobCounts counts(List<JobRecord> jobs, Instant now) {
        Function<JobStatus, Long> of =
                status -> jobs.stream().filter(r -> r.status() == status).count();
        return new JobCounts(
                jobs.size(),
                of.apply(JobStatus.RUNNING),
                jobs.stream().filter(r -> r.overdue(now)).count(),
                of.apply(JobStatus.SUCCEEDED),
                of.apply(JobStatus.FAILED),
                of.apply(JobStatus.TIMED_OUT),
                of.apply(JobStatus.CANCELLED),
                of.apply(JobStatus.LOST),
                of.apply(JobStatus.CLOSED));
    }

    @Test
    default void stats_sumUpDaysAndDurations() {
        for (int i = 1; i <= 100; i++) {
            append(
                    started(run(i), 1, i % 2 * 86_400, "h", "p", "j", "id" + i, "async", 50),
                    json(
                            "job_ended",
                            run(i),
                            2,
                            i % 2 * 86_400 + i * 10,
                            "host",
                            "h",
                            "ansible_job_id",
                            "id" + i,
                            "status",
                            "succeeded"));
        }
        append(started(run(200), 1, 7, "h", "p", "open", "open", "async", 50));
        JobStats stats = audit().stats(JobFilter.ALL);
        assertThat(stats.counts()).isEqualTo(new JobCounts(101, 1, 1, 100, 0, 0, 0, 0, 0));
        assertThat(stats.days())
                .extracting(day -> day.day().toString(), day -> day.counts().jobs())
                .containsExactly(
                        org.assertj.core.api.Assertions.tuple("2026-11-21", 50L),
                        org.assertj.core.api.Assertions.tuple("2026-11-20", 51L));
        assertThat(stats.ended()).isEqualTo(100);
        assertThat((double) stats.median().toMillis())
                .isCloseTo(500_000, org.assertj.core.data.Percentage.withPercentage(2));
        assertThat((double) stats.p95().toMillis())
                .isCloseTo(950_000, org.assertj.core.data.Percentage.withPercentage(2));
        assertThat(stats.longest()).isEqualTo(Duration.ofSeconds(1000));
        assertThat(stats.oldestOpen()).isEqualTo(T0.plusSeconds(7));
        JobStats none = audit().stats(JobFilter.builder().host("nobody").build());
        assertThat(none)
                .isEqualTo(
                        new JobStats(new JobCounts(0, 0, 0, 0, 0, 0, 0, 0, 0), List.of(), 0, null, null, null, null));
    }

    @Test
    default void events_ofARunAndOfAJob_areReadInTheirOrder() {
        for (int i = 1; i <= 10; i++) {
            append(json("run_alive", run(1), i, i));
        }
        assertThat(walk(page -> audit().events(run(1), page), null, 3))
                .extracting(StoredEvent::seq)
                .containsExactly(1L, 2L, 3L, 4L, 5L, 6L, 7L, 8L, 9L, 10L);
        append(
                started(run(2), 1, 1, "h", "p", "j", "a"),
                started(run(2), 2, 1, "h", "p", "j", "b"),
                json("job_polled", run(2), 3, 2, "host", "h", "ansible_job_id", "a"),
                json("job_ended", run(2), 4, 3, "host", "h", "ansible_job_id", "a", "status", "failed"));
        assertThat(audit().eventsOf("h", io.jobledger.Wire.id("a"), 10))
                .extracting(StoredEvent::type)
                .containsExactly("job_started", "job_polled", "job_ended");
        assertThat(audit().eventsOf("elsewhere", io.jobledger.Wire.id("a"), 10)).isEmpty();
    }

    @Test
    default void eventsThatCameLate_standWhereTheirNumbersPutThem_onEveryPage() {
        for (int seq : new int[] {4, 1, 9, 2, 3, 12, 5, 7, 8, 6}) {
            append(json("run_alive", run(1), seq, seq), json("run_alive", run(2), seq, seq));
        }
        for (int limit = 1; limit <= 11; limit++) {
            assertThat(walk(page -> audit().events(run(1), page), null, limit))
                    .extracting(StoredEvent::seq)
                    .containsExactly(1L, 2L, 3L, 4L, 5L, 6L, 7L, 8L, 9L, 12L);
        }
        assertThat(audit().events(run(1), 5, 3)).hasSize(3).first().asString().contains("\"seq\":6");
        assertThat(audit().events(run(1), 11, 3)).singleElement().asString().contains("\"seq\":12");
        assertThat(audit().events(run(3), PageRequest.first(5)))
                .isEqualTo(new io.jobledger.ledger.query.Page<StoredEvent>(List.of(), null));
    }

    @Test
    default void lifeOfAJob_isFoundInEveryRunThatToldOfIt_andInTheOrderOfItsTime() {
        append(started(run(1), 1, 10, "h", "p", "j", "a \"quoted\" id"), json("run_alive", run(1), 2, 11));
        append(
                json("job_polled", run(2), 1, 30, "host", "h", "ansible_job_id", "a \"quoted\" id"),
                json("job_polled", run(2), 2, 30, "host", "other", "ansible_job_id", "a \"quoted\" id"),
                json("job_polled", run(3), 1, 20, "host", "h", "ansible_job_id", "a \"quoted\" id"));
        append(json("job_ended", run(1), 3, 40, "host", "h", "ansible_job_id", "a \"quoted\" id", "status", "failed"));
        assertThat(audit().eventsOf("h", io.jobledger.Wire.id("a \"quoted\" id"), 10))
                .extracting(event -> event.run() + " " + event.seq())
                .containsExactly(run(1) + " 1", run(3) + " 1", run(2) + " 1", run(1) + " 3");
        assertThat(audit().eventsOf("h", io.jobledger.Wire.id("a \"quoted\" id"), 2))
                .as("those that came first")
                .extracting(event -> event.run() + " " + event.seq())
                .containsExactly(run(1) + " 1", run(2) + " 1");
    }

    @Test
    default void endings_nameTheJobsThatMayHaveEnded_ofAStretchOfTheLog() {
        append(
                started(run(1), 1, 1, "h", "p", "j", "a"),
                json("job_ended", run(1), 2, 2, "host", "h", "ansible_job_id", "a", "status", "failed"),
                saved(run(2), 20, "h", "p", "k", "b"));
        long upTo = Projected.all(ledger());
        assertThat(audit().endings(0, upTo, 10))
                .extracting(EventQueries.Ending::ansibleJobId)
                .containsExactly("a", "b");
        assertThat(audit().endings(0, upTo, 1)).hasSize(1);
        assertThat(audit().endings(0, upTo - 1, 10)).hasSize(1);
        assertThat(audit().endings(upTo, upTo, 10)).isEmpty();
    }

    @Test
    default void changes_comeInTheOrderOfArrival_withTheirRecords() {
        append(json("run_alive", run(1), 1, 1), started(run(1), 2, 2, "h", "p", "j", "a"));
        long then = Projected.all(ledger());
        append(
                json("job_ended", run(1), 3, 9, "host", "h", "ansible_job_id", "a", "status", "failed"),
                saved(run(2), 20, "h", "p", "k", "b"));
        long now = Projected.all(ledger());
        List<Change> changes = audit().changes(0, 100).changes();
        assertThat(changes)
                .extracting(change -> change.event().type())
                .containsExactly("run_alive", "job_started", "job_ended", "job_saved");
        assertThat(changes)
                .extracting(change -> change.event().entry())
                .isSorted()
                .doesNotHaveDuplicates();
        assertThat(changes.get(0).job()).isNull();
        assertThat(changes.get(1).job().status()).as("as it stands now").isEqualTo(JobStatus.FAILED);
        assertThat(changes.get(1).run().id()).isEqualTo(run(1));
        assertThat(changes.get(3).run()).isNull();
        assertThat(changes.get(3).job().key()).isEqualTo(key("h", "p", "k"));
        assertThat(audit().changes(then, 1).changes())
                .singleElement()
                .satisfies(change -> assertThat(change.event().seq()).isEqualTo(3));
        assertThat(audit().changes(then, 1).upTo()).isEqualTo(then + 1);
        assertThat(audit().changes(now, 10)).isEqualTo(new EventQueries.Changes(List.of(), now));
    }

    @Test
    default void feed_tellsWhatIsCommitted_untilTheListenerGoes() throws InterruptedException {
        append(json("run_alive", run(1), 1, 1));
        LinkedBlockingQueue<Long> told = new LinkedBlockingQueue<>();
        long before = Projected.all(ledger());
        LedgerFeed.Subscription subscription = ledger().feed().subscribe(told::add);
        append(json("run_alive", run(1), 2, 2), json("run_alive", run(1), 3, 3));
        Long entry = told.poll(30, TimeUnit.SECONDS);
        assertThat(entry).isEqualTo(ledger().feed().committed()).isGreaterThan(before);
        assertThat(audit().changes(before, 10).changes())
                .as("what is told can be read")
                .hasSize(2);
        append(json("run_alive", run(1), 2, 2));
        subscription.close();
        subscription.close();
        append(json("run_alive", run(1), 4, 4));
        assertThat(told).as("neither duplicates nor what comes after closing").isEmpty();
    }
}
