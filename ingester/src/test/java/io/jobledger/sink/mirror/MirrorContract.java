package io.jobledger.sink.mirror;

import static io.jobledger.sink.mirror.Records.EARLY;
import static io.jobledger.sink.mirror.Records.LATE;
import static io.jobledger.sink.mirror.Records.dryRun;
import static io.jobledger.sink.mirror.Records.id;
import static io.jobledger.sink.mirror.Records.key;
import static io.jobledger.sink.mirror.Records.record;
import static io.jobledger.sink.mirror.Records.running;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.jobledger.model.JobKey;
import io.jobledger.model.JobRecord;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What {@link Mirror} promises, whatever is behind it. Each test starts with an empty mirror. */
public abstract class MirrorContract {
    private static final JobKey KEY = key("db1", "Upgrade databases", "upgrade_db");

    private Mirror mirror;

    /** An empty mirror. */
    protected abstract Mirror open() throws Exception;

    /** Puts bytes where the mirror looks for a path, behind its back. */
    protected abstract void plant(String path, byte[] bytes) throws Exception;

    /** Whether, of two conditional puts on one state in the same moment, the server lets only one happen. */
    protected boolean oneOfTwoPuts() {
        return true;
    }

    /** How many records a listing is tried with: more than fit on one page, where there are pages. */
    int many() {
        return 1100;
    }

    @BeforeEach
    void openMirror() throws Exception {
        mirror = open();
    }

    @AfterEach
    void closeMirror() {
        mirror.close();
    }

    private List<Mirror.Listed> listed() {
        List<Mirror.Listed> found = new ArrayList<>();
        mirror.list(found::add);
        return found;
    }

    @Test
    void get_nothingPut_isEmpty() {
        assertThat(mirror.get(KEY)).isEmpty();
        assertThat(listed()).isEmpty();
    }

    @Test
    void get_afterPut_isTheWholeRecord() {
        JobRecord record = running(KEY, "j1.1", EARLY);
        mirror.put(record);
        assertThat(mirror.get(KEY)).contains(record);
        assertThat(listed()).containsExactly(new Mirror.Listed.Found("db1/Upgrade databases/upgrade_db.json", record));
    }

    @Test
    void put_laterJob_replacesEarlierOne() {
        mirror.put(running(KEY, "j1.1", EARLY));
        JobRecord late = running(KEY, "j2.2", LATE);
        mirror.put(late);
        assertThat(mirror.get(KEY)).contains(late);
    }

    @Test
    void put_earlierJob_neverReplacesLaterOne() {
        JobRecord late = running(KEY, "j2.2", LATE);
        assertThat(mirror.put(late)).isTrue();
        assertThat(mirror.put(record(KEY, "j1.1", EARLY, "succeeded"))).isFalse();
        assertThat(mirror.put(running(KEY, "j1.1", EARLY))).isFalse();
        assertThat(mirror.get(KEY)).contains(late);
    }

    @Test
    void put_openJob_replacesALaterOneThatEnded_andADryRunsGivesWay() {
        mirror.put(record(KEY, "j2.2", LATE, "succeeded"));
        JobRecord open = running(KEY, "j1.1", EARLY);
        assertThat(mirror.put(open)).isTrue();
        assertThat(mirror.get(KEY)).contains(open);
        JobKey other = key("db1", "Upgrade databases", "dry");
        mirror.put(dryRun(other, "j3.3", LATE));
        JobRecord real = record(other, "j1.1", EARLY, "failed");
        assertThat(mirror.put(real)).isTrue();
        assertThat(mirror.get(other)).contains(real);
    }

    @Test
    void put_withOthersBesideIt_keepsThemAll() {
        JobRecord answer = running(KEY, "j2.2", LATE);
        JobRecord beside = running(KEY, "j1.1", EARLY);
        mirror.put(OtherRecords.with(answer, List.of(beside)));
        assertThat(OtherRecords.all(mirror.get(KEY).orElseThrow())).containsExactly(answer, beside);
        mirror.put(OtherRecords.with(mirror.get(KEY).orElseThrow(), List.of()));
        assertThat(mirror.get(KEY)).contains(answer);
    }

    @Test
    void get_othersThatAreNoRecords_isAFailureThatNamesThem() throws Exception {
        plant(
                "db1/Upgrade databases/upgrade_db.json",
                "{\"ansible_job_id\": \"j1.1\", \"others\": [7]}".getBytes(StandardCharsets.UTF_8));
        assertThatThrownBy(() -> mirror.get(KEY))
                .isInstanceOf(MirrorException.class)
                .hasMessageContaining("others");
    }

    @Test
    void put_newsOfTheSameJob_replaces() {
        mirror.put(running(KEY, "j1.1", LATE));
        // A launch that arrives after the status check may correct the start to an earlier one.
        JobRecord ended = record(KEY, "j1.1", EARLY, "failed");
        mirror.put(ended);
        assertThat(mirror.get(KEY)).contains(ended);
    }

    @Test
    void put_jobWithoutId_isKept() {
        JobRecord hidden = running(KEY, null, EARLY);
        mirror.put(hidden);
        assertThat(mirror.get(KEY)).contains(hidden);
    }

    static List<String> hostileNames() {
        return List.of(
                "..",
                ".",
                "../../etc/passwd",
                "/etc/passwd",
                "a/b",
                "a\\b",
                "line\nbreak\r",
                "tab\tbell\u0007",
                "~",
                ".hidden",
                "per%cent%2F",
                "plus+and space",
                " ends in blanks ",
                "quo\"te's",
                "héllo wörld",
                "日本語のジョブ",
                "emoji 🚀",
                "a?b#c&d=e;f",
                "*[x]{y}$z",
                "x".repeat(300),
                "ü".repeat(300),
                "🚀".repeat(1000),
                "end.json",
                "C:\\con");
    }

    @ParameterizedTest
    @MethodSource("hostileNames")
    void put_hostileNames_comeBackByTheirRealName(String name) {
        JobKey hostile = key(name, name, name);
        JobRecord record = running(hostile, "j1.1", EARLY);
        mirror.put(record);
        assertThat(mirror.get(hostile)).contains(record);
        assertThat(listed()).singleElement().isInstanceOfSatisfying(Mirror.Listed.Found.class, found -> {
            assertThat(found.record()).isEqualTo(record);
            assertThat(found.path().split("/")).hasSize(3);
        });
        mirror.delete(hostile, id("j1.1"));
        assertThat(mirror.get(hostile)).isEmpty();
    }

    @Test
    void put_namesThatLookAlike_stayApart() {
        List<JobKey> keys = List.of(
                key("a/b", "c", "d"),
                key("a", "b/c", "d"),
                key("a", "b", "c/d"),
                key("a%2Fb", "c", "d"),
                key("A", "b", "c/d"),
                key("a", "b", "c/d "));
        for (int i = 0; i < keys.size(); i++) {
            mirror.put(running(keys.get(i), "j" + i, EARLY));
        }
        for (int i = 0; i < keys.size(); i++) {
            assertThat(mirror.get(keys.get(i)).orElseThrow().jobId()).isEqualTo(id("j" + i));
        }
        assertThat(listed()).hasSize(keys.size());
    }

    @Test
    void delete_otherJob_leavesTheRecord() {
        JobRecord record = running(KEY, "j2.2", LATE);
        mirror.put(record);
        mirror.delete(KEY, id("j1.1"));
        assertThat(mirror.get(KEY)).contains(record);
    }

    @Test
    void delete_ownJob_takesItOut_andTwiceIsHarmless() {
        mirror.put(running(KEY, "j1.1", EARLY));
        mirror.delete(KEY, id("j1.1"));
        mirror.delete(KEY, id("j1.1"));
        assertThat(mirror.get(KEY)).isEmpty();
    }

    @Test
    void list_damagedObjects_areReportedAndStopNothing() throws Exception {
        mirror.put(running(KEY, "j1.1", EARLY));
        plant("web1/site/torn.json", "{\"host\": \"web".getBytes(StandardCharsets.UTF_8));
        plant("web1/site/wrong.json", "[1, 2]".getBytes(StandardCharsets.UTF_8));
        plant("web1/site/binary.json", new byte[] {(byte) 0xff, (byte) 0xfe, 0, 1});
        plant("web1/site/huge.json", new byte[RecordFile.MAX_BYTES + 1]);
        plant("web1/site/notes.txt", "not ours".getBytes(StandardCharsets.UTF_8));
        plant("web1/old.json", "{}".getBytes(StandardCharsets.UTF_8));
        List<Mirror.Listed> found = listed();
        assertThat(found)
                .filteredOn(Mirror.Listed.Damaged.class::isInstance)
                .extracting(Mirror.Listed::path)
                .containsExactlyInAnyOrder(
                        "web1/site/torn.json", "web1/site/wrong.json", "web1/site/binary.json", "web1/site/huge.json");
        assertThat(found).filteredOn(Mirror.Listed.Found.class::isInstance).hasSize(1);
    }

    @Test
    void get_damagedObject_isAFailureThatNamesIt_andAPutMendsIt() throws Exception {
        plant("db1/Upgrade databases/upgrade_db.json", "{".getBytes(StandardCharsets.UTF_8));
        assertThatThrownBy(() -> mirror.get(KEY))
                .isInstanceOfSatisfying(
                        MirrorException.class, e -> assertThat(e.isPassing()).isFalse())
                .hasMessageContaining("upgrade_db.json")
                .hasMessageContaining("not JSON");
        JobRecord record = running(KEY, "j1.1", EARLY);
        mirror.put(record);
        assertThat(mirror.get(KEY)).contains(record);
    }

    @Test
    void get_fileThatTheRolesWrote_isRead() throws Exception {
        plant(
                "db1/site/backup.json",
                ("{\"job_name\": \"backup\", \"host\": \"db1\", \"ansible_job_id\": \"j7.7\", \"save_time\":"
                                + " \"2026-11-20T10:30:45Z\", \"metadata\": {\"a\": 1}}")
                        .getBytes(StandardCharsets.UTF_8));
        assertThat(mirror.get(key("db1", "site", "backup")).orElseThrow().jobId())
                .isEqualTo(id("j7.7"));
    }

    @Test
    void list_moreThanOnePage_passesOnEachOnce() throws Exception {
        Set<String> expected = new HashSet<>();
        for (int i = 0; i < many(); i++) {
            JobKey one = key("host" + i % 7, "play", "job " + i);
            plant(RecordPath.of(one), RecordFile.write(running(one, "j" + i, EARLY)));
            expected.add(RecordPath.of(one));
        }
        assertThat(listed())
                .extracting(Mirror.Listed::path)
                .doesNotHaveDuplicates()
                .containsExactlyInAnyOrderElementsOf(expected);
    }

    @Test
    void put_manyKeysAtOnce_allArrive() throws Exception {
        ExecutorService workers = Executors.newFixedThreadPool(8);
        try {
            List<Future<?>> puts = new ArrayList<>();
            for (int i = 0; i < 40; i++) {
                JobRecord record = running(key("host" + i, "play", "job"), "j" + i, EARLY);
                puts.add(workers.submit(() -> mirror.put(record)));
            }
            for (Future<?> put : puts) {
                put.get(60, TimeUnit.SECONDS);
            }
        } finally {
            workers.shutdownNow();
        }
        assertThat(listed()).hasSize(40).allMatch(Mirror.Listed.Found.class::isInstance);
    }

    @Test
    void probe_goodMirror_passesEveryStepAndLeavesNothing() {
        assertThat(mirror.probe()).isNotEmpty().allSatisfy(step -> {
            assertThat(step.outcome()).isEqualTo(CheckStep.Outcome.PASSED);
            assertThat(step.text()).isNotBlank();
        });
        mirror.check();
        assertThat(listed()).isEmpty();
    }

    @Test
    void backups_areKeptBesideTheRecords_andNoListingShowsThem(@TempDir Path folder) throws Exception {
        mirror.put(running(KEY, "j1.1", EARLY));
        byte[] content = new byte[300_000];
        new Random(7).nextBytes(content);
        Path backup = Files.write(folder.resolve("made.zip"), content);
        assertThat(mirror.backups()).isEmpty();

        mirror.putBackup("ledger-2.zip", backup);
        mirror.putBackup("ledger-1.zip", Files.write(folder.resolve("other.zip"), new byte[] {1}));
        mirror.putBackup("ledger-1.zip", Files.write(folder.resolve("other.zip"), new byte[] {2}));

        assertThat(mirror.backups()).containsExactly("ledger-1.zip", "ledger-2.zip");
        mirror.getBackup("ledger-2.zip", folder.resolve("fetched.zip"));
        assertThat(folder.resolve("fetched.zip")).hasBinaryContent(content);
        mirror.getBackup("ledger-1.zip", folder.resolve("fetched-1.zip"));
        assertThat(folder.resolve("fetched-1.zip")).hasBinaryContent(new byte[] {2});
        assertThat(listed()).hasSize(1);
    }

    @Test
    void list_backupNamedLikeARecord_isNotShown(@TempDir Path folder) throws Exception {
        mirror.putBackup(
                "ledger.json", Files.write(folder.resolve("made"), RecordFile.write(running(KEY, "j1.1", EARLY))));
        assertThat(listed()).isEmpty();
        assertThat(mirror.backups()).containsExactly("ledger.json");
    }

    @Test
    void getBackup_unknownName_isRefusedWithTheNamesThereAre(@TempDir Path folder) throws Exception {
        mirror.putBackup("ledger-1.zip", Files.write(folder.resolve("made.zip"), new byte[] {1}));
        assertThatThrownBy(() -> mirror.getBackup("ledger-9.zip", folder.resolve("x")))
                .isInstanceOf(MirrorException.class)
                .hasMessageContaining("it has: ledger-1.zip");
        assertThat(folder.resolve("x")).doesNotExist();
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "..", "../x", "a/b", ".hidden", "a b", "a\nb"})
    void putBackup_nameThatIsNoFileName_isRefused(String name, @TempDir Path folder) throws Exception {
        Path made = Files.write(folder.resolve("made.zip"), new byte[] {1});
        assertThatThrownBy(() -> mirror.putBackup(name, made))
                .isInstanceOf(MirrorException.class)
                .hasMessageContaining("a backup's name");
        assertThat(mirror.backups()).isEmpty();
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    @Test
    void objects_conditionalPuts_replaceExactlyTheStateThatIsNamed() {
        MirrorObjects objects = mirror.objects();
        String name = "manifest.json";
        assertThat(objects.get(name)).isEmpty();
        assertThat(objects.put(name, bytes("never"), "a-tag"))
                .as("there is none")
                .isEmpty();
        assertThat(objects.get(name)).isEmpty();

        String first = objects.put(name, bytes("one"), null).orElseThrow();
        assertThat(objects.put(name, bytes("never"), null)).as("there is one").isEmpty();
        assertThat(objects.get(name).orElseThrow().bytes()).isEqualTo(bytes("one"));
        assertThat(objects.get(name).orElseThrow().tag()).isEqualTo(first);

        String second = objects.put(name, bytes("two"), first).orElseThrow();
        assertThat(second).isNotEqualTo(first);
        assertThat(objects.put(name, bytes("never"), first))
                .as("it was replaced")
                .isEmpty();
        assertThat(objects.get(name).orElseThrow().bytes()).isEqualTo(bytes("two"));
        assertThat(objects.put(name, bytes("three"), second)).isPresent();
    }

    @Test
    void objects_ofTwoPutsOnOneState_oneHappens() throws Exception {
        assumeTrue(oneOfTwoPuts(), "NOT SHOWN: this server checks a condition and puts in two steps");
        String tag = mirror.objects().put("contended", bytes("begin"), null).orElseThrow();
        ExecutorService workers = Executors.newFixedThreadPool(4);
        try {
            for (int round = 0; round < 10; round++) {
                List<Future<String>> puts = new ArrayList<>();
                for (int i = 0; i < 4; i++) {
                    byte[] content = bytes(round + " of " + i);
                    String before = tag;
                    puts.add(workers.submit(() -> mirror.objects()
                            .put("contended", content, before)
                            .map(now -> now + "\n" + new String(content, StandardCharsets.UTF_8))
                            .orElse(null)));
                }
                List<String> happened = new ArrayList<>();
                for (Future<String> put : puts) {
                    String done = put.get(30, TimeUnit.SECONDS);
                    if (done != null) {
                        happened.add(done);
                    }
                }
                assertThat(happened).hasSize(1);
                String[] parts = happened.get(0).split("\n");
                tag = parts[0];
                MirrorObjects.Held held = mirror.objects().get("contended").orElseThrow();
                assertThat(held.bytes()).isEqualTo(bytes(parts[1]));
                assertThat(held.tag()).isEqualTo(tag);
            }
        } finally {
            workers.shutdownNow();
        }
    }

    @Test
    void objects_areListedAndDeleted_andNoListingOfRecordsShowsThem() {
        mirror.put(running(KEY, "j1.1", EARLY));
        MirrorObjects objects = mirror.objects();
        byte[] large = new byte[5_000_000];
        new Random(7).nextBytes(large);
        Set<String> names = new HashSet<>();
        for (int i = 0; i < Math.min(many(), 1010); i++) {
            names.add("1/a-" + i + ".jlog/x");
            objects.put("1/a-" + i + ".jlog/x", bytes("" + i), null);
        }
        names.add("large");
        objects.put("large", large, null);
        assertThat(objects.list()).containsExactlyInAnyOrderElementsOf(names);
        assertThat(objects.get("large").orElseThrow().bytes()).isEqualTo(large);
        assertThat(objects.get("1/a-7.jlog/x").orElseThrow().bytes()).isEqualTo(bytes("7"));
        assertThat(listed()).hasSize(1);
        assertThat(mirror.backups()).isEmpty();

        objects.delete("large");
        objects.delete("large");
        objects.delete("1/a-7.jlog/x");
        names.removeAll(Set.of("large", "1/a-7.jlog/x"));
        assertThat(objects.get("large")).isEmpty();
        assertThat(objects.list()).containsExactlyInAnyOrderElementsOf(names);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "..", "../x", "a/../b", "/a", "a//b", "a/", ".hidden", "a/.b", "a b", "a\nb"})
    void objects_nameThatIsNone_isRefused(String name) {
        assertThatThrownBy(() -> mirror.objects().put(name, new byte[1], null))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> mirror.objects().get(name)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> mirror.objects().delete(name)).isInstanceOf(IllegalArgumentException.class);
    }
}
