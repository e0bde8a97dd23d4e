package io.jobledger.sink.mirror;

import static io.jobledger.Wire.json;
import static io.jobledger.Wire.run;
import static io.jobledger.Wire.started;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jobledger.TestClock;
import io.jobledger.Wire;
import io.jobledger.ledger.JobLookup;
import io.jobledger.ledger.LedgerContract;
import io.jobledger.ledger.h2.EmbeddedLedger;
import io.jobledger.model.AnsibleJobId;
import io.jobledger.model.JobKey;
import io.jobledger.model.JobRecord;
import io.jobledger.model.JobStatus;
import io.jobledger.resume.JobFinder;
import io.jobledger.sink.mirror.file.FileMirror;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The relay brings each key's newest record to a real directory, whatever fails or restarts in between. */
class MirrorRelayTest {
    private static final JobKey KEY = new JobKey("h", "p", "j");

    @TempDir
    Path directory;

    private final TestClock clock = new TestClock(Wire.T0);
    private FailingMirror mirror;
    private EmbeddedLedger ledger;
    private MirrorRelay relay;

    /** A file mirror whose puts can be made to fail. */
    private static final class FailingMirror implements Mirror {
        private final FileMirror files;
        private final List<JobRecord> puts = Collections.synchronizedList(new ArrayList<>());
        private volatile Consumer<JobRecord> before = record -> {};

        FailingMirror(Path root) {
            files = new FileMirror(root);
        }

        @Override
        public String uri() {
            return files.uri();
        }

        @Override
        public boolean put(JobRecord record) {
            puts.add(record);
            before.accept(record);
            return files.put(record);
        }

        @Override
        public Optional<JobRecord> get(JobKey key) {
            return files.get(key);
        }

        @Override
        public void delete(JobKey key, AnsibleJobId jobId) {
            files.delete(key, jobId);
        }

        @Override
        public void list(Consumer<Listed> consumer) {
            files.list(consumer);
        }

        @Override
        public MirrorObjects objects() {
            return files.objects();
        }

        @Override
        public void putBackup(String name, Path file) {
            files.putBackup(name, file);
        }

        @Override
        public void getBackup(String name, Path file) {
            files.getBackup(name, file);
        }

        @Override
        public List<String> backups() {
            return files.backups();
        }

        @Override
        public List<CheckStep> probe() {
            return files.probe();
        }

        @Override
        public void close() {
            files.close();
        }
    }

    @BeforeEach
    void open() {
        mirror = new FailingMirror(directory.resolve("mirror"));
        ledger = EmbeddedLedger.open(
                new EmbeddedLedger.Options(directory.resolve("ledger"), 16_384, 20_000, 1000, 0),
                List.of(mirror.uri()),
                clock);
        relay = new MirrorRelay(
                mirror, ledger.mirrors().get(0), ledger.outbox(), ledger.jobs(), 2, Duration.ofMillis(20));
    }

    @AfterEach
    void close() {
        relay.close();
        ledger.close();
    }

    private void restart() {
        close();
        open();
    }

    private void append(ObjectNode... events) throws Exception {
        ledger.sink().append(Wire.events(events)).get(30, TimeUnit.SECONDS);
        LedgerContract.awaitRecords(ledger);
    }

    private static ObjectNode launch(int number, long seconds) {
        return started(run(number), 1, seconds, "h", "p", "j", "id" + number);
    }

    private JobRecord mirrored() {
        return mirror.get(KEY).orElseThrow();
    }

    private long pending() {
        return relay.backlog().pending();
    }

    @Test
    void newestRecord_arrives_byItself() throws Exception {
        relay.start();
        append(launch(1, 1));
        await().atMost(Duration.ofSeconds(20))
                .until(() -> pending() == 0 && mirror.get(KEY).isPresent());
        append(json("job_ended", run(1), 2, 9, "host", "h", "ansible_job_id", "id1", "status", "failed", "rc", 3));
        await().atMost(Duration.ofSeconds(20)).until(() -> mirrored().status() == JobStatus.FAILED);
        assertThat(mirrored().rc()).isEqualTo(3);
    }

    @Test
    void manyChangesOfOneKey_areOnePutOfTheNewest() throws Exception {
        for (int i = 1; i <= 30; i++) {
            append(launch(i, i));
        }
        relay.relayOnce();
        assertThat(mirror.puts).extracting(JobRecord::jobId).containsExactly(Wire.id("id30"));
        assertThat(pending()).isZero();
    }

    @Test
    void lateOlderJob_neverReplacesANewerOne() throws Exception {
        append(launch(2, 100));
        relay.relayOnce();
        append(launch(1, 50));
        relay.relayOnce();
        assertThat(mirrored().jobId()).isEqualTo(Wire.id("id2"));
        assertThat(pending()).isZero();
    }

    @Test
    void openJob_replacesANewerOneThatEnded_alsoWhereItsEndWasNotPutYet() throws Exception {
        append(launch(1, 1), launch(2, 2));
        relay.relayOnce();
        assertThat(OtherRecords.all(mirrored()))
                .extracting(JobRecord::jobId)
                .containsExactly(Wire.id("id2"), Wire.id("id1"));
        append(json("job_ended", run(2), 2, 9, "host", "h", "ansible_job_id", "id2", "status", "succeeded"));
        relay.relayOnce();
        assertThat(OtherRecords.all(mirrored())).extracting(JobRecord::jobId).containsExactly(Wire.id("id1"));
        append(json("job_ended", run(1), 2, 10, "host", "h", "ansible_job_id", "id1", "status", "failed"));
        relay.relayOnce();
        assertThat(mirrored().jobId()).as("none is open: the latest start").isEqualTo(Wire.id("id2"));
        assertThat(mirrored().status()).isEqualTo(JobStatus.SUCCEEDED);
        assertThat(pending()).isZero();
    }

    @Test
    void aForeignLaterJob_stays() throws Exception {
        append(launch(1, 1));
        JobRecord foreign = ledger.jobs().newest(KEY, JobLookup.Narrowing.NONE).orElseThrow();
        mirror.put(RecordFile.read(
                new String(RecordFile.write(foreign), StandardCharsets.UTF_8)
                        .replace("id1", "foreign")
                        .replace("10:00:01", "11:00:01")
                        .getBytes(StandardCharsets.UTF_8),
                null));
        relay.relayOnce();
        assertThat(mirrored().jobId()).isEqualTo(Wire.id("foreign"));
    }

    @Test
    void dryRun_isNeverPut_andOneOfAnEarlierVersionIsTakenOut() throws Exception {
        append(started(run(1), 1, 1, "h", "p", "j", "dry", "check_mode", true));
        assertThat(pending()).isZero();
        mirror.put(ledger.jobs()
                .newest(KEY, new JobLookup.Narrowing(null, null, true, null))
                .orElseThrow());
        append(launch(2, 0));
        relay.relayOnce();
        assertThat(mirrored().jobId()).isEqualTo(Wire.id("id2"));
        JobFinder finder = new JobFinder(ledger.jobs(), List.of(mirror), result -> {}, Clock.systemUTC());
        assertThat(finder.find(KEY, JobLookup.Narrowing.NONE)
                        .orElseThrow()
                        .record()
                        .jobId())
                .isEqualTo(Wire.id("id2"));
    }

    @Test
    void mirrorsAlone_answerAsTheLedgerDoes() throws Exception {
        append(
                launch(1, 1),
                launch(2, 2),
                launch(3, 3),
                json("job_ended", run(3), 2, 9, "host", "h", "ansible_job_id", "id3", "status", "succeeded"));
        relay.relayOnce();
        EmbeddedLedger empty = EmbeddedLedger.open(
                new EmbeddedLedger.Options(directory.resolve("empty"), 16_384, 20_000, 1000, 0), List.of(), clock);
        try (empty) {
            JobFinder finder = new JobFinder(empty.jobs(), List.of(mirror), result -> {}, Clock.systemUTC());
            JobFinder.Found found = finder.find(KEY, JobLookup.Narrowing.NONE).orElseThrow();
            assertThat(found.candidates()).extracting(JobRecord::jobId).containsExactly(Wire.id("id2"), Wire.id("id1"));
            assertThat(found.source()).isEqualTo(mirror.uri());
            assertThat(finder.find(KEY, JobLookup.Narrowing.NONE, new JobFinder.Choice(JobFinder.Which.OLDEST, null))
                            .orElseThrow()
                            .record()
                            .jobId())
                    .isEqualTo(Wire.id("id1"));
            assertThat(finder.find(KEY, new JobLookup.Narrowing(null, null, false, Wire.id("id1")))
                            .orElseThrow()
                            .ambiguous())
                    .isFalse();
            assertThat(finder.find(KEY, JobLookup.Narrowing.NONE, new JobFinder.Choice(null, 2))
                            .orElseThrow()
                            .record()
                            .jobId())
                    .isEqualTo(Wire.id("id1"));
            assertThat(finder.find(KEY, new JobLookup.Narrowing(null, null, true, null)))
                    .isEmpty();
            new Rebuild(empty.sink(), clock, seen -> {}, (path, why) -> {}).from(mirror);
            assertThat(empty.jobs()
                            .known(KEY, JobLookup.Narrowing.NONE)
                            .orElseThrow()
                            .open())
                    .as("rebuilt, nothing of it is lost")
                    .hasSize(2);
        }
    }

    @Test
    void restartInTheMiddle_repeatsThePut_andNeverGoesBack() throws Exception {
        append(launch(1, 1));
        mirror.before = record -> {
            // The newer record comes while the older is on its way, and then the process dies before it notes anything.
            throw new Error("killed");
        };
        try {
            relay.relayOnce();
        } catch (IllegalStateException killed) {
            assertThat(killed.getCause()).hasMessage("killed");
        }
        assertThat(mirror.get(KEY)).isEmpty();
        restart();
        append(launch(2, 2));
        relay.relayOnce();
        assertThat(mirrored().jobId()).isEqualTo(Wire.id("id2"));
        restart();
        assertThat(pending()).as("what was done stays done").isZero();
        assertThat(mirrored().jobId()).isEqualTo(Wire.id("id2"));
    }

    @Test
    void changeDuringAPut_isPutAgain() throws Exception {
        append(launch(1, 1));
        mirror.before = record -> {
            mirror.before = again -> {};
            try {
                append(json("job_ended", run(1), 2, 9, "host", "h", "ansible_job_id", "id1", "status", "succeeded"));
            } catch (Exception e) {
                throw new IllegalStateException(e);
            }
        };
        relay.relayOnce();
        assertThat(mirrored().status()).isEqualTo(JobStatus.RUNNING);
        assertThat(pending()).isEqualTo(1);
        relay.relayOnce();
        assertThat(mirrored().status()).isEqualTo(JobStatus.SUCCEEDED);
        assertThat(pending()).isZero();
    }

    @Test
    void failingMirror_isTriedAgainAfterAPause_withTheNewestOnly() throws Exception {
        append(launch(1, 1));
        mirror.before = record -> {
            throw MirrorException.passing("no room", null);
        };
        relay.relayOnce();
        relay.relayOnce();
        assertThat(mirror.puts).as("not before its pause").hasSize(1);
        assertThat(relay.backlog().lastError()).isEqualTo("no room");
        append(launch(2, 2));
        assertThat(pending()).isEqualTo(1);
        mirror.before = record -> {};
        clock.advance(Duration.ofMinutes(2));
        relay.relayOnce();
        assertThat(mirror.puts).extracting(JobRecord::jobId).containsExactly(Wire.id("id1"), Wire.id("id2"));
        assertThat(pending()).isZero();
    }

    @Test
    void keyThatCannotBePut_isBlocked_andHoldsUpNoOther() throws Exception {
        append(
                launch(1, 1),
                started(run(2), 1, 1, "other", "p", "j", "x"),
                started(run(3), 1, 1, "bug", "p", "j", "y"));
        mirror.before = record -> {
            if (record.key().equals(KEY)) {
                throw MirrorException.lasting("never", null);
            }
            if (record.key().host().equals("bug")) {
                throw new IllegalArgumentException("nobody foresaw this");
            }
        };
        relay.relayOnce();
        assertThat(mirror.get(new JobKey("other", "p", "j"))).isPresent();
        assertThat(relay.backlog().blocked()).isEqualTo(2);
        assertThat(pending()).isZero();
        clock.advance(Duration.ofDays(1));
        relay.relayOnce();
        assertThat(mirror.puts).hasSize(3);
        mirror.before = record -> {};
        assertThat(relay.retry()).isEqualTo(2);
        relay.relayOnce();
        assertThat(mirrored().jobId()).isEqualTo(Wire.id("id1"));
        assertThat(relay.backlog().blocked()).isZero();
    }

    @Test
    void nameThatWasOnlyAGuess_leavesTheMirrorAgain() throws Exception {
        append(json(
                "job_polled", run(9), 1, 5, "host", "h", "ansible_job_id", "id1", "play", "checker", "task", "wait"));
        relay.relayOnce();
        JobKey guess = new JobKey("h", "checker", "wait");
        assertThat(mirror.get(guess)).isPresent();
        append(launch(1, 1));
        relay.relayOnce();
        assertThat(mirror.get(guess)).isEmpty();
        assertThat(mirrored().jobId()).isEqualTo(Wire.id("id1"));
    }

    @Test
    void backoff_doublesUpToAMinute() {
        for (int attempts = 0; attempts < 100; attempts++) {
            long most = Math.min(60_000, 1000L << Math.min(attempts, 10));
            assertThat(io.jobledger.sink.Backoff.after(attempts))
                    .isBetween(Duration.ofMillis(most / 2), Duration.ofMillis(most));
        }
    }
}
