package io.jobledger.sink.mirror;

import static io.jobledger.Wire.json;
import static io.jobledger.Wire.run;
import static io.jobledger.Wire.saved;
import static io.jobledger.Wire.started;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.jobledger.Wire;
import io.jobledger.ledger.JobLookup.Narrowing;
import io.jobledger.ledger.LedgerException;
import io.jobledger.ledger.h2.H2Compact;
import io.jobledger.ledger.h2.H2Ledger;
import io.jobledger.ledger.h2.H2Restore;
import io.jobledger.ledger.query.JobFilter;
import io.jobledger.ledger.query.PageRequest;
import io.jobledger.model.JobKey;
import io.jobledger.model.JobRecord;
import io.jobledger.resume.JobFinder;
import io.jobledger.sink.mirror.file.FileMirror;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The ways back: a ledger from its mirror, and a ledger from its backup. */
class RecoveryTest {
    private static final Narrowing NONE = Narrowing.NONE;

    @TempDir
    private Path folder;

    private H2Ledger open(String name) {
        return H2Ledger.open(
                new H2Ledger.Options(folder.resolve(name), 8 * 1024, 10_000, 1000, 0), List.of(), Clock.systemUTC());
    }

    private static final List<JobKey> KEYS = List.of(
            new JobKey("db1", "Upgrade", "migrate"),
            new JobKey("db2", "Upgrade", "migrate"),
            new JobKey("db1", "Upgrade", "secret"),
            new JobKey("db1", "Upgrade", "by hand"),
            new JobKey("../..", "a/b", "x\ny \"ü\" " + "n".repeat(300)));

    /**
     * Jobs of every kind: running, ended, replaced by a newer one, without an id, saved by hand under a name of its
     * own, with a strange name.
     */
    private static void fill(H2Ledger ledger) throws Exception {
        ledger.sink()
                .append(Wire.events(
                        json("run_started", run(1), 1, 0, "kind", "playbook", "playbook", "site.yml"),
                        started(
                                run(1),
                                2,
                                1,
                                "db1",
                                "Upgrade",
                                "migrate",
                                "j1.1",
                                "async",
                                600,
                                "results_file",
                                "/root/.ansible_async/j1.1",
                                "playbook",
                                "site.yml",
                                "playbook_path",
                                "/srv/site.yml",
                                "action",
                                "command",
                                "poll",
                                0,
                                "become_user",
                                "postgres"),
                        started(run(1), 3, 2, "db2", "Upgrade", "migrate", "j2.2", "execution_host", "bastion"),
                        json(
                                "job_ended",
                                run(1),
                                4,
                                90,
                                "host",
                                "db2",
                                "execution_host",
                                "bastion",
                                "ansible_job_id",
                                "j2.2",
                                "status",
                                "failed",
                                "rc",
                                3,
                                "message",
                                "non-zero return code"),
                        json(
                                "job_unresumable",
                                run(1),
                                5,
                                3,
                                "host",
                                "db1",
                                "play",
                                "Upgrade",
                                "job",
                                "secret",
                                "task",
                                "secret",
                                "no_log",
                                true,
                                "reason",
                                "no_log"),
                        started(run(2), 1, 1000, "db1", "Upgrade", "migrate", "j3.3", "playbook", "site.yml"),
                        json("job_cleaned", run(2), 2, 1100, "host", "db1", "ansible_job_id", "j3.3"),
                        saved(
                                run(3),
                                2000,
                                "db1",
                                "Upgrade",
                                "by hand",
                                "j3.3",
                                "metadata",
                                Map.of("ticket", "CHG-7"),
                                "a_field_of_tomorrow",
                                "kept"),
                        started(run(1), 6, 4, "../..", "a/b", "x\ny \"ü\" " + "n".repeat(300), "j5.5")))
                .get(30, TimeUnit.SECONDS);
    }

    private static Map<JobKey, Optional<JobRecord>> answers(H2Ledger ledger) {
        JobFinder finder = new JobFinder(ledger.jobs(), List.of(), result -> {});
        Map<JobKey, Optional<JobRecord>> answers = new LinkedHashMap<>();
        KEYS.forEach(key -> answers.put(key, finder.find(key, NONE).map(JobFinder.Found::record)));
        return answers;
    }

    private static Rebuild.Outcome rebuild(H2Ledger ledger, Mirror mirror, List<String> damaged) {
        return new Rebuild(ledger.sink(), Clock.systemUTC(), seen -> {}, (path, why) -> damaged.add(path)).from(mirror);
    }

    @Test
    void rebuild_fromTheMirror_answersEveryResumeAsBefore() throws Exception {
        try (Mirror mirror = new FileMirror(folder.resolve("mirror"))) {
            Map<JobKey, Optional<JobRecord>> before;
            try (H2Ledger ledger = open("first")) {
                fill(ledger);
                before = answers(ledger);
                KEYS.forEach(key -> mirror.put(ledger.jobs().newest(key, NONE).orElseThrow()));
            }
            try (H2Ledger rebuilt = open("second")) {
                List<String> damaged = new ArrayList<>();
                assertThat(rebuild(rebuilt, mirror, damaged))
                        .isEqualTo(new Rebuild.Outcome(KEYS.size(), KEYS.size(), 0));
                assertThat(damaged).isEmpty();
                assertThat(before.values()).allMatch(Optional::isPresent);
                assertThat(answers(rebuilt)).isEqualTo(before);
            }
        }
    }

    @Test
    void rebuild_again_storesNothingTwice_andANewerLedgerStaysNewer() throws Exception {
        try (Mirror mirror = new FileMirror(folder.resolve("mirror"));
                H2Ledger ledger = open("ledger")) {
            fill(ledger);
            KEYS.forEach(key -> mirror.put(ledger.jobs().newest(key, NONE).orElseThrow()));
            ledger.sink()
                    .append(Wire.events(started(run(4), 1, 5000, "db1", "Upgrade", "migrate", "j9.9")))
                    .get(30, TimeUnit.SECONDS);
            assertThat(rebuild(ledger, mirror, new ArrayList<>()).stored()).isEqualTo(KEYS.size());
            assertThat(rebuild(ledger, mirror, new ArrayList<>())).isEqualTo(new Rebuild.Outcome(KEYS.size(), 0, 0));
            assertThat(ledger.jobs()
                            .newest(KEYS.get(0), NONE)
                            .orElseThrow()
                            .jobId()
                            .value())
                    .isEqualTo("j9.9");
        }
    }

    @Test
    void rebuild_damagedFiles_areNamedAndPassedOver() throws Exception {
        Path tree = folder.resolve("tree");
        Files.createDirectories(tree.resolve("db1/Upgrade"));
        Files.writeString(tree.resolve("db1/Upgrade/torn.json"), "{\"job_name\": \"torn\", \"ho");
        Files.writeString(tree.resolve("db1/Upgrade/empty.json"), "");
        Files.writeString(tree.resolve("db1/Upgrade/wrong.json"), "{\"ansible_job_id\": \"j1.1\", \"metadata\": 7}");
        Files.writeString(
                tree.resolve("db1/Upgrade/good.json"),
                "{\"job_name\": \"good\", \"host\": \"db1\", \"ansible_job_id\": 2472848566.371110, \"save_time\":"
                        + " \"2026-11-20T10:30:45Z\", \"metadata\": {}}");
        try (Mirror mirror = new FileMirror(tree);
                H2Ledger ledger = open("ledger")) {
            List<String> damaged = new ArrayList<>();
            assertThat(rebuild(ledger, mirror, damaged)).isEqualTo(new Rebuild.Outcome(1, 1, 3));
            assertThat(damaged)
                    .containsExactlyInAnyOrder(
                            "db1/Upgrade/torn.json", "db1/Upgrade/empty.json", "db1/Upgrade/wrong.json");
            JobRecord good = ledger.jobs()
                    .newest(new JobKey("db1", "Upgrade", "good"), NONE)
                    .orElseThrow();
            assertThat(good.jobId().value()).isEqualTo("2472848566.371110");
            assertThat(good.startedAt()).isEqualTo("2026-11-20T10:30:45Z");
        }
    }

    @Test
    void aJobThatRunsOn_afterARebuild_isTheSameJob() throws Exception {
        try (Mirror mirror = new FileMirror(folder.resolve("mirror"))) {
            try (H2Ledger ledger = open("first")) {
                fill(ledger);
                mirror.put(ledger.jobs().newest(KEYS.get(0), NONE).orElseThrow());
            }
            try (H2Ledger rebuilt = open("second")) {
                rebuild(rebuilt, mirror, new ArrayList<>());
                rebuilt.sink()
                        .append(Wire.events(json(
                                "job_ended",
                                run(7),
                                1,
                                9000,
                                "host",
                                "db1",
                                "ansible_job_id",
                                "j3.3",
                                "status",
                                "succeeded",
                                "rc",
                                0)))
                        .get(30, TimeUnit.SECONDS);
                assertThat(rebuilt.jobs()
                                .newest(KEYS.get(0), NONE)
                                .orElseThrow()
                                .status()
                                .wire())
                        .isEqualTo("succeeded");
                assertThat(rebuilt.audit()
                                .jobs(JobFilter.ALL, PageRequest.first(10))
                                .items())
                        .hasSize(1);
            }
        }
    }

    @Test
    void backup_whileTheLedgerWorks_isOneMomentOfIt() throws Exception {
        Path zip = folder.resolve("backup.zip");
        AtomicBoolean stop = new AtomicBoolean();
        List<Long> acknowledged = new ArrayList<>();
        try (H2Ledger ledger = open("ledger")) {
            CompletableFuture<Void> writer = CompletableFuture.runAsync(() -> {
                for (long seq = 1; !stop.get(); seq++) {
                    ledger.sink()
                            .append(Wire.events(started(run(1), seq, seq, "db1", "p", "job " + seq, "j" + seq + ".1")))
                            .join();
                    synchronized (acknowledged) {
                        acknowledged.add(seq);
                    }
                }
            });
            Awaitility.await().atMost(Duration.ofSeconds(60)).until(() -> {
                synchronized (acknowledged) {
                    return acknowledged.size() >= 20;
                }
            });
            int before;
            synchronized (acknowledged) {
                before = acknowledged.size();
            }
            ledger.backup(zip);
            stop.set(true);
            writer.get(30, TimeUnit.SECONDS);
            assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(zip)))
                    .isEqualTo("rw-------");
            H2Restore.restore(zip, folder.resolve("restored"), Clock.systemUTC());
            try (H2Ledger restored = open("restored")) {
                long jobs = restored.audit().run(run(1)).orElseThrow().events();
                assertThat(jobs).isBetween((long) before, (long) acknowledged.size());
                assertThat(restored.audit().run(run(1)).orElseThrow().complete())
                        .isTrue();
                assertThat(restored.audit().countJobs(JobFilter.ALL)).isEqualTo(jobs);
            }
        }
    }

    @Test
    void restore_ontoAnExistingLedger_isRefused_andTouchesNothing() throws Exception {
        Path zip = folder.resolve("backup.zip");
        try (H2Ledger ledger = open("ledger")) {
            fill(ledger);
            ledger.backup(zip);
        }
        byte[] before = Files.readAllBytes(folder.resolve("ledger.mv.db"));
        assertThatThrownBy(() -> H2Restore.restore(zip, folder.resolve("ledger"), Clock.systemUTC()))
                .isInstanceOf(LedgerException.class)
                .hasMessageContaining("there is a ledger at")
                .hasMessageContaining("Move it away");
        assertThat(Files.readAllBytes(folder.resolve("ledger.mv.db"))).isEqualTo(before);
    }

    @Test
    void restore_ofSomethingElse_isRefused_andLeavesNothing() throws Exception {
        Path text = Files.writeString(folder.resolve("text.zip"), "not a zip");
        Path hollow = folder.resolve("hollow.zip");
        try (ZipOutputStream out = new ZipOutputStream(Files.newOutputStream(hollow))) {
            out.putNextEntry(new ZipEntry("ledger.mv.db"));
            out.write("H:2, garbage".getBytes(StandardCharsets.UTF_8));
        }
        Path target = Files.createDirectory(folder.resolve("data"));
        for (Path backup : List.of(text, hollow)) {
            assertThatThrownBy(() -> H2Restore.restore(backup, target.resolve("ledger"), Clock.systemUTC()))
                    .isInstanceOf(LedgerException.class);
            try (Stream<Path> files = Files.list(target)) {
                assertThat(files).isEmpty();
            }
        }
    }

    @Test
    void compact_keepsEverything_inASmallerFile() throws Exception {
        Map<JobKey, Optional<JobRecord>> before;
        try (H2Ledger ledger = open("ledger")) {
            for (int round = 0; round < 300; round++) {
                ledger.sink()
                        .append(Wire.events(started(run(9), round + 1, round, "h", "p", "job " + round, "id" + round)))
                        .get(30, TimeUnit.SECONDS);
            }
            fill(ledger);
            before = answers(ledger);
            assertThatThrownBy(() -> H2Compact.compact(folder.resolve("ledger"), 8 * 1024))
                    .isInstanceOf(LedgerException.class);
        }
        H2Compact.Outcome outcome = H2Compact.compact(folder.resolve("ledger"), 8 * 1024);
        assertThat(java.nio.file.attribute.PosixFilePermissions.toString(
                        java.nio.file.Files.getPosixFilePermissions(folder.resolve("ledger.mv.db"))))
                .isEqualTo("rw-------");
        assertThat(outcome.after()).isLessThan(outcome.before()).isEqualTo(Files.size(folder.resolve("ledger.mv.db")));
        try (H2Ledger compacted = open("ledger")) {
            assertThat(answers(compacted)).isEqualTo(before);
            assertThat(compacted.audit().run(run(9)).orElseThrow().events()).isEqualTo(300);
        }
        assertThatThrownBy(() -> H2Compact.compact(folder.resolve("absent"), 8 * 1024))
                .hasMessageContaining("there is no ledger at");
    }
}
