package io.jobledger.ledger;

import static io.jobledger.Wire.T0;
import static io.jobledger.Wire.id;
import static io.jobledger.Wire.json;
import static io.jobledger.Wire.key;
import static io.jobledger.Wire.run;
import static io.jobledger.Wire.saved;
import static io.jobledger.Wire.started;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.tuple;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jobledger.TestClock;
import io.jobledger.Wire;
import io.jobledger.json.RecordJson;
import io.jobledger.ledger.JobLookup.Narrowing;
import io.jobledger.ledger.query.JobFilter;
import io.jobledger.ledger.query.Label;
import io.jobledger.ledger.query.PageRequest;
import io.jobledger.ledger.query.RunFilter;
import io.jobledger.ledger.query.Sort;
import io.jobledger.ledger.query.StoredEvent;
import io.jobledger.model.Event;
import io.jobledger.model.JobKey;
import io.jobledger.model.JobRecord;
import io.jobledger.model.JobStatus;
import io.jobledger.model.Run;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What every ledger promises, whatever database is under it. */
public abstract class LedgerContract implements AuditContract {
    protected static final String MIRROR = "file:///mirror/one";
    static final String OTHER_MIRROR = "file:///mirror/two";

    protected final TestClock clock = new TestClock(T0.plus(Duration.ofDays(1)));
    protected Ledger ledger;

    /** Opens the one database of this test, which is empty at first. */
    protected abstract Ledger open(List<String> mirrors);

    /** Opens another, empty one, without mirrors. The test closes it. */
    protected abstract Ledger openAnother();

    @Override
    public final Ledger ledger() {
        return ledger;
    }

    @BeforeEach
    public void openLedger() {
        ledger = open(List.of(MIRROR));
    }

    @AfterEach
    void closeLedger() {
        // It is null where no server can be started, and the test is skipped.
        if (ledger != null) {
            ledger.close();
        }
    }

    protected final Ledger reopen(String... mirrors) {
        ledger.close();
        ledger = open(List.of(mirrors));
        return ledger;
    }

    public static EventSink.Appended append(Ledger ledger, ObjectNode... events) {
        try {
            EventSink.Appended appended =
                    ledger.sink().append(Wire.events(events)).get(30, TimeUnit.SECONDS);
            awaitRecords(ledger);
            return appended;
        } catch (LedgerException e) {
            throw e;
        } catch (ExecutionException e) {
            if (e.getCause() instanceof LedgerException refusal) {
                throw refusal;
            }
            throw new AssertionError(e);
        } catch (Exception e) {
            throw new AssertionError(e);
        }
    }

    /** Waits until what is acknowledged is in the records. */
    public static void awaitRecords(Ledger ledger) {
        Projected.all(ledger);
    }

    public final EventSink.Appended append(ObjectNode... events) {
        return append(ledger, events);
    }

    protected final JobRecord newest(String host, String play, String job) {
        JobRecord newest =
                ledger.jobs().newest(key(host, play, job), Narrowing.NONE).orElse(null);
        assertThat(ledger.jobs()
                        .known(key(host, play, job), Narrowing.NONE)
                        .map(JobLookup.Known::newest)
                        .orElse(null))
                .as("what a resume gets")
                .isEqualTo(newest);
        return newest;
    }

    final int mirror() {
        return ledger.outbox().feed(List.of(MIRROR)).get(0);
    }

    private List<JobKey> due() {
        return ledger.outbox().due(mirror(), 1000).stream()
                .map(Outbox.Entry::key)
                .toList();
    }

    @Test
    void append_isIdempotentByRunAndSeq() {
        ObjectNode first = started(run(1), 1, 0, "h", "p", "j", "j1");
        ObjectNode second = json("job_ended", run(1), 2, 5, "host", "h", "ansible_job_id", "j1", "status", "succeeded");
        assertThat(append(first, second)).isEqualTo(new EventSink.Appended(2, 0));
        assertThat(append(first, second)).isEqualTo(new EventSink.Appended(0, 2));
        assertThat(append(second, second, json("run_alive", run(1), 3, 9))).isEqualTo(new EventSink.Appended(1, 2));
        assertThat(append(json("run_alive", run(2), 1, 9), json("run_alive", run(2), 1, 9)))
                .isEqualTo(new EventSink.Appended(1, 1));
        assertThat(append()).isEqualTo(new EventSink.Appended(0, 0));
        assertThat(ledger.audit().events(run(1), 0, 100)).hasSize(3);
        assertThat(ledger.audit().run(run(1)).orElseThrow().events()).isEqualTo(3);
        assertThat(newest("h", "p", "j").status()).isEqualTo(JobStatus.SUCCEEDED);
    }

    @Test
    void events_areKeptAsTheyCame_andReadInTheirOrder() {
        ObjectNode late = json("run_alive", run(1), 3, 0, "future", Map.of("a", List.of(1, 2)));
        append(late);
        append(json("run_alive", run(1), 1, 9), json("run_alive", run(1), 2, 5));
        assertThat(ledger.audit().events(run(1), 0, 10)).hasSize(3).last().isEqualTo(late.toString());
        assertThat(ledger.audit().events(run(1), 1, 1))
                .singleElement()
                .asString()
                .contains("\"seq\":2");
        assertThat(ledger.audit().events(run(2), 0, 10)).isEmpty();
    }

    @Test
    void job_thatCameBeforeItsRun_isKnownByTheRunsWords_howeverOftenItIsHeardOfBetween() {
        List<JobRecord> seen = new ArrayList<>();
        append(started(run(1), 2, 1, "h", "p", "j", "a"));
        append(json("job_polled", run(1), 3, 2, "host", "h", "ansible_job_id", "a"));
        append(json("run_started", run(1), 1, 0, "run_name", "CHG-7", "user", "ann", "labels", Map.of("team", "db")));
        append(json("job_polled", run(1), 4, 3, "host", "h", "ansible_job_id", "a"));
        append(json("job_polled", run(1), 5, 4, "host", "h", "ansible_job_id", "a"));
        append(json("job_ended", run(1), 6, 5, "host", "h", "ansible_job_id", "a", "status", "succeeded"));
        append(json("job_polled", run(1), 7, 9, "host", "h", "ansible_job_id", "a"));
        for (JobFilter filter : List.of(
                JobFilter.builder().labels(List.of(new Label("team", "db"))).build(),
                JobFilter.builder().user("ann").build(),
                JobFilter.builder().runName("CHG-7").build(),
                JobFilter.builder().status(JobStatus.SUCCEEDED).build())) {
            seen.addAll(Everything.jobs(ledger.audit(), filter, Sort.NEWEST));
        }
        assertThat(seen).hasSize(4).allSatisfy(job -> assertThat(job).isEqualTo(newest("h", "p", "j")));
        assertThat(newest("h", "p", "j").lastSeenAt()).isEqualTo(T0.plusSeconds(9));
    }

    @Test
    void job_withALargeRecord_isAsAnyOther() {
        String much = "x".repeat(20_000);
        append(saved(run(9), 1, "h", "p", "j", "a", "metadata", Map.of("much", much)));
        append(
                started(run(1), 1, 0, "h", "p", "k", "a"),
                json("job_polled", run(1), 2, 2, "host", "h", "ansible_job_id", "a"));
        append(json("job_polled", run(1), 3, 5, "host", "h", "ansible_job_id", "a"));
        assertThat(newest("h", "p", "j").lastSeenAt()).isEqualTo(T0.plusSeconds(5));
        assertThat(newest("h", "p", "j").metadata()).isEqualTo(Map.of("much", much));
    }

    @Test
    void newest_isTheLatestStart_whateverCameLast() {
        append(started(run(1), 1, 100, "h", "p", "j", "new"));
        append(started(run(2), 1, 50, "h", "p", "j", "old"));
        assertThat(newest("h", "p", "j").jobId()).isEqualTo(id("new"));
        append(json("job_ended", run(2), 2, 500, "host", "h", "ansible_job_id", "old", "status", "failed"));
        assertThat(newest("h", "p", "j").jobId())
                .as("news of an old job change nothing")
                .isEqualTo(id("new"));
        append(started(run(3), 1, 101, "h", "p", "j", "newer"));
        assertThat(newest("h", "p", "j").jobId()).isEqualTo(id("newer"));
        assertThat(ledger.audit()
                        .jobs(JobFilter.builder().host("h").play("p").job("j").build(), PageRequest.first(10))
                        .items())
                .extracting(JobRecord::jobId)
                .containsExactly(id("newer"), id("new"), id("old"));
    }

    @Test
    void newest_amongEqualStarts_isTheLaterEntry() {
        append(started(run(1), 1, 7, "h", "p", "j", "first"));
        append(started(run(2), 1, 7, "h", "p", "j", "second"));
        append(json("job_polled", run(1), 2, 99, "host", "h", "ansible_job_id", "first"));
        assertThat(newest("h", "p", "j").jobId()).isEqualTo(id("second"));
        append(started(run(3), 1, 7, "h", "p", "j", "third"), started(run(3), 2, 7, "h", "p", "j", "fourth"));
        assertThat(newest("h", "p", "j").jobId()).isEqualTo(id("fourth"));
    }

    @Test
    void twoPlaybooksWithOneKey_keepTheirOwnRecords_andAreToldApart() {
        append(started(run(1), 1, 1, "h", "p", "j", "a", "playbook", "site.yml", "playbook_path", "/one/site.yml"));
        append(started(run(2), 1, 2, "h", "p", "j", "b", "playbook", "site.yml", "playbook_path", "/two/site.yml"));
        append(started(run(2), 2, 3, "h", "p", "j", "b2", "playbook", "site.yml", "playbook_path", "/two/site.yml"));
        JobKey key = key("h", "p", "j");
        assertThat(ledger.jobs().known(key, Narrowing.NONE).orElseThrow().open())
                .extracting(JobRecord::jobId)
                .containsExactly(id("b2"), id("b"), id("a"));
        assertThat(ledger.jobs()
                        .newest(key, new Narrowing("/one/site.yml", null))
                        .orElseThrow()
                        .jobId())
                .isEqualTo(id("a"));
        assertThat(ledger.jobs()
                        .newest(key, new Narrowing("site.yml", null))
                        .orElseThrow()
                        .jobId())
                .isEqualTo(id("b2"));
        assertThat(ledger.jobs()
                        .known(key, new Narrowing("/one/site.yml", null))
                        .orElseThrow()
                        .open())
                .hasSize(1);
        assertThat(ledger.jobs()
                        .newest(key, new Narrowing(null, run(1)))
                        .orElseThrow()
                        .jobId())
                .isEqualTo(id("a"));
        assertThat(ledger.jobs().newest(key, new Narrowing("/two/site.yml", run(1))))
                .isEmpty();
        assertThat(ledger.jobs().newest(key, new Narrowing("other.yml", null))).isEmpty();
        append(json("job_ended", run(1), 2, 9, "host", "h", "ansible_job_id", "a", "status", "succeeded"));
        assertThat(ledger.jobs().known(key, Narrowing.NONE).orElseThrow().open())
                .extracting(JobRecord::jobId)
                .containsExactly(id("b2"), id("b"));
    }

    @Test
    void manyOpenJobsOfOneKey_areAllSeen_withTheNewestThatEnded() {
        JobKey key = key("h", "p", "j");
        assertThat(ledger.jobs().known(key, Narrowing.NONE)).isEmpty();
        for (int i = 1; i <= 9; i++) {
            append(started(run(i), 1, 10 + i, "h", "p", "j", "open" + i, "playbook", "site" + i % 3 + ".yml"));
        }
        for (int i = 10; i <= 13; i++) {
            append(
                    started(run(i), 1, i, "h", "p", "j", "ended" + i),
                    json("job_ended", run(i), 2, 30, "host", "h", "ansible_job_id", "ended" + i, "status", "failed"));
        }
        JobLookup.Known known = ledger.jobs().known(key, Narrowing.NONE).orElseThrow();
        assertThat(known.open())
                .extracting(record -> record.jobId().value())
                .containsExactly("open9", "open8", "open7", "open6", "open5", "open4", "open3", "open2", "open1");
        assertThat(newest("h", "p", "j").jobId()).isEqualTo(id("open9"));
        append(
                started(run(14), 1, 40, "h", "p", "j", "late"),
                json("job_ended", run(14), 2, 50, "host", "h", "ansible_job_id", "late", "status", "succeeded"));
        assertThat(newest("h", "p", "j").jobId())
                .as("an open job goes before one that ended, however new that is")
                .isEqualTo(id("open9"));
        assertThat(IntStream.rangeClosed(1, 15)
                        .mapToObj(n -> ledger.jobs()
                                .nth(key, Narrowing.NONE, n)
                                .map(record -> record.jobId().value())
                                .orElse("none")))
                .containsExactly(
                        "late", "open9", "open8", "open7", "open6", "open5", "open4", "ended13", "open3", "ended12",
                        "open2", "ended11", "open1", "ended10", "none");
        assertThat(ledger.jobs()
                        .known(key, new Narrowing("site1.yml", null))
                        .orElseThrow()
                        .newest()
                        .jobId())
                .isEqualTo(id("open7"));
    }

    @Test
    void anOpenJob_answersBeforeANewerOneThatEnded_andIdChoosesAny() {
        JobKey key = key("h", "p", "j");
        append(
                started(run(1), 1, 1, "h", "p", "j", "long"),
                started(run(2), 1, 5, "h", "p", "j", "short"),
                json("job_ended", run(2), 2, 6, "host", "h", "ansible_job_id", "short", "status", "succeeded"));
        assertThat(newest("h", "p", "j").jobId()).isEqualTo(id("long"));
        assertThat(ledger.jobs()
                        .newest(key, new Narrowing(null, null, false, id("short")))
                        .orElseThrow()
                        .status())
                .isEqualTo(JobStatus.SUCCEEDED);
        assertThat(ledger.jobs().newest(key, new Narrowing(null, run(1), false, id("short"))))
                .isEmpty();
        assertThat(ledger.jobs().newest(key("h", "p", "other"), new Narrowing(null, null, false, id("short"))))
                .isEmpty();
        append(json("job_ended", run(1), 2, 9, "host", "h", "ansible_job_id", "long", "status", "succeeded"));
        assertThat(newest("h", "p", "j").jobId())
                .as("none is open: the latest start")
                .isEqualTo(id("short"));
    }

    @Test
    void savingAnotherJobUnderAName_replacesWhatTheSamePlaybookSaved_butNoJobOfARun() {
        JobKey key = key("h", "p", "j");
        append(
                saved(run(1), 1, "h", "p", "j", "s1", "playbook", "a.yml"),
                saved(run(2), 2, "h", "p", "j", "s2", "playbook", "a.yml"),
                saved(run(3), 3, "h", "p", "j", "s3", "playbook", "b.yml"));
        assertThat(ledger.jobs().known(key, Narrowing.NONE).orElseThrow().open())
                .extracting(JobRecord::jobId)
                .containsExactly(id("s3"), id("s2"));
        append(started(run(4), 1, 0, "h", "p", "j", "s1", "playbook", "a.yml"));
        assertThat(ledger.jobs().known(key, Narrowing.NONE).orElseThrow().open())
                .extracting(JobRecord::jobId)
                .containsExactly(id("s3"), id("s2"), id("s1"));
    }

    @Test
    void dryRuns_answerOnlyWhoAsksForThem_andStayInHistories() {
        JobKey key = key("h", "p", "j");
        Narrowing dry = new Narrowing(null, null, true, null);
        append(
                started(run(1), 1, 1, "h", "p", "j", "real"),
                json("job_ended", run(1), 2, 2, "host", "h", "ansible_job_id", "real", "status", "failed"));
        for (int i = 2; i <= 6; i++) {
            append(started(run(i), 1, 10 + i, "h", "p", "j", "dry" + i, "check_mode", true));
            append(started(run(i), 2, 10 + i, "h", "only dry", "j", "dry only" + i, "check_mode", true));
        }
        append(json("job_ended", run(6), 3, 30, "host", "h", "ansible_job_id", "dry6", "status", "succeeded"));
        assertThat(newest("h", "p", "j").jobId()).isEqualTo(id("real"));
        assertThat(newest("h", "only dry", "j")).isNull();
        assertThat(ledger.jobs().nth(key, Narrowing.NONE, 1).orElseThrow().jobId())
                .isEqualTo(id("real"));
        assertThat(ledger.jobs().nth(key, Narrowing.NONE, 2)).isEmpty();
        assertThat(ledger.jobs().newest(key, new Narrowing(null, null, false, id("dry3"))))
                .isEmpty();
        assertThat(ledger.jobs().newest(key, dry).orElseThrow().jobId()).isEqualTo(id("dry5"));
        assertThat(ledger.jobs().nth(key, dry, 1).orElseThrow().jobId()).isEqualTo(id("dry6"));
        assertThat(ledger.jobs().known(key, dry).orElseThrow().open()).hasSize(4);
        assertThat(ledger.audit().history(key, PageRequest.first(10)).items())
                .hasSize(6)
                .filteredOn(JobRecord::checkMode)
                .hasSize(5);
        assertThat(ledger.audit()
                        .jobs(JobFilter.builder().host("h").play("p").build(), PageRequest.first(10))
                        .items())
                .hasSize(6);
    }

    @Test
    void unresumableJob_isListed_butNeverACandidate() {
        append(json(
                "job_unresumable",
                run(1),
                1,
                5,
                "host",
                "h",
                "play",
                "p",
                "job",
                "j",
                "task",
                "t",
                "reason",
                "no_log"));
        assertThat(newest("h", "p", "j").jobId()).isNull();
        assertThat(newest("h", "p", "j").reason()).isEqualTo("no_log");
        assertThat(ledger.jobs()
                        .known(key("h", "p", "j"), Narrowing.NONE)
                        .orElseThrow()
                        .open())
                .isEmpty();
    }

    @Test
    void jobWhoseIdIsHidden_isKnownByTheEventThatToldOfIt_inAnyOrderAndAnyRun() {
        for (int run = 1; run <= 2; run++) {
            append(json(
                    "job_unresumable",
                    run(run),
                    1,
                    5,
                    "host",
                    "h",
                    "play",
                    "p",
                    "job",
                    "j" + run,
                    "task",
                    "t",
                    "async",
                    9,
                    "reason",
                    "no_log"));
            append(json("run_alive", run(run), 2, 6));
        }
        append(
                json("job_ended", run(1), 4, 9, "host", "h", "launch", 1, "status", "succeeded"),
                json("job_unresumable", run(1), 3, 8, "host", "h", "play", "p", "job", "j3", "task", "t"));
        assertThat(newest("h", "p", "j1").status()).isEqualTo(JobStatus.SUCCEEDED);
        assertThat(newest("h", "p", "j1").finishedAt()).isEqualTo(T0.plusSeconds(9));
        assertThat(List.of(
                        newest("h", "p", "j2").status(), newest("h", "p", "j3").status()))
                .containsOnly(JobStatus.RUNNING);
        append(json("job_ended", run(3), 2, 9, "host", "h", "play", "p", "job", "j4", "launch", 1, "status", "failed"));
        append(json(
                "job_unresumable",
                run(3),
                1,
                5,
                "host",
                "h",
                "play",
                "p",
                "job",
                "j4",
                "task",
                "t",
                "reason",
                "no_log"));
        assertThat(newest("h", "p", "j4").status()).as("the launch came last").isEqualTo(JobStatus.FAILED);
        reopen();
        append(json("job_ended", run(2), 3, 7, "host", "h", "launch", 1, "status", "failed"));
        assertThat(newest("h", "p", "j2").status()).isEqualTo(JobStatus.FAILED);
        assertThat(ledger.audit().jobs(JobFilter.ALL, PageRequest.first(10)).items())
                .as("one record each")
                .hasSize(4);
    }

    @Test
    void oneJobUnderTwoNames_isOneJob() {
        append(started(run(1), 1, 5, "h", "p", "j", "a", "async", 60));
        append(saved(run(2), 6, "h", "nightly", "upgrade", "a", "metadata", Map.of("ticket", "CHG-7")));
        JobRecord launched = newest("h", "p", "j");
        JobRecord named = newest("h", "nightly", "upgrade");
        assertThat(named.jobId()).isEqualTo(launched.jobId());
        assertThat(named.startedAt()).as("the launch knows best").isEqualTo(T0.plusSeconds(5));
        assertThat(named.metadata()).isEqualTo(Map.of("ticket", "CHG-7"));
        append(json("job_ended", run(1), 2, 9, "host", "h", "ansible_job_id", "a", "status", "failed", "rc", 2));
        assertThat(newest("h", "nightly", "upgrade").status()).isEqualTo(JobStatus.FAILED);
        assertThat(newest("h", "p", "j").rc()).isEqualTo(2);
        assertThat(ledger.audit().jobs(JobFilter.ALL, PageRequest.first(10)).items())
                .hasSize(1);
        assertThat(ledger.jobs().job("h", id("a")).orElseThrow().keys()).hasSize(2);
    }

    @Test
    void savedRecord_comesBackAsItWas() {
        Map<String, Object> metadata = new LinkedHashMap<>();
        metadata.put("none", null);
        metadata.put("list", new ArrayList<>(Collections.singletonList(null)));
        metadata.put("big", new java.math.BigDecimal("12345678901234567890.10"));
        metadata.put("text", "\u65e5\u672c \uD83D\uDE80 </script>");
        append(saved(run(1), 1, "h", "p", "j", "a", "metadata", metadata, "x_future", Map.of("kept", true)));
        String json = RecordJson.write(newest("h", "p", "j")).toString();
        assertThat(json)
                .contains("\"none\":null")
                .contains("[null]")
                .contains("12345678901234567890.10")
                .contains("\u65e5\u672c \uD83D\uDE80")
                .contains("\"x_future\":{\"kept\":true}");
        append(json("job_polled", run(2), 1, 9, "host", "h", "ansible_job_id", "a"));
        assertThat(RecordJson.write(newest("h", "p", "j")).get("metadata").toString())
                .as("also after a merge")
                .contains("\"none\":null");
    }

    @Test
    void statusCheckBeforeTheLaunch_movesToTheLaunchesName() {
        append(json(
                "job_polled", run(2), 1, 50, "host", "h", "ansible_job_id", "a", "play", "checker", "task", "wait"));
        assertThat(newest("h", "checker", "wait").jobId()).isEqualTo(id("a"));
        List<Outbox.Entry> first = ledger.outbox().due(mirror(), 10);
        ledger.outbox().done(first);
        append(started(run(1), 1, 5, "h", "p", "j", "a"));
        assertThat(newest("h", "checker", "wait")).isNull();
        assertThat(newest("h", "p", "j").startedAt()).isEqualTo(T0.plusSeconds(5));
        assertThat(due())
                .as("the mirror must hear of both names")
                .containsExactlyInAnyOrder(key("h", "checker", "wait"), key("h", "p", "j"));
    }

    @Test
    void earlierLaunch_thatArrivesLater_movesTheJobInTheOrder() {
        append(saved(run(9), 100, "h", "p", "j", "a"));
        append(started(run(2), 1, 50, "h", "p", "j", "b"));
        assertThat(newest("h", "p", "j").jobId()).isEqualTo(id("a"));
        append(started(run(1), 1, 10, "h", "p", "j", "a"));
        assertThat(newest("h", "p", "j").jobId())
                .as("a really started before b")
                .isEqualTo(id("b"));
    }

    @Test
    void outbox_hasOneEntryAKey() {
        for (int i = 1; i <= 20; i++) {
            append(
                    started(run(i), 1, i, "h", "p", "j", "id" + i),
                    json("job_ended", run(i), 2, i, "host", "h", "ansible_job_id", "id" + i, "status", "lost"));
        }
        append(started(run(50), 1, 1, "h", "p", "k", "other"));
        assertThat(due()).containsExactlyInAnyOrder(key("h", "p", "j"), key("h", "p", "k"));
        assertThat(ledger.outbox().backlog(mirror()).pending()).isEqualTo(2);
    }

    @Test
    void observationThatTellsNothingNew_isNotMirrored() {
        append(started(run(1), 1, 1, "h", "p", "j", "a"));
        ledger.outbox().done(ledger.outbox().due(mirror(), 10));
        append(json("job_polled", run(1), 2, 5, "host", "h", "ansible_job_id", "a"));
        // The first status check is remembered as a description; every further one is only a time.
        ledger.outbox().done(ledger.outbox().due(mirror(), 10));
        append(json("job_polled", run(1), 3, 6, "host", "h", "ansible_job_id", "a"));
        assertThat(due()).isEmpty();
    }

    @Test
    void outboxEntry_thatChangedDuringAPut_stays() {
        append(started(run(1), 1, 1, "h", "p", "j", "a"));
        List<Outbox.Entry> taken = ledger.outbox().due(mirror(), 10);
        append(json("job_ended", run(1), 2, 5, "host", "h", "ansible_job_id", "a", "status", "succeeded"));
        ledger.outbox().done(taken);
        assertThat(due()).containsExactly(key("h", "p", "j"));
        ledger.outbox().done(ledger.outbox().due(mirror(), 10));
        assertThat(due()).isEmpty();
    }

    @Test
    void failedEntry_isDueAgainAfterItsPause_andABlockedOneOnlyWhenReleased() {
        append(started(run(1), 1, 1, "h", "p", "j", "a"));
        int mirror = mirror();
        ledger.outbox().failed(ledger.outbox().due(mirror, 10).get(0), "no room", Duration.ofSeconds(10));
        assertThat(due()).isEmpty();
        assertThat(ledger.outbox().backlog(mirror).lastError()).isEqualTo("no room");
        clock.advance(Duration.ofSeconds(10));
        Outbox.Entry again = ledger.outbox().due(mirror, 10).get(0);
        assertThat(again.attempts()).isEqualTo(1);
        ledger.outbox().block(again, "x".repeat(5000));
        clock.advance(Duration.ofDays(9));
        append(json("job_ended", run(1), 2, 5, "host", "h", "ansible_job_id", "a", "status", "lost"));
        assertThat(due()).isEmpty();
        Outbox.Backlog backlog = ledger.outbox().backlog(mirror);
        assertThat(backlog.blocked()).isEqualTo(1);
        assertThat(backlog.pending()).isZero();
        assertThat(backlog.oldest()).isNotNull();
        assertThat(ledger.outbox().release(mirror)).isEqualTo(1);
        assertThat(due()).containsExactly(key("h", "p", "j"));
    }

    @Test
    void clockThatWasSetBack_keepsNoEntryWaiting() {
        int mirror = mirror();
        clock.advance(Duration.ofDays(4000));
        append(started(run(1), 1, 1, "h", "p", "new", "a"), started(run(1), 2, 1, "h", "p", "failed", "b"));
        ledger.outbox().due(mirror, 10).stream()
                .filter(entry -> entry.key().job().equals("failed"))
                .forEach(entry -> ledger.outbox().failed(entry, "no room", Duration.ofDays(1)));
        clock.advance(Duration.ofDays(-4000));
        List<Outbox.Entry> both = ledger.outbox().due(mirror, 10);
        assertThat(both)
                .extracting(Outbox.Entry::key)
                .containsExactlyInAnyOrder(key("h", "p", "new"), key("h", "p", "failed"));
        ledger.outbox().failed(both.get(0), "no room", Duration.ofDays(1));
        ledger.outbox().leave(both.subList(1, 2));
        assertThat(due()).as("a pause by the right clock is kept").hasSize(1);
        clock.advance(Outbox.LONGEST_PAUSE);
        assertThat(due()).as("and is not longer than the longest").hasSize(2);
    }

    @Test
    void newMirror_getsEveryKeyOnce_andARemovedOneIsForgotten() {
        append(
                started(run(1), 1, 1, "h", "p", "j", "a"),
                started(run(1), 2, 2, "h", "p", "j", "b"),
                started(run(1), 3, 2, "h2", "p", "j", "c"));
        int first = mirror();
        ledger.outbox().done(ledger.outbox().due(first, 10));
        reopen(MIRROR, OTHER_MIRROR);
        List<Integer> numbers = ledger.outbox().feed(List.of(MIRROR, OTHER_MIRROR));
        assertThat(numbers.get(0)).isEqualTo(first);
        assertThat(ledger.outbox().due(first, 10)).isEmpty();
        assertThat(ledger.outbox().due(numbers.get(1), 10))
                .extracting(Outbox.Entry::key)
                .containsExactlyInAnyOrder(key("h", "p", "j"), key("h2", "p", "j"));
        append(json("job_ended", run(1), 4, 5, "host", "h", "ansible_job_id", "b", "status", "lost"));
        assertThat(ledger.outbox().due(first, 10)).as("both mirrors are fed").hasSize(1);
        reopen(MIRROR);
        assertThat(ledger.outbox().due(numbers.get(1), 10)).isEmpty();
        assertThat(ledger.outbox().backlog(numbers.get(1))).isEqualTo(new Outbox.Backlog(0, 0, null, null));
        reopen(OTHER_MIRROR);
        int again = ledger.outbox().feed(List.of(OTHER_MIRROR)).get(0);
        assertThat(ledger.outbox().due(again, 10))
                .as("a mirror that comes back is filled again")
                .hasSize(2);
    }

    @Test
    void strangeAndLongNames_areFoundByTheirRealName() {
        List<String> names = List.of(
                "n".repeat(300),
                "n".repeat(299) + "m",
                "\u00e4".repeat(2048),
                "a b",
                " ",
                "..",
                "../../etc/passwd",
                "a/b",
                "'; DROP TABLE jobs; --",
                "\"",
                "line\nbreak",
                "\u65e5\u672c\u8a9e",
                "\uD83D\uDE80",
                "%2F",
                "A",
                "a",
                "a ",
                "\u0001");
        for (int i = 0; i < names.size(); i++) {
            append(started(run(1), i + 1, i, names.get(i), names.get(i), names.get(i), "id" + i));
        }
        for (int i = 0; i < names.size(); i++) {
            JobRecord record = newest(names.get(i), names.get(i), names.get(i));
            assertThat(record.jobId()).isEqualTo(id("id" + i));
            assertThat(ledger.audit()
                            .jobs(
                                    JobFilter.builder()
                                            .host(names.get(i))
                                            .play(names.get(i))
                                            .job(names.get(i))
                                            .build(),
                                    PageRequest.first(10))
                            .items())
                    .hasSize(1);
        }
        assertThat(ledger.audit().jobs(JobFilter.ALL, PageRequest.first(1000)).items())
                .hasSize(names.size());
    }

    @Test
    void runs_areListedNewestFirst_andByTheOperatorsName() {
        append(json(
                "run_started",
                run(1),
                1,
                10,
                "kind",
                "playbook",
                "run_name",
                "CHG-7",
                "playbook",
                "site.yml",
                "labels",
                Map.of("team", "db"),
                "tags",
                List.of("a")));
        append(json("run_started", run(2), 1, 20, "kind", "adhoc", "run_name", "CHG-8"));
        append(json("run_alive", run(3), 4, 5));
        append(json("run_started", run(4), 1, 30, "kind", "playbook", "run_name", "CHG-7"));
        assertThat(ledger.audit().runs(RunFilter.ALL, PageRequest.first(10)).items())
                .extracting(Run::id)
                .containsExactly(run(4), run(2), run(1), run(3));
        assertThat(ledger.audit()
                        .runs(RunFilter.builder().runName("CHG-7").build(), PageRequest.first(10))
                        .items())
                .extracting(Run::id)
                .containsExactly(run(4), run(1));
        assertThat(ledger.audit()
                        .runs(RunFilter.builder().runName("CHG-7").build(), PageRequest.first(1))
                        .items())
                .extracting(Run::id)
                .containsExactly(run(4));
        Run run = ledger.audit().run(run(1)).orElseThrow();
        assertThat(run.info().labels()).isEqualTo(Map.of("team", "db"));
        assertThat(run.info().tags()).containsExactly("a");
        assertThat(run.lastReceivedAt()).isEqualTo(clock.instant());
        assertThat(ledger.audit().run(run(99))).isEmpty();
    }

    @Test
    void plays_areListedInTheirOrder_andASaveIsNoRun() {
        append(
                json("play_started", run(1), 3, 9, "play", "b", "playbook", "site.yml"),
                json("play_started", run(1), 2, 8, "play", "a"));
        append(saved(run(5), 1, "h", "p", "j", "x"));
        assertThat(ledger.audit().plays(run(1)))
                .extracting(RunQueries.PlayStart::play)
                .containsExactly("a", "b");
        assertThat(ledger.audit().runs(RunFilter.ALL, PageRequest.first(10)).items())
                .hasSize(1);
    }

    @Test
    void jobs_areFilteredByEverythingThereIs() {
        append(
                started(run(1), 1, 1, "h1", "p1", "j1", "a"),
                started(run(1), 2, 2, "h1", "p2", "j2", "b"),
                started(run(2), 1, 3, "h2", "p1", "j1", "c"),
                json("job_ended", run(2), 2, 9, "host", "h2", "ansible_job_id", "c", "status", "timed_out"));
        assertThat(jobs(JobFilter.builder().host("h1").build())).containsExactly("b", "a");
        assertThat(jobs(JobFilter.builder().play("p1").build())).containsExactly("c", "a");
        assertThat(jobs(JobFilter.builder().job("j2").build())).containsExactly("b");
        assertThat(jobs(JobFilter.builder().status(JobStatus.TIMED_OUT).build()))
                .containsExactly("c");
        assertThat(jobs(JobFilter.builder().run(run(1)).build())).containsExactly("b", "a");
        assertThat(jobs(JobFilter.builder().ansibleJobId("c").build())).containsExactly("c");
        assertThat(ledger.audit().jobs(JobFilter.ALL, PageRequest.first(2)).items())
                .hasSize(2);
    }

    private List<String> jobs(JobFilter filter) {
        return ledger.audit().jobs(filter, PageRequest.first(100)).items().stream()
                .map(record -> record.jobId().value())
                .toList();
    }

    @Test
    void jobThatGrowsTooLarge_isRefusedWithItsWholeBatch_andNothingElseIsHurt() {
        String metadata = "m".repeat(60_000);
        for (int i = 1; i <= 16; i++) {
            append(saved(run(i), i, "h", "p", "name" + i, "a", "metadata", Map.of("m", metadata)));
        }
        assertThatThrownBy(() -> append(
                        json("run_alive", run(70), 1, 1),
                        saved(run(71), 1, "h", "p", "one more", "a", "metadata", Map.of("m", metadata))))
                .isInstanceOfSatisfying(
                        LedgerException.class, e -> assertThat(e.kind()).isEqualTo(LedgerException.Kind.REFUSED))
                .hasMessageContaining("metadata");
        assertThat(ledger.audit().run(run(70))).isEmpty();
        assertThat(ledger.audit().events(run(71), 0, 10)).isEmpty();
        assertThat(newest("h", "p", "one more")).isNull();
        assertThat(append(json("run_alive", run(70), 1, 1)).stored()).isEqualTo(1);
    }

    @Test
    void anyOrderAndGrouping_leavesTheSameRecords() {
        List<ObjectNode> history = new ArrayList<>();
        for (int job = 0; job < 6; job++) {
            String id = "id" + job;
            history.add(started(run(job), 1, job, "h" + job % 2, "p", "j", id, "async", 10));
            history.add(json(
                    "job_polled",
                    run(job + 10),
                    1,
                    job + 3,
                    "host",
                    "h" + job % 2,
                    "ansible_job_id",
                    id,
                    "play",
                    "checker"));
            history.add(json(
                    "job_ended",
                    run(job),
                    2,
                    job + 5,
                    "host",
                    "h" + job % 2,
                    "ansible_job_id",
                    id,
                    "status",
                    job % 2 == 0 ? "lost" : "failed"));
            history.add(json(
                    "job_ended",
                    run(job + 10),
                    2,
                    job + 4,
                    "host",
                    "h" + job % 2,
                    "ansible_job_id",
                    id,
                    "status",
                    "succeeded"));
            history.add(saved(run(job + 20), job + 2, "h" + job % 2, "q", "saved", id));
        }
        Map<String, String> expected = null;
        for (int seed = 0; seed < 3; seed++) {
            Random random = new Random(seed);
            Collections.shuffle(history, random);
            Ledger other = openAnother();
            try {
                for (int from = 0; from < history.size(); ) {
                    int to = Math.min(history.size(), from + 1 + random.nextInt(8));
                    append(other, history.subList(Math.max(0, from - 2), to).toArray(ObjectNode[]::new));
                    from = to;
                }
                Map<String, String> records = new LinkedHashMap<>();
                for (String host : List.of("h0", "h1")) {
                    for (String name : List.of("p/j", "q/saved", "checker/unknown")) {
                        JobKey key = key(host, name.split("/")[0], name.split("/")[1]);
                        records.put(
                                key.toString(),
                                other.jobs()
                                        .newest(key, Narrowing.NONE)
                                        .map(record -> RecordJson.write(record).toString())
                                        .orElse("none"));
                    }
                }
                expected = expected == null ? records : expected;
                assertThat(records).isEqualTo(expected);
            } finally {
                other.close();
            }
        }
        assertThat(expected.values().stream().filter("none"::equals)).hasSize(2);
    }

    /**
     * Controllers and ingester whose clocks are set forward and back, by seconds and by years, between any two events.
     */
    @Test
    void clocksThatJump_leaveTheSameRecordsInAnyOrder() {
        for (int seed = 0; seed < 2; seed++) {
            Random random = new Random(seed);
            List<ObjectNode> history = new ArrayList<>();
            for (int job = 0; job < 3; job++) {
                String host = "h" + job;
                long first = jump(random);
                long second = jump(random);
                history.add(started(run(job), 1, first, host, "p", "j", "id" + job, "async", 60));
                history.add(json("job_polled", run(job), 2, jump(random), "host", host, "ansible_job_id", "id" + job));
                history.add(json(
                        "job_ended",
                        run(job),
                        3,
                        jump(random),
                        "host",
                        host,
                        "ansible_job_id",
                        "id" + job,
                        "status",
                        "lost"));
                history.add(json(
                        "job_ended",
                        run(job + 10),
                        1,
                        jump(random),
                        "host",
                        host,
                        "ansible_job_id",
                        "id" + job,
                        "status",
                        job == 0 ? "timed_out" : "failed"));
                history.add(json(
                        "job_cleaned", run(job + 10), 2, jump(random), "host", host, "ansible_job_id", "id" + job));
                // Equal starts are the one case in which the order of arrival decides.
                history.add(started(
                        run(job + 20), 1, second == first ? second + 1 : second, host, "p", "j", "other" + job));
            }
            String expected = null;
            for (int order = 0; order < 3; order++) {
                Ledger other = openAnother();
                try {
                    for (ObjectNode event : history) {
                        clock.advance(Duration.ofSeconds(jump(random)));
                        append(other, event);
                    }
                    StringBuilder records = new StringBuilder();
                    for (int job = 0; job < 3; job++) {
                        JobRecord newest = other.jobs()
                                .newest(key("h" + job, "p", "j"), Narrowing.NONE)
                                .orElseThrow();
                        JobRecord ended = other.jobs()
                                .job("h" + job, id("id" + job))
                                .orElseThrow()
                                .record(key("h" + job, "p", "j"));
                        assertThat(ended.status()).isEqualTo(job == 0 ? JobStatus.TIMED_OUT : JobStatus.FAILED);
                        records.append(RecordJson.write(newest))
                                .append(RecordJson.write(ended))
                                .append('\n');
                    }
                    expected = expected == null ? records.toString() : expected;
                    assertThat(records.toString())
                            .as("seed " + seed + ", order " + order)
                            .isEqualTo(expected);
                } finally {
                    other.close();
                }
                Collections.shuffle(history, random);
            }
        }
    }

    /**
     * Seconds: mostly a few, sometimes hours or years, forward and back; from 1976 to 2076 when they are added to T0 as
     * events are.
     */
    private static long jump(Random random) {
        long most = List.of(2L, 90L, 86_400L, 50L * 365 * 86_400).get(random.nextInt(4));
        return random.nextLong(-most, most);
    }

    @Test
    void reopening_keepsEverything() {
        append(
                json("run_started", run(1), 1, 0, "kind", "playbook", "run_name", "n"),
                json("play_started", run(1), 2, 0, "play", "p"),
                started(run(1), 3, 1, "h", "p", "j", "a"),
                json("run_finished", run(1), 4, 9, "stats", Map.of()));
        JobRecord before = newest("h", "p", "j");
        Run run = ledger.audit().run(run(1)).orElseThrow();
        reopen(MIRROR);
        assertThat(newest("h", "p", "j")).isEqualTo(before);
        assertThat(ledger.audit().run(run(1)).orElseThrow()).isEqualTo(run);
        assertThat(ledger.audit().events(run(1), 0, 10)).hasSize(4);
        assertThat(ledger.audit().plays(run(1))).hasSize(1);
        assertThat(due()).containsExactly(key("h", "p", "j"));
        assertThat(append(started(run(1), 3, 1, "h", "p", "j", "a"))).isEqualTo(new EventSink.Appended(0, 1));
        ledger.check();
    }

    @Test
    void closedLedger_refusesAsStopped() {
        ledger.close();
        assertThatThrownBy(() -> append(json("run_alive", run(1), 1, 1)))
                .isInstanceOfSatisfying(
                        LedgerException.class, e -> assertThat(e.kind()).isEqualTo(LedgerException.Kind.STOPPED));
        ledger = open(List.of(MIRROR));
        assertThat(ledger.audit().run(run(1))).isEmpty();
    }

    @Test
    void unseenIntents_areThoseThatNothingMadeGood() {
        Object[] migrate = {"host", "h", "play", "p", "job", "migrate", "task", "migrate", "poll", 5};
        append(
                json("job_intended", run(1), 1, 0, migrate),
                json("job_intended", run(1), 2, 1, "host", "h2", "play", "p", "job", "migrate", "task", "migrate"),
                json("job_intended", run(1), 3, 2, "host", "h", "play", "p", "job", "skipped", "task", "skipped"),
                json(
                        "job_intended",
                        run(1),
                        4,
                        3,
                        "host",
                        "h",
                        "play",
                        "p",
                        "job",
                        "secret",
                        "task",
                        "secret",
                        "no_log",
                        true));
        assertThat(ledger.audit().unseenIntents(run(1)))
                .extracting(RunQueries.Intent::seq)
                .containsExactly(1L, 2L, 3L, 4L);
        append(
                started(run(1), 5, 4, "h", "p", "migrate", "j1"),
                json(
                        "job_not_started",
                        run(1),
                        6,
                        5,
                        "host",
                        "h",
                        "play",
                        "p",
                        "job",
                        "skipped",
                        "task",
                        "skipped",
                        "intent",
                        3));
        assertThat(ledger.audit().unseenIntents(run(1)))
                .extracting(
                        RunQueries.Intent::seq, RunQueries.Intent::host, RunQueries.Intent::task, RunQueries.Intent::at)
                .containsExactly(
                        tuple(2L, "h2", "migrate", T0.plusSeconds(1)), tuple(4L, "h", "secret", T0.plusSeconds(3)));
        assertThat(ledger.audit().unseenIntents(run(2))).isEmpty();
        assertThat(ledger.audit().jobs(JobFilter.ALL, PageRequest.first(10)).items())
                .as("an intent is no job")
                .hasSize(1);
    }

    @Test
    void firstGap_isTheFirstStretchThatIsNotThere() {
        append(json("run_alive", run(1), 3, 3), json("run_alive", run(1), 4, 4), json("run_finished", run(1), 9, 9));
        assertThat(ledger.audit().firstGap(run(1))).contains(new RunQueries.Gap(1, 2));
        append(json("run_alive", run(1), 1, 1), json("run_alive", run(1), 2, 2));
        assertThat(ledger.audit().firstGap(run(1))).contains(new RunQueries.Gap(5, 8));
        append(json("run_alive", run(1), 6, 6));
        assertThat(ledger.audit().firstGap(run(1))).contains(new RunQueries.Gap(5, 5));
        append(json("run_alive", run(1), 5, 5), json("run_alive", run(1), 7, 7), json("run_alive", run(1), 8, 8));
        assertThat(ledger.audit().firstGap(run(1))).isEmpty();
        assertThat(ledger.audit().run(run(1)).orElseThrow().complete()).isTrue();
    }

    private static Precondition nothing(JobKey key) {
        return new Precondition(key, Narrowing.NONE, Optional::isEmpty);
    }

    @Test
    void conditionalBatch_isStoredIfItHolds_andElseNothingOfIt() {
        List<Event> first = Wire.events(saved(run(1), 0, "h", "p", "j", "a"));
        assertThat(ledger.conditionalSink().append(first, nothing(key("h", "p", "j"))))
                .isEqualTo(new EventSink.Appended(1, 0));
        assertThatThrownBy(() -> ledger.conditionalSink()
                        .append(Wire.events(saved(run(2), 1, "h", "p", "j", "b")), nothing(key("h", "p", "j"))))
                .isInstanceOfSatisfying(
                        LedgerException.class, e -> assertThat(e.kind()).isEqualTo(LedgerException.Kind.CONFLICT));
        assertThat(newest("h", "p", "j").jobId()).isEqualTo(id("a"));
        assertThat(ledger.jobs().job("h", id("b"))).isEmpty();
        assertThat(ledger.conditionalSink().append(first, nothing(key("h", "p", "j"))))
                .as("a repeat of what is stored")
                .isEqualTo(new EventSink.Appended(0, 1));
        assertThat(ledger.conditionalSink()
                        .append(
                                Wire.events(saved(run(2), 1, "h", "p", "j", "b")),
                                new Precondition(key("h", "p", "j"), Narrowing.NONE, known -> known.isPresent())))
                .isEqualTo(new EventSink.Appended(1, 0));
        assertThat(append(saved(run(3), 2, "h", "p", "other", "c")))
                .as("what others store goes on")
                .isEqualTo(new EventSink.Appended(1, 0));
        assertThat(newest("h", "p", "j").jobId()).isEqualTo(id("b"));
    }

    @Test
    void whatConcernsAJob_standsInItsHistory_andLeavesItsRecord() {
        append(started(run(1), 1, 0, "h", "p", "j", "a"));
        JobRecord before = newest("h", "p", "j");
        append(
                json("job_unreached", run(2), 1, 5, "host", "h", "ansible_job_id", "a", "message", "no route"),
                json("job_unreached", run(2), 2, 5, "host", "h", "ansible_job_id", "nobody knows"),
                json(
                        "job_cancel_requested",
                        run(3),
                        1,
                        6,
                        "host",
                        "h",
                        "ansible_job_id",
                        "a",
                        "by",
                        "anna",
                        "message",
                        "wrong"));
        assertThat(newest("h", "p", "j")).isEqualTo(before);
        assertThat(ledger.audit().eventsOf("h", id("a"), 10))
                .extracting(StoredEvent::type)
                .containsExactly("job_started", "job_unreached", "job_cancel_requested");
        assertThat(ledger.audit().run(run(2))).as("a visit is a run").isPresent();
        assertThat(ledger.audit().run(run(3))).as("a request is none").isEmpty();
        assertThat(Findings.deep(ledger).faults).isEmpty();
    }

    @Test
    void jobWithoutAnId_isClosed_andSettledJobsOpenAgain() {
        ObjectNode hidden =
                json("job_unresumable", run(1), 1, 0, "host", "h", "play", "p", "job", "secret", "task", "t");
        append(hidden, json("job_unresumable", run(1), 2, 0, "host", "h", "play", "p", "job", "other", "task", "t"));
        append(json(
                "job_closed",
                run(2),
                1,
                5,
                "host",
                "h",
                "play",
                "p",
                "job",
                "secret",
                "launch_run_id",
                run(1).toString(),
                "launch",
                1,
                "by",
                "anna",
                "message",
                "rebooted"));
        assertThat(newest("h", "p", "secret").status()).isEqualTo(JobStatus.CLOSED);
        assertThat(newest("h", "p", "other").status()).isEqualTo(JobStatus.RUNNING);
        append(
                started(run(3), 1, 0, "h", "p", "j", "a"),
                json(
                        "job_closed",
                        run(4),
                        1,
                        5,
                        "host",
                        "h",
                        "play",
                        "p",
                        "job",
                        "j",
                        "ansible_job_id",
                        "a",
                        "by",
                        "anna",
                        "message",
                        "gone"));
        assertThat(newest("h", "p", "j").status()).isEqualTo(JobStatus.CLOSED);
        assertThat(ledger.audit().host("h").orElseThrow().counts().closed()).isEqualTo(2);
        append(json("job_polled", run(5), 1, 9, "host", "h", "ansible_job_id", "a", "sighting", Map.of("pid", 1)));
        assertThat(newest("h", "p", "j").status()).isEqualTo(JobStatus.RUNNING);
        assertThat(ledger.audit().host("h").orElseThrow().counts().running()).isEqualTo(2);
        assertThat(Findings.deep(ledger).faults).isEmpty();
    }
}
