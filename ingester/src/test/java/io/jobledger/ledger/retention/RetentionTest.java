package io.jobledger.ledger.retention;

import static io.jobledger.Wire.T0;
import static io.jobledger.Wire.json;
import static io.jobledger.Wire.key;
import static io.jobledger.Wire.run;
import static io.jobledger.Wire.saved;
import static io.jobledger.Wire.started;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jobledger.TestClock;
import io.jobledger.ledger.Findings;
import io.jobledger.ledger.JobLookup.Narrowing;
import io.jobledger.ledger.LedgerContract;
import io.jobledger.ledger.LedgerException;
import io.jobledger.ledger.Retention;
import io.jobledger.ledger.Retention.Keep;
import io.jobledger.ledger.Retention.Order;
import io.jobledger.ledger.Retention.Policy;
import io.jobledger.ledger.Retention.Removed;
import io.jobledger.ledger.Verifier;
import io.jobledger.ledger.h2.EmbeddedLedger;
import io.jobledger.ledger.h2.EmbeddedLedgerTest;
import io.jobledger.ledger.query.JobFilter;
import io.jobledger.ledger.query.PageRequest;
import io.jobledger.log.LogFact;
import io.jobledger.log.LogHead;
import io.jobledger.log.file.FileLog;
import io.jobledger.model.JobStatus;
import io.jobledger.model.RunId;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What goes and what stays, and that what went is accounted for. */
class RetentionTest {
    private static final Order ORDER = new Order("tester", "the test wants it so");
    private static final Duration PATIENCE = Duration.ofMinutes(5);
    private static final int DAY = 86_400;

    @TempDir
    Path directory;

    private final TestClock clock = new TestClock(T0.plus(Duration.ofDays(100)));
    private EmbeddedLedger ledger;

    @BeforeEach
    void open() {
        ledger = EmbeddedLedger.open(EmbeddedLedgerTest.options(directory.resolve("ledger")), List.of(), clock);
    }

    @AfterEach
    void close() {
        ledger.close();
    }

    private static Policy keep(Object... pairs) {
        Map<JobStatus, Keep> keep = new java.util.EnumMap<>(JobStatus.class);
        for (int i = 0; i < pairs.length; i += 2) {
            keep.put(
                    (JobStatus) pairs[i],
                    pairs[i + 1] instanceof Duration age
                            ? new Keep(age, null)
                            : new Keep(null, ((Integer) pairs[i + 1]).longValue()));
        }
        return new Policy(keep);
    }

    private Retention retention() {
        return ledger.upkeep().retention(Duration.ofHours(1));
    }

    private Removed prune(Policy policy) {
        Removed looked = retention().prune(policy, ORDER, true, PATIENCE);
        Removed done = retention().prune(policy, ORDER, false, PATIENCE);
        assertThat(looked).as("what was announced").isEqualTo(done);
        assertThat(done.complete()).isTrue();
        assertIntact();
        return done;
    }

    /** The log is whole, what is gone from it is accounted for, and the records are what it says. */
    private Findings assertIntact() {
        Findings found = Findings.deep(ledger);
        assertThat(found.faults).isEmpty();
        return found;
    }

    /** As if the projections had been lost: they are computed from what is left of the log. */
    private void projectAgain() throws IOException {
        ledger.close();
        Files.delete(directory.resolve("ledger/projections.mv.db"));
        open();
    }

    /** A finished run with one job, which began {@code day} days after T0. */
    private void finished(int run, int day, String job, String status) {
        LedgerContract.append(ledger, events(run, day, job, status).toArray(ObjectNode[]::new));
    }

    private static List<ObjectNode> events(int run, int day, String job, String status) {
        long at = (long) day * DAY;
        List<ObjectNode> events = new ArrayList<>(List.of(
                json("run_started", run(run), 1, at, "playbook", "site.yml"),
                json("play_started", run(run), 2, at, "play", "p"),
                started(run(run), 3, at + 1, "h", "p", job, "id" + run)));
        if (status != null) {
            events.add(json(
                    "job_ended", run(run), 4, at + 60, "host", "h", "ansible_job_id", "id" + run, "status", status));
        }
        events.add(json("run_finished", run(run), 5, at + 61));
        return events;
    }

    private boolean there(int run) {
        return ledger.audit().run(run(run)).isPresent();
    }

    private String newest(String job) {
        return ledger.jobs()
                .newest(key("h", "p", job), Narrowing.NONE)
                .map(record -> record.jobId().value())
                .orElse(null);
    }

    @Test
    void age_takesTheOldOnes_withEverythingOfTheirs() throws IOException {
        finished(1, 1, "a", "succeeded");
        finished(2, 50, "b", "succeeded");
        finished(3, 1, "c", "failed");
        clock.advance(Duration.ofDays(1));
        Removed removed = prune(keep(JobStatus.SUCCEEDED, Duration.ofDays(60)));
        assertThat(removed.runs()).isEqualTo(1);
        assertThat(removed.events()).isEqualTo(5);
        assertThat(removed.jobs()).isEqualTo(Map.of(JobStatus.SUCCEEDED, 1L));
        assertThat(removed.oldest()).isEqualTo(T0.plus(Duration.ofDays(1))).isEqualTo(removed.newest());
        assertThat(removed.examples())
                .containsExactly(new Retention.Example(run(1), null, "site.yml", T0.plus(Duration.ofDays(1)), 5, 1));
        assertThat(there(1)).isFalse();
        assertThat(there(2)).isTrue();
        assertThat(there(3)).isTrue();
        assertThat(newest("a")).isNull();
        assertThat(ledger.audit().countJobs(JobFilter.ALL))
                .isEqualTo(ledger.audit().hosts(PageRequest.first(10)).items().stream()
                        .mapToLong(host -> host.counts().jobs())
                        .sum());
        for (String left : List.of(
                "plays WHERE run_id = '" + run(1) + "'",
                "job_runs WHERE run_id = '" + run(1) + "'",
                "jobs WHERE ansible_job_id = 'id1'",
                "names WHERE running + succeeded + failed + timed_out + lost + cancelled + closed = 0",
                "job_docs d WHERE NOT EXISTS (SELECT 1 FROM jobs j WHERE j.entry = d.entry)",
                "job_keys k WHERE NOT EXISTS (SELECT 1 FROM jobs j WHERE j.entry = k.entry)")) {
            assertThat(count(left)).as(left).isZero();
        }
        projectAgain();
        assertThat(there(1)).isFalse();
        assertIntact();
    }

    private long count(String from) {
        return ledger.jdbi()
                .withHandle(handle -> handle.createQuery("SELECT COUNT(*) FROM " + from)
                        .mapTo(Long.class)
                        .one());
    }

    private static String text(Path file) {
        try {
            return Files.readString(file, StandardCharsets.ISO_8859_1);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Test
    void whatWent_isGoneFromTheDisk() throws IOException {
        LedgerContract.append(
                ledger,
                json("run_started", run(1), 1, DAY, "playbook", "shibboleth.yml"),
                json("run_finished", run(1), 2, DAY));
        prune(keep(JobStatus.SUCCEEDED, Duration.ofDays(60)));
        ledger.close();
        try (Stream<Path> files = Files.walk(directory.resolve("ledger/log"))) {
            assertThat(files.filter(Files::isRegularFile))
                    .noneMatch(file -> text(file).contains("shibboleth"));
        }
        open();
    }

    @Test
    void fact_saysWhatWentWhenByWhomAndWhy() {
        finished(1, 1, "a", "succeeded");
        clock.advance(Duration.ofDays(1));
        prune(keep(JobStatus.SUCCEEDED, Duration.ofDays(60)));
        assertThat(assertIntact().removals)
                .containsExactly(
                        new Verifier.Removal(6, clock.instant(), "tester", "the test wants it so", run(1), null, 5, 1));
    }

    @Test
    void count_keepsTheNewestOfEachStatus() {
        for (int i = 1; i <= 6; i++) {
            finished(i, i, "j" + i, i == 1 ? "failed" : "succeeded");
        }
        clock.advance(Duration.ofDays(1));
        assertThat(prune(keep(JobStatus.SUCCEEDED, 2, JobStatus.FAILED, 1)).jobs())
                .isEqualTo(Map.of(JobStatus.SUCCEEDED, 3L));
        assertThat(List.of(there(1), there(2), there(4), there(5), there(6)))
                .containsExactly(true, false, false, true, true);
        assertThat(prune(keep(JobStatus.SUCCEEDED, 0)).jobs()).isEqualTo(Map.of(JobStatus.SUCCEEDED, 2L));
    }

    @Test
    void openJobs_andRunsThatRun_stay() {
        finished(1, 1, "a", null);
        LedgerContract.append(
                ledger,
                started(run(2), 1, DAY, "h", "p", "b", "b1"),
                json("job_ended", run(2), 2, DAY, "host", "h", "ansible_job_id", "b1", "status", "failed"));
        Policy nothing = keep(
                JobStatus.SUCCEEDED,
                Duration.ofSeconds(1),
                JobStatus.FAILED,
                Duration.ofSeconds(1),
                JobStatus.LOST,
                Duration.ofSeconds(1),
                JobStatus.TIMED_OUT,
                Duration.ofSeconds(1));
        assertThat(prune(nothing).runs()).as("run 2 was heard of just now").isZero();
        clock.advance(Duration.ofHours(2));
        assertThat(prune(nothing).runs()).isEqualTo(1);
        assertThat(there(1)).isTrue();
        assertThat(there(2)).isFalse();
        assertThat(newest("a")).isEqualTo("id1");
    }

    @Test
    void runThatTellsOfAJobThatStays_stays() {
        finished(1, 1, "a", null);
        LedgerContract.append(
                ledger,
                json("job_polled", run(2), 1, 2 * DAY, "host", "h", "ansible_job_id", "id1"),
                json("run_finished", run(2), 2, 2 * DAY));
        Policy policy = keep(JobStatus.SUCCEEDED, Duration.ofDays(1));
        assertThat(prune(policy).runs()).isZero();
        LedgerContract.append(
                ledger,
                json("job_ended", run(2), 3, 3 * DAY, "host", "h", "ansible_job_id", "id1", "status", "succeeded"),
                json("run_finished", run(2), 4, 3 * DAY));
        assertThat(prune(policy).runs())
                .as("the job, its run, and the run that saw its end")
                .isEqualTo(2);
    }

    @Test
    void newestOfAName_doesNotGoBeforeAnOlderOne() {
        finished(1, 1, "a", "failed");
        finished(2, 2, "a", "succeeded");
        finished(3, 3, "a", "succeeded");
        Policy policy = keep(JobStatus.SUCCEEDED, Duration.ofDays(1));
        assertThat(prune(policy).runs()).as("the one in the middle").isEqualTo(1);
        assertThat(newest("a")).isEqualTo("id3");
        assertThat(prune(keep(JobStatus.SUCCEEDED, Duration.ofDays(1), JobStatus.FAILED, Duration.ofDays(1)))
                        .runs())
                .isEqualTo(2);
        assertThat(newest("a")).isNull();
    }

    @Test
    void saves_goWithTheirJob() {
        finished(1, 1, "a", "succeeded");
        LedgerContract.append(
                ledger,
                saved(run(8), DAY, "h", "nightly", "up", "id1"),
                saved(run(9), DAY, "h", "p", "alone", "z"),
                saved(run(10), DAY, "h", "p", "ended", "y"));
        LedgerContract.append(
                ledger,
                json("job_ended", run(4), 1, DAY, "host", "h", "ansible_job_id", "y", "status", "succeeded"),
                json("run_finished", run(4), 2, DAY));
        Removed removed = prune(keep(JobStatus.SUCCEEDED, Duration.ofDays(10)));
        assertThat(removed.jobs()).isEqualTo(Map.of(JobStatus.SUCCEEDED, 2L));
        assertThat(newest("alone")).isEqualTo("z");
        assertThat(newest("ended")).isNull();
    }

    @Test
    void repeatOfWhatWent_staysARepeat_andALateEventIsNew() throws IOException {
        finished(1, 1, "a", "succeeded");
        prune(keep(JobStatus.SUCCEEDED, Duration.ofDays(1)));
        finished(1, 1, "a", "succeeded");
        assertThat(there(1)).isFalse();
        LedgerContract.append(ledger, json("run_alive", run(1), 9, 5));
        assertThat(ledger.audit().events(run(1), 0, 10)).hasSize(1);
        assertIntact();
        clock.advance(Duration.ofDays(2));
        assertThat(prune(keep(JobStatus.SUCCEEDED, Duration.ofDays(1))).events())
                .isEqualTo(1);
        projectAgain();
        assertThat(there(1)).isFalse();
        assertIntact();
    }

    @Test
    void jobOfWhichOtherRunsTold_goesForGood() throws IOException {
        finished(1, 1, "a", "succeeded");
        LedgerContract.append(
                ledger,
                json("job_polled", run(2), 1, 2 * DAY, "host", "h", "ansible_job_id", "id1"),
                json("run_finished", run(2), 2, 2 * DAY));
        assertThat(retention().delete(run(1), false, ORDER)).isPresent();
        assertThat(ledger.audit().countJobs(JobFilter.ALL)).isZero();
        assertIntact();
        projectAgain();
        assertThat(ledger.audit().countJobs(JobFilter.ALL)).isZero();
        assertThat(there(2)).isTrue();
        assertIntact();
    }

    @Test
    void jobThatStays_keepsWhatARunThatGoesToldOfIt() throws IOException {
        finished(1, 1, "a", null);
        finished(2, 1, "b", null);
        LedgerContract.append(
                ledger,
                json("job_ended", run(3), 1, 2 * DAY, "host", "h", "ansible_job_id", "id1", "status", "failed"),
                json("run_finished", run(3), 2, 2 * DAY));
        retention().delete(run(3), false, ORDER);
        assertIntact();
        projectAgain();
        assertThat(ledger.jobs()
                        .newest(key("h", "p", "a"), Narrowing.NONE)
                        .orElseThrow()
                        .status())
                .isEqualTo(JobStatus.FAILED);
        assertIntact();
    }

    @Test
    void whatACrashLeftBetweenFactAndPurge_isTakenUpAgain() {
        finished(1, 1, "a", "succeeded");
        finished(2, 2, "b", "succeeded");
        ledger.close();
        try (FileLog log = FileLog.open(directory.resolve("ledger/log"), FileLog.Options.of(0))) {
            log.append(
                    clock.instant(),
                    List.of(new LogFact.RunsForgotten(
                            "tester", "crash", List.of(new LogFact.Forgotten(run(1).value(), 5, 1, List.of())))));
        }
        open();
        LedgerContract.append(ledger, json("run_alive", run(1), 9, 5));
        assertThat(assertIntact().verdict.removed()).isZero();
        retention().sweep();
        assertThat(assertIntact().verdict.removed()).isEqualTo(5);
        assertThat(ledger.audit().events(run(1), 0, 10))
                .singleElement()
                .asString()
                .contains("\"seq\":9");
        retention().sweep();
        assertThat(assertIntact().verdict.removed()).isEqualTo(5);
    }

    @Test
    void anchor_survivesAPrune() {
        finished(1, 1, "a", "succeeded");
        finished(2, 50, "b", "succeeded");
        LogHead anchor = assertIntact().verdict.head();
        prune(keep(JobStatus.SUCCEEDED, Duration.ofDays(60)));
        assertThat(Findings.of(ledger.upkeep().verifier(), anchor.entry(), false)
                        .verdict
                        .then())
                .isEqualTo(new Verifier.Then(anchor, null));
    }

    @Test
    void delete_refusesOpenJobs_unlessForced() {
        finished(1, 1, "a", null);
        finished(2, 2, "b", "failed");
        RunId running = run(3);
        LedgerContract.append(ledger, json("run_alive", running, 1, 5));
        assertThatThrownBy(() -> retention().delete(run(1), false, ORDER))
                .isInstanceOfSatisfying(
                        LedgerException.class, e -> assertThat(e.kind()).isEqualTo(LedgerException.Kind.CONFLICT))
                .hasMessageContaining("1 open jobs");
        assertThatThrownBy(() -> retention().delete(running, false, ORDER))
                .isInstanceOf(LedgerException.class)
                .hasMessageContaining("still running");
        assertThat(retention().delete(run(2), false, ORDER).orElseThrow().events())
                .isEqualTo(5);
        assertThat(retention().delete(run(1), true, ORDER).orElseThrow().jobs())
                .isEqualTo(Map.of(JobStatus.RUNNING, 1L));
        assertThat(retention().delete(run(1), true, ORDER)).isEmpty();
        assertThat(newest("a")).isNull();
        assertThat(assertIntact().removals).extracting(Verifier.Removal::run).containsExactly(run(2), run(1));
    }
}
