package io.jobledger.cli;

import static io.jobledger.Wire.json;
import static io.jobledger.Wire.run;
import static io.jobledger.Wire.started;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.jobledger.config.LedgerLocation;
import io.jobledger.ledger.PostgresServer;
import io.jobledger.mirror.FileMirror;
import io.jobledger.mirror.Mirror;
import io.jobledger.model.JobKey;
import io.jobledger.model.JobRecord;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Ingesters as processes on one PostgreSQL database: one is killed, or the server goes away. */
class SharedLedgerTest {
    private static final int NAMES = 6;
    private static final int SENDERS = 4;

    @TempDir
    Path directory;

    private final List<ServedProcess> served = new ArrayList<>();
    private final ExecutorService threads = Executors.newCachedThreadPool();

    private ServedProcess serve(LedgerLocation.Postgres database, String... more) throws Exception {
        List<String> arguments = new ArrayList<>(List.of("--ledger", database.url(), "--data-dir", directory.resolve("data" + served.size()).toString()));
        arguments.addAll(List.of(more));
        ServedProcess process = new ServedProcess(directory.resolve("log" + served.size()), Map.of("PGUSER", database.user(), "PGPASSWORD", "s3cret"), arguments.toArray(String[]::new));
        served.add(process);
        assertThat(process.greeting).contains("ledger postgresql://localhost:").doesNotContain("s3cret");
        return process;
    }

    @AfterEach
    void stopAll() {
        threads.shutdownNow();
        served.forEach(ServedProcess::close);
    }

    private static long count(LedgerLocation.Postgres database, String sql) throws SQLException {
        try (Connection connection = PostgresServer.connect(database); Statement statement = connection.createStatement(); ResultSet rows = statement.executeQuery(sql)) {
            rows.next();
            return rows.getLong(1);
        }
    }

    /** Sends to any of the ingesters until one has acknowledged, as a recorder does. */
    private void deliver(Random random, String events) throws InterruptedException {
        long deadline = System.nanoTime() + Duration.ofMinutes(3).toNanos();
        while (System.nanoTime() < deadline) {
            HttpResponse<String> answer = served.get(random.nextInt(served.size())).post(events);
            if (answer != null && answer.statusCode() == 200) {
                return;
            }
            assertThat(answer == null || answer.statusCode() == 503).as(() -> answer.statusCode() + " " + answer.body()).isTrue();
            Thread.onSpinWait();
        }
        throw new AssertionError("nobody took " + events);
    }

    /** One sender's run: a new job under the next of its names, then its end; numbers grow, so what is newest is known. */
    private void send(int sender, AtomicBoolean stop, AtomicInteger jobs) throws InterruptedException {
        Random random = new Random(sender);
        long seq = 0;
        for (int n = 1; !stop.get(); n++) {
            String name = "s" + sender + "n" + n % NAMES;
            String id = n + "." + sender;
            deliver(random, "[" + started(run(sender), ++seq, n, "h", "p", name, id) + "]");
            deliver(random, "[" + json("job_ended", run(sender), ++seq, n, "host", "h", "ansible_job_id", id, "status", "succeeded") + "]");
            jobs.incrementAndGet();
        }
    }

    /** How far a record is: its job's number, and after that whether the job is over. */
    private static long progress(JobRecord record) {
        return 2L * Long.parseLong(record.jobId().value().replaceAll("\\..*", "")) + (record.status().open() ? 0 : 1);
    }

    @Test
    void threeIngesters_oneOfThemKilled_loseNothing_doubleNothing_andNoMirrorGoesBack() throws Exception {
        LedgerLocation.Postgres database = PostgresServer.shared().newDatabase();
        String tree = directory.resolve("mirror").toString();
        for (int i = 0; i < 3; i++) {
            serve(database, "--mirror", tree, "--mirror-claim", "20s");
        }
        AtomicBoolean stop = new AtomicBoolean();
        AtomicInteger jobs = new AtomicInteger();
        List<Future<?>> work = new ArrayList<>();
        for (int sender = 0; sender < SENDERS; sender++) {
            int number = sender;
            work.add(threads.submit(() -> {
                send(number, stop, jobs);
                return null;
            }));
        }
        AtomicBoolean watched = new AtomicBoolean();
        Future<?> watcher = threads.submit(() -> watch(tree, watched));
        await().atMost(Duration.ofMinutes(2)).until(() -> jobs.get() >= 100);
        served.get(1).kill();
        int atTheKill = jobs.get();
        await().atMost(Duration.ofMinutes(2)).until(() -> jobs.get() >= atTheKill + 100);
        stop.set(true);
        for (Future<?> future : work) {
            future.get(4, TimeUnit.MINUTES);
        }
        assertThat(count(database, "SELECT COUNT(*) FROM events")).isEqualTo(2L * jobs.get());
        assertThat(count(database, "SELECT COUNT(*) FROM jobs")).isEqualTo(jobs.get());
        assertThat(count(database, "SELECT COUNT(*) FROM jobs WHERE status <> 'succeeded'")).isZero();
        assertThat(count(database, "SELECT SUM(events) FROM runs WHERE events = max_seq")).isEqualTo(2L * jobs.get());
        assertThat(count(database, "SELECT MAX(entry) - COUNT(*) FROM events")).isZero();
        await().atMost(Duration.ofMinutes(2)).until(() -> count(database, "SELECT COUNT(*) FROM outbox") == 0);
        watched.set(true);
        watcher.get(1, TimeUnit.MINUTES);
        try (Mirror mirror = new FileMirror(directory.resolve("mirror")); Connection connection = PostgresServer.connect(database); Statement sql = connection.createStatement();
                ResultSet newest = sql.executeQuery("SELECT DISTINCT ON (job) job, ansible_job_id FROM jobs ORDER BY job, started_at DESC, entry DESC")) {
            int names = 0;
            for (; newest.next(); names++) {
                JobRecord record = mirror.get(new JobKey("h", "p", newest.getString(1))).orElseThrow();
                assertThat(record.jobId().value()).isEqualTo(newest.getString(2));
                assertThat(record.status().open()).isFalse();
            }
            assertThat(names).isEqualTo(SENDERS * NAMES);
        }
    }

    /** Looks at the mirror again and again: no record may ever be older than it was. */
    private static Object watch(String tree, AtomicBoolean stop) {
        long[] seen = new long[SENDERS * NAMES];
        try (Mirror mirror = new FileMirror(Path.of(tree))) {
            while (!stop.get()) {
                for (int i = 0; i < seen.length; i++) {
                    String name = "s" + i / NAMES + "n" + i % NAMES;
                    long now = mirror.get(new JobKey("h", "p", name)).map(SharedLedgerTest::progress).orElse(0L);
                    assertThat(now).as(name + " went back").isGreaterThanOrEqualTo(seen[i]);
                    seen[i] = now;
                }
            }
        }
        return null;
    }

    @Test
    void serverThatIsAway_isWaitedFor_andNothingAcknowledgedIsLost() throws Exception {
        try (PostgresServer server = new PostgresServer(directory.resolve("server"))) {
            LedgerLocation.Postgres database = server.newDatabase();
            ServedProcess ingester = serve(database);
            AtomicBoolean stop = new AtomicBoolean();
            AtomicInteger jobs = new AtomicInteger();
            List<Future<?>> work = new ArrayList<>();
            for (int sender = 0; sender < SENDERS; sender++) {
                int number = sender;
                work.add(threads.submit(() -> {
                    send(number, stop, jobs);
                    return null;
                }));
            }
            for (int round = 0; round < 2; round++) {
                int before = jobs.get();
                await().atMost(Duration.ofMinutes(2)).until(() -> jobs.get() >= before + 20);
                server.stop();
                await().atMost(Duration.ofMinutes(1)).untilAsserted(() -> assertThat(ingester.get("/readyz").statusCode()).isEqualTo(503));
                assertThat(ingester.get("/healthz").statusCode()).isEqualTo(200);
                HttpResponse<String> refused = ingester.post("[" + json("run_alive", run(99), 1, 1) + "]");
                assertThat(refused.statusCode()).isEqualTo(503);
                assertThat(refused.headers().firstValue("retry-after")).isPresent();
                assertThat(refused.body()).contains("try again").doesNotContain("Exception");
                assertThat(ingester.get("/api/v1/jobs/h/p/s0n1").statusCode()).isEqualTo(503);
                server.startAgain();
                await().atMost(Duration.ofMinutes(1)).untilAsserted(() -> assertThat(ingester.get("/readyz").statusCode()).isEqualTo(200));
            }
            int after = jobs.get();
            await().atMost(Duration.ofMinutes(2)).until(() -> jobs.get() >= after + 20);
            stop.set(true);
            for (Future<?> future : work) {
                future.get(4, TimeUnit.MINUTES);
            }
            assertThat(count(database, "SELECT COUNT(*) FROM events WHERE type <> 'run_alive'")).isEqualTo(2L * jobs.get());
            assertThat(count(database, "SELECT COUNT(*) FROM jobs WHERE status = 'succeeded'")).isEqualTo(jobs.get());
            assertThat(ingester.get("/api/v1/jobs/h/p/s0n1").statusCode()).isEqualTo(200);
            stopAll();
        }
    }
}
