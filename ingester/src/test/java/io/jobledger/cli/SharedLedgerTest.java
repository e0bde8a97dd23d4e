package io.jobledger.cli;

import static io.jobledger.Wire.json;
import static io.jobledger.Wire.run;
import static io.jobledger.cli.SharedIngesters.LIMIT;
import static io.jobledger.cli.SharedIngesters.NAMES;
import static io.jobledger.cli.SharedIngesters.SENDERS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.jobledger.ledger.postgres.PostgresPair;
import io.jobledger.ledger.postgres.PostgresServer;
import io.jobledger.model.JobKey;
import io.jobledger.model.JobRecord;
import io.jobledger.sink.mirror.Mirror;
import io.jobledger.sink.mirror.file.FileMirror;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Ingesters as processes on one PostgreSQL database: what they share, and that one is killed, or the server goes away,
 * for a while or for ever.
 */
class SharedLedgerTest {
    @TempDir
    Path directory;

    /** How far a record is: its job's number, and after that whether the job is over. */
    private static long progress(JobRecord record) {
        return 2L * Long.parseLong(record.jobId().value().replaceAll("\\..*", ""))
                + (record.status().open() ? 0 : 1);
    }

    @Test
    void threeIngesters_oneOfThemKilled_loseNothing_doubleNothing_andNoMirrorGoesBack() throws Exception {
        Path tree = directory.resolve("mirror");
        try (SharedIngesters ingesters =
                new SharedIngesters(PostgresServer.shared().newDatabase(), directory)) {
            for (int i = 0; i < 3; i++) {
                ingesters.serve("--mirror", tree.toString(), "--mirror-claim", "20s");
            }
            AtomicBoolean watched = new AtomicBoolean();
            Future<?> watcher = ingesters.beside(() -> watch(tree, watched));
            ingesters.send();
            ingesters.more(100);
            ingesters.served.get(1).kill();
            ingesters.more(100);
            ingesters.stopSending();
            ingesters.assertExactlyOnce();
            ingesters.assertMirrored(tree);
            watched.set(true);
            watcher.get(1, TimeUnit.MINUTES);
        }
    }

    /** Looks at the mirror again and again: no record may ever be older than it was. */
    private static void watch(Path tree, AtomicBoolean stop) {
        long[] seen = new long[SENDERS * NAMES];
        try (Mirror mirror = new FileMirror(tree)) {
            while (!stop.get()) {
                for (int i = 0; i < seen.length; i++) {
                    String name = "s" + i / NAMES + "n" + i % NAMES;
                    long now = mirror.get(new JobKey("h", "p", name))
                            .map(SharedLedgerTest::progress)
                            .orElse(0L);
                    assertThat(now).as(name + " went back").isGreaterThanOrEqualTo(seen[i]);
                    seen[i] = now;
                }
            }
        }
    }

    /** The database is away: the ingester says so everywhere, and stores nothing. */
    private static void assertAway(ServedProcess ingester) throws InterruptedException {
        await().atMost(LIMIT)
                .untilAsserted(
                        () -> assertThat(ingester.get("/readyz").statusCode()).isEqualTo(503));
        assertThat(ingester.get("/healthz").statusCode()).isEqualTo(200);
        HttpResponse<String> refused = ingester.post("[" + json("run_alive", run(99), 1, 1) + "]");
        assertThat(refused.statusCode()).isEqualTo(503);
        assertThat(refused.headers().firstValue("retry-after")).isPresent();
        assertThat(refused.body()).contains("try again").doesNotContain("Exception");
        assertThat(ingester.get("/api/v1/jobs/h/p/s0n1").statusCode()).isEqualTo(503);
    }

    private static void awaitReady(ServedProcess ingester) {
        await().atMost(LIMIT)
                .untilAsserted(
                        () -> assertThat(ingester.get("/readyz").statusCode()).isEqualTo(200));
    }

    @Test
    void serverThatIsAway_isWaitedFor_andNothingAcknowledgedIsLost() throws Exception {
        try (PostgresServer server = new PostgresServer(directory.resolve("server"));
                SharedIngesters ingesters = new SharedIngesters(server.newDatabase(), directory)) {
            ServedProcess ingester = ingesters.serve();
            ingesters.send();
            for (int round = 0; round < 2; round++) {
                ingesters.more(20);
                server.stop();
                assertAway(ingester);
                server.startAgain();
                awaitReady(ingester);
            }
            ingesters.more(20);
            ingesters.stopSending();
            ingesters.assertExactlyOnce();
            awaitReady(ingester);
            await().atMost(LIMIT)
                    .untilAsserted(() -> assertThat(
                                    ingester.get("/api/v1/jobs/h/p/s0n1").statusCode())
                            .isEqualTo(200));
        }
    }

    @Test
    void primaryThatDies_isReplacedByItsStandby_andNothingAcknowledgedIsLost() throws Exception {
        Path tree = directory.resolve("mirror");
        try (PostgresPair pair = new PostgresPair(directory);
                SharedIngesters ingesters = new SharedIngesters(pair.database(), directory)) {
            ServedProcess ingester = ingesters.serve("--mirror", tree.toString());
            ingesters.send();
            ingesters.more(20);
            pair.killPrimary();
            assertAway(ingester);
            pair.promoteStandby();
            awaitReady(ingester);
            ingesters.more(20);
            ingesters.stopSending();
            ingesters.assertExactlyOnce();
            ingesters.assertMirrored(tree);
        }
    }

    private static int status(ServedProcess ingester, String token) throws InterruptedException {
        return ingester.get("/api/v1/runs", token).statusCode();
    }

    @Test
    void token_isGoodAtEveryIngester_untilItIsRevoked_andTheTrailIsOne() throws Exception {
        try (SharedIngesters ingesters =
                new SharedIngesters(PostgresServer.shared().newDatabase(), directory)) {
            List<ServedProcess> both = List.of(ingesters.serve(), ingesters.serve());
            String admin = ingesters
                    .command(0, "token", "create", "--scope", "admin", "--name", "boss")
                    .lines()
                    .filter(line -> line.startsWith("jl_"))
                    .findFirst()
                    .orElseThrow();
            for (ServedProcess ingester : both) {
                await().atMost(LIMIT)
                        .untilAsserted(() -> assertThat(status(ingester, admin)).isEqualTo(200));
                await().atMost(LIMIT)
                        .untilAsserted(
                                () -> assertThat(ingester.get("/api/v1/runs").statusCode())
                                        .isEqualTo(401));
                assertThat(status(ingester, "jl_" + "0".repeat(64))).isEqualTo(401);
                assertThat(ingester.postTo("/api/v1/mirrors/retry", admin).statusCode())
                        .isEqualTo(200);
            }
            assertThat(ingesters.command(1, "token", "create", "--scope", "read", "--name", "boss"))
                    .contains("revoke it first");
            assertThat(ingesters.command(0, "token", "ls"))
                    .contains("boss", "valid")
                    .doesNotContain(admin);
            ingesters.command(0, "token", "revoke", "boss");
            for (ServedProcess ingester : both) {
                await().atMost(LIMIT)
                        .untilAsserted(() -> assertThat(status(ingester, admin)).isEqualTo(401));
            }
            await().atMost(LIMIT)
                    .untilAsserted(() -> assertThat(ingesters.count("SELECT COUNT(*) FROM audit_trail"))
                            .isEqualTo(6));
            List<String> trail = ingesters.command(0, "trail").lines().toList();
            assertThat(trail)
                    .hasSize(6)
                    .noneMatch(line -> line.contains(admin))
                    .allMatch(line -> line.contains("\"via\":"));
            assertThat(trail.get(0)).contains("token.create", "boss");
            assertThat(trail).filteredOn(line -> line.contains("http.begin")).hasSize(2);
            assertThat(trail)
                    .filteredOn(line -> line.contains("token.create"))
                    .as("what was refused was not done")
                    .hasSize(1);
            assertThat(trail.get(5)).contains("token.revoke");
        }
    }

    @Test
    void tokensInTheDataDirectory_thatWouldNotCount_areNotPassedOver() throws Exception {
        try (SharedIngesters ingesters =
                new SharedIngesters(PostgresServer.shared().newDatabase(), directory)) {
            String data = directory.resolve("data0").toString();
            ServedProcess.run(0, ingesters.environment(), "token", "create", "--scope", "read", "--data-dir", data);
            assertThat(ingesters.command(1, "serve", "--port", "0", "--data-dir", data))
                    .contains("tokens.json do not count")
                    .contains("token create");
            ingesters.command(0, "token", "create", "--scope", "read", "--data-dir", data);
            assertThat(ingesters.serve().get("/api/v1/runs").statusCode()).isEqualTo(401);
        }
    }

    @Test
    void tokensOfAnEmbeddedLedger_moveWithIt_andOpenTheNewOne() throws Exception {
        try (SharedIngesters ingesters =
                new SharedIngesters(PostgresServer.shared().newDatabase(), directory)) {
            Path data = directory.resolve("data0");
            String token = ServedProcess.run(
                            0,
                            ingesters.environment(),
                            "token",
                            "create",
                            "--scope",
                            "read",
                            "--name",
                            "old",
                            "--data-dir",
                            data.toString())
                    .lines()
                    .filter(line -> line.startsWith("jl_"))
                    .findFirst()
                    .orElseThrow();
            new ServedProcess(directory.resolve("embedded"), Map.of(), "--data-dir", data.toString()).close();
            assertThat(ServedProcess.run(
                            0,
                            ingesters.environment(),
                            "migrate-ledger",
                            "--from",
                            "h2:" + data.resolve("ledger"),
                            "--to",
                            ingesters.url()))
                    .contains("tokens.json, 1 in all");
            ServedProcess ingester = ingesters.serve();
            assertThat(status(ingester, token)).isEqualTo(200);
            assertThat(ingester.get("/api/v1/runs").statusCode()).isEqualTo(401);
            assertThat(ingesters.command(0, "trail")).contains("token.move");
        }
    }
}
