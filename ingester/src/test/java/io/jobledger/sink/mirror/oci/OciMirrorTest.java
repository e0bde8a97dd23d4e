package io.jobledger.sink.mirror.oci;

import static io.jobledger.Wire.id;
import static io.jobledger.sink.mirror.Records.EARLY;
import static io.jobledger.sink.mirror.Records.LATE;
import static io.jobledger.sink.mirror.Records.key;
import static io.jobledger.sink.mirror.Records.running;
import static org.assertj.core.api.Assertions.assertThat;

import io.jobledger.model.JobKey;
import io.jobledger.oci.standin.StoredObject;
import io.jobledger.sink.mirror.CheckStep;
import io.jobledger.sink.mirror.Mirror;
import io.jobledger.sink.mirror.MirrorContract;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The contract through the real SDK over a socket, and what only a bucket has. */
class OciMirrorTest extends MirrorContract {
    @TempDir
    private static Path directory;

    private static OciTestBed bed;
    private String bucket;

    @BeforeAll
    static void start() {
        bed = new OciTestBed(directory);
    }

    @AfterAll
    static void stop() {
        bed.close();
    }

    @Override
    protected Mirror open() {
        bucket = bed.newBucket();
        return new OciMirror("oci://" + bucket + "@" + OciTestBed.NAMESPACE + "/team-a/jobs", bed.options());
    }

    @Override
    protected void plant(String path, byte[] bytes) {
        bed.standIn.store(bucket, "team-a/jobs/" + path, bytes);
    }

    @Test
    void put_object_hasTypeMetadataAndThePathOnDisk() {
        JobKey key = key("db1", "Upgrade", "sauvegarde é 100% 🚀");
        try (Mirror mirror = bed.mirror(bucket)) {
            mirror.put(running(key, "j889214147243.9938", EARLY));
        }
        StoredObject object = bed.standIn.object(bucket, "db1/Upgrade/sauvegarde é 100%25 🚀.json");
        assertThat(object.contentType()).isEqualTo("application/json");
        assertThat(object.metadata())
                .containsOnly(
                        Map.entry("ansible-job-id", "j889214147243.9938"),
                        Map.entry("ansible-host", "db1"),
                        Map.entry("ansible-job-name", "sauvegarde %C3%A9 100%25 %F0%9F%9A%80"));
    }

    @Test
    void namespace_notGiven_isFoundOnce() {
        int before = bed.standIn.requests().size();
        try (Mirror mirror = bed.mirror(bucket)) {
            mirror.put(running(key("a", "b", "c"), "j1", EARLY));
            mirror.put(running(key("a", "b", "d"), "j1", EARLY));
            assertThat(mirror.uri()).isEqualTo("oci://" + bucket);
        }
        List<String> requests =
                bed.standIn.requests().subList(before, bed.standIn.requests().size());
        assertThat(requests)
                .filteredOn(request -> request.equals("GET /n") || request.equals("GET /n/"))
                .hasSize(1);
        assertThat(requests).anyMatch(request -> request.startsWith("PUT /n/acme/b/" + bucket + "/o/"));
    }

    @Test
    void prefix_otherMirrorInTheSameBucket_isNotSeen() {
        try (Mirror a = new OciMirror("oci://" + bucket + "/a", bed.options());
                Mirror ab = new OciMirror("oci://" + bucket + "/ab/", bed.options())) {
            a.put(running(key("h", "p", "in a"), "j1", EARLY));
            ab.put(running(key("h", "p", "in ab"), "j2", EARLY));
            List<String> paths = new ArrayList<>();
            a.list(listed -> paths.add(listed.path()));
            assertThat(paths).containsExactly("h/p/in a.json");
            assertThat(ab.uri()).isEqualTo("oci://" + bucket + "/ab");
        }
    }

    @Test
    void put_twoWritersOfOneKey_newestWinsWhoeverIsLast() throws Exception {
        JobKey key = key("db1", "play", "contended");
        ExecutorService workers = Executors.newFixedThreadPool(2);
        try (Mirror one = bed.mirror(bucket);
                Mirror two = bed.mirror(bucket)) {
            for (int i = 0; i < 15; i++) {
                CountDownLatch together = new CountDownLatch(2);
                String older = "2026-11-20T10:00:%02d.000000Z".formatted(2 * i);
                String newer = "2026-11-20T10:00:%02d.000000Z".formatted(2 * i + 1);
                int round = i;
                Future<?> first = workers.submit(() -> putTogether(one, together, key, "older" + round, older));
                Future<?> second = workers.submit(() -> putTogether(two, together, key, "newer" + round, newer));
                first.get(30, TimeUnit.SECONDS);
                second.get(30, TimeUnit.SECONDS);
                assertThat(one.get(key).orElseThrow().jobId().value()).isEqualTo("newer" + i);
            }
        } finally {
            workers.shutdownNow();
        }
    }

    private static void putTogether(Mirror mirror, CountDownLatch together, JobKey key, String id, String started) {
        together.countDown();
        try {
            assertThat(together.await(10, TimeUnit.SECONDS)).isTrue();
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
        mirror.put(running(key, id, started));
    }

    @Test
    void put_everyOne_isConditional() {
        try (Mirror mirror = bed.mirror(bucket)) {
            mirror.put(running(key("a", "b", "c"), "j1", EARLY));
            String etag = bed.standIn.object(bucket, "a/b/c.json").etag();
            mirror.put(running(key("a", "b", "c"), "j2", LATE));
            assertThat(bed.standIn.object(bucket, "a/b/c.json").etag()).isNotEqualTo(etag);
        }
        assertThat(bed.standIn.conditions(bucket)).containsExactly("if-none-match", "if-match");
    }

    /** The id of the job whose record the bucket holds under a name. */
    private static String idOf(Mirror mirror, String job) {
        return mirror.get(key("a", "b", job)).orElseThrow().jobId().value();
    }

    private List<String> requestsOf(Runnable puts) {
        int before = bed.standIn.requests().size();
        puts.run();
        return bed.standIn.requests().subList(before, bed.standIn.requests().size()).stream()
                .filter(request -> request.contains("/b/" + bucket + "/o/"))
                .map(request -> request.substring(0, 4) + request.substring(request.lastIndexOf('F') + 1))
                .toList();
    }

    @Test
    void put_newAndThenItsOwn_isOneRequestEach() {
        try (Mirror mirror = bed.mirror(bucket)) {
            assertThat(requestsOf(() -> {
                        mirror.put(running(key("a", "b", "c"), "j1", EARLY));
                        mirror.put(running(key("a", "b", "c"), "j2", LATE));
                        mirror.put(running(key("a", "b", "d"), "j3", LATE));
                    }))
                    .containsExactly("PUT c.json", "PUT c.json", "PUT d.json");
            assertThat(idOf(mirror, "c")).isEqualTo("j2");
        }
    }

    @Test
    void put_whatOthersPut_isReadFirst_andSoIsTheNext() {
        try (Mirror before = bed.mirror(bucket)) {
            before.put(running(key("a", "b", "c"), "j1", EARLY));
            before.put(running(key("a", "b", "d"), "j1", LATE));
        }
        try (Mirror mirror = bed.mirror(bucket)) {
            assertThat(requestsOf(() -> mirror.put(running(key("a", "b", "c"), "j2", LATE))))
                    .containsExactly("PUT c.json", "GET c.json", "PUT c.json");
            assertThat(requestsOf(() -> mirror.put(running(key("a", "b", "d"), "j2", EARLY))))
                    .containsExactly("GET d.json");
            assertThat(idOf(mirror, "c")).isEqualTo("j2");
            assertThat(idOf(mirror, "d")).isEqualTo("j1");
            assertThat(requestsOf(() -> mirror.put(running(key("a", "b", "e"), "j2", EARLY))))
                    .containsExactly("GET e.json", "PUT e.json");
            assertThat(requestsOf(() -> mirror.put(running(key("a", "b", "f"), "j2", EARLY))))
                    .containsExactly("PUT f.json");
        }
    }

    @Test
    void put_itsOwnWasChangedOrRemovedByOthers_isSeen() {
        try (Mirror mirror = bed.mirror(bucket);
                Mirror other = bed.mirror(bucket)) {
            mirror.put(running(key("a", "b", "c"), "j1", EARLY));
            other.put(running(key("a", "b", "c"), "j3", LATE));
            mirror.put(running(key("a", "b", "c"), "j2", EARLY));
            assertThat(idOf(mirror, "c")).isEqualTo("j3");
            mirror.put(running(key("a", "b", "d"), "j4", EARLY));
            other.delete(key("a", "b", "d"), id("j4"));
            mirror.put(running(key("a", "b", "d"), "j5", LATE));
            assertThat(idOf(mirror, "d")).isEqualTo("j5");
        }
    }

    @Test
    void put_olderThanItsOwn_whichWasRemovedSince_isThere() {
        try (Mirror mirror = bed.mirror(bucket);
                Mirror other = bed.mirror(bucket)) {
            mirror.put(running(key("a", "b", "c"), "j2", LATE));
            other.delete(key("a", "b", "c"), id("j2"));
            mirror.put(running(key("a", "b", "c"), "j1", EARLY));
            assertThat(idOf(mirror, "c")).isEqualTo("j1");
        }
    }

    @Test
    void probe_stepsAreNamed_andTheProbeIsGone() {
        try (Mirror mirror = bed.mirror(bucket)) {
            assertThat(mirror.probe())
                    .extracting(CheckStep::name)
                    .containsExactly("configuration", "authentication", "bucket", "put", "get", "list", "delete");
        }
        assertThat(bed.standIn.names(bucket)).isEmpty();
    }
}
