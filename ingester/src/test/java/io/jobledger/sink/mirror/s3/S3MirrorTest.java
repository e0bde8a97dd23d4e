package io.jobledger.sink.mirror.s3;

import static io.jobledger.sink.mirror.Records.EARLY;
import static io.jobledger.sink.mirror.Records.LATE;
import static io.jobledger.sink.mirror.Records.key;
import static io.jobledger.sink.mirror.Records.running;
import static org.assertj.core.api.Assertions.assertThat;

import io.jobledger.model.JobKey;
import io.jobledger.sink.mirror.CheckStep;
import io.jobledger.sink.mirror.Mirror;
import io.jobledger.sink.mirror.MirrorContract;
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

/** The contract through the real SDK against a real server, and what only S3 has. */
class S3MirrorTest extends MirrorContract {
    private static S3Server server;
    private String bucket;

    @BeforeAll
    static void start() throws Exception {
        server = new S3Server();
    }

    @AfterAll
    static void stop() throws Exception {
        server.close();
    }

    @Override
    protected Mirror open() {
        bucket = server.newBucket();
        return new S3Mirror("s3://" + bucket + "/team-a/jobs", server.settings());
    }

    @Override
    protected void plant(String path, byte[] bytes) {
        server.store(bucket, "team-a/jobs/" + path, bytes);
    }

    @Test
    void put_object_hasTypeMetadataAndThePathOnDisk() {
        JobKey key = key("db1", "Upgrade", "sauvegarde é 100% 🚀");
        try (Mirror mirror = server.mirror(bucket)) {
            mirror.put(running(key, "j889214147243.9938", EARLY));
        }
        var object = server.behind()
                .headObject(request -> request.bucket(bucket).key("db1/Upgrade/sauvegarde é 100%25 🚀.json"));
        assertThat(object.contentType()).isEqualTo("application/json");
        assertThat(object.metadata())
                .containsOnly(
                        Map.entry("ansible-job-id", "j889214147243.9938"),
                        Map.entry("ansible-host", "db1"),
                        Map.entry("ansible-job-name", "sauvegarde %C3%A9 100%25 %F0%9F%9A%80"));
    }

    @Test
    void prefix_otherMirrorInTheSameBucket_isNotSeen() {
        try (Mirror a = new S3Mirror("s3://" + bucket + "/a", server.settings());
                Mirror ab = new S3Mirror("s3://" + bucket + "/ab/", server.settings())) {
            a.put(running(key("h", "p", "in a"), "j1", EARLY));
            ab.put(running(key("h", "p", "in ab"), "j2", EARLY));
            List<String> paths = new ArrayList<>();
            a.list(listed -> paths.add(listed.path()));
            assertThat(paths).containsExactly("h/p/in a.json");
            assertThat(ab.uri()).isEqualTo("s3://" + bucket + "/ab");
        }
    }

    @Test
    void put_twoWritersOfOneKey_newestWinsWhoeverIsLast() throws Exception {
        JobKey key = key("db1", "play", "contended");
        ExecutorService workers = Executors.newFixedThreadPool(2);
        try (Mirror one = server.mirror(bucket);
                Mirror two = server.mirror(bucket)) {
            for (int i = 0; i < 10; i++) {
                CountDownLatch together = new CountDownLatch(2);
                String older = "2026-11-20T10:00:%02d.000000Z".formatted(2 * i);
                String newer = "2026-11-20T10:00:%02d.000000Z".formatted(2 * i + 1);
                int round = i;
                Future<?> first = workers.submit(() -> putTogether(one, together, key, "older" + round, older));
                Future<?> second = workers.submit(() -> putTogether(two, together, key, "newer" + round, newer));
                first.get(60, TimeUnit.SECONDS);
                second.get(60, TimeUnit.SECONDS);
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
    void put_whatOthersPut_isNotReplacedByAnOlderOne() {
        try (Mirror before = server.mirror(bucket);
                Mirror mirror = server.mirror(bucket)) {
            before.put(running(key("a", "b", "c"), "j2", LATE));
            assertThat(mirror.put(running(key("a", "b", "c"), "j1", EARLY))).isFalse();
            assertThat(mirror.get(key("a", "b", "c")).orElseThrow().jobId().value())
                    .isEqualTo("j2");
        }
    }

    @Test
    void probe_stepsAreNamed_conditionsAreProven_andTheProbeIsGone() {
        try (Mirror mirror = server.mirror(bucket)) {
            List<CheckStep> steps = mirror.probe();
            assertThat(steps)
                    .extracting(CheckStep::name)
                    .containsExactly("configuration", "bucket", "put", "conditions", "get", "list", "delete");
            assertThat(steps.get(0).text())
                    .contains("access key " + server.writer.id(), server.endpoint())
                    .doesNotContain(server.writer.secret());
            assertThat(steps.get(3).text()).contains("the store keeps conditions");
        }
        assertThat(server.behind()
                        .listObjectsV2(request -> request.bucket(bucket).prefix(".jobledger-probe-"))
                        .contents())
                .isEmpty();
    }
}
