package io.jobledger.cli;

import static io.jobledger.Wire.json;
import static io.jobledger.Wire.run;
import static io.jobledger.Wire.started;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.jobledger.config.LedgerLocation;
import io.jobledger.ledger.postgres.PostgresServer;
import io.jobledger.model.JobKey;
import io.jobledger.model.JobRecord;
import io.jobledger.sink.mirror.Mirror;
import io.jobledger.sink.mirror.file.FileMirror;
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

/**
 * Ingesters as processes on one PostgreSQL database, and senders that go on until one of them has acknowledged, as
 * recorders do.
 */
final class SharedIngesters implements AutoCloseable {
    static final int NAMES = 6;
    static final int SENDERS = 4;
    static final Duration LIMIT = Duration.ofMinutes(2);

    final List<ServedProcess> served = new ArrayList<>();
    final AtomicInteger jobs = new AtomicInteger();
    private final LedgerLocation.Postgres database;
    private final Path directory;
    private final ExecutorService threads = Executors.newCachedThreadPool();
    private final AtomicBoolean stop = new AtomicBoolean();
    private final List<Future<?>> work = new ArrayList<>();

    /** @param directory for the processes' own files */
    SharedIngesters(LedgerLocation.Postgres database, Path directory) {
        this.database = database;
        this.directory = directory;
    }

    /** The database as settings name it. */
    String url() {
        return database.url();
    }

    /** What a command on the database needs around it. */
    Map<String, String> environment() {
        return Map.of("PGUSER", database.user(), "PGPASSWORD", "s3cret");
    }

    /** Starts one more ingester, with a data directory of its own. */
    ServedProcess serve(String... more) throws Exception {
        List<String> arguments = new ArrayList<>(List.of(
                "--ledger",
                url(),
                "--data-dir",
                directory.resolve("data" + served.size()).toString()));
        arguments.addAll(List.of(more));
        ServedProcess process = new ServedProcess(
                directory.resolve("log" + served.size()), environment(), arguments.toArray(String[]::new));
        served.add(process);
        assertThat(process.greeting).contains("ledger postgresql://localhost:").doesNotContain("s3cret");
        return process;
    }

    /** Runs a command on the database to its end; returns what it wrote. */
    String command(int code, String... words) throws Exception {
        List<String> all = new ArrayList<>(List.of(words));
        all.addAll(List.of("--ledger", url()));
        return ServedProcess.run(code, environment(), all.toArray(String[]::new));
    }

    long count(String sql) throws SQLException {
        try (Connection connection = PostgresServer.connect(database);
                Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery(sql)) {
            rows.next();
            return rows.getLong(1);
        }
    }

    Future<?> beside(Runnable other) {
        return threads.submit(other);
    }

    /** Begins to send, from all senders. */
    void send() {
        for (int sender = 0; sender < SENDERS; sender++) {
            int number = sender;
            work.add(threads.submit(() -> {
                send(number);
                return null;
            }));
        }
    }

    /** Waits until so many jobs more have begun and ended. */
    void more(int count) {
        int before = jobs.get();
        await().atMost(LIMIT)
                .until(() -> jobs.get() >= before + count || work.stream().anyMatch(Future::isDone));
        assertThat(work).as("senders that gave up").noneMatch(Future::isDone);
    }

    /** Ends sending; what is under way is delivered first. */
    void stopSending() throws Exception {
        stop.set(true);
        for (Future<?> future : work) {
            future.get(4, TimeUnit.MINUTES);
        }
    }

    private void deliver(Random random, String events) throws InterruptedException {
        long deadline = System.nanoTime() + Duration.ofMinutes(3).toNanos();
        while (System.nanoTime() < deadline) {
            HttpResponse<String> answer =
                    served.get(random.nextInt(served.size())).post(events);
            if (answer != null && answer.statusCode() == 200) {
                return;
            }
            assertThat(answer == null || answer.statusCode() == 503)
                    .as(() -> answer.statusCode() + " " + answer.body())
                    .isTrue();
            Thread.onSpinWait();
        }
        throw new AssertionError("nobody took " + events);
    }

    /**
     * One sender's run: a new job under the next of its names, then its end; numbers grow, so what is newest is known.
     */
    private void send(int sender) throws InterruptedException {
        Random random = new Random(sender);
        long seq = 0;
        for (int n = 1; !stop.get(); n++) {
            String id = n + "." + sender;
            deliver(random, "[" + started(run(sender), ++seq, n, "h", "p", "s" + sender + "n" + n % NAMES, id) + "]");
            deliver(
                    random,
                    "["
                            + json(
                                    "job_ended",
                                    run(sender),
                                    ++seq,
                                    n,
                                    "host",
                                    "h",
                                    "ansible_job_id",
                                    id,
                                    "status",
                                    "succeeded")
                            + "]");
            jobs.incrementAndGet();
        }
    }

    /** Everything that was acknowledged is in the database, once. */
    void assertExactlyOnce() throws SQLException {
        assertThat(count("SELECT COUNT(*) FROM events WHERE body::json ->> 'type' <> 'run_alive'"))
                .isEqualTo(2L * jobs.get());
        assertThat(count("SELECT COUNT(*) FROM jobs WHERE status = 'succeeded'"))
                .isEqualTo(jobs.get());
        assertThat(count("SELECT COUNT(*) FROM jobs")).isEqualTo(jobs.get());
        assertThat(count("SELECT SUM(events) FROM runs WHERE events = max_seq AND max_seq > 1"))
                .isEqualTo(2L * jobs.get());
        assertThat(count("SELECT MAX(entry) - COUNT(*) FROM events")).isZero();
        assertThat(count("SELECT COUNT(*) FROM log_head h JOIN projected p USING (epoch, entry, hash) WHERE entry ="
                        + " (SELECT SUM(last_entry - first_entry + 1) FROM log_records)"))
                .as("records and log are as one")
                .isEqualTo(1);
    }

    /** The outbox becomes empty, and then the mirror has the newest record of every name. */
    void assertMirrored(Path tree) throws SQLException {
        await().atMost(LIMIT).until(() -> count("SELECT COUNT(*) FROM outbox") == 0);
        try (Mirror mirror = new FileMirror(tree);
                Connection connection = PostgresServer.connect(database);
                Statement sql = connection.createStatement();
                ResultSet newest = sql.executeQuery(
                        "SELECT DISTINCT ON (job) job, ansible_job_id FROM jobs ORDER BY job, started_at DESC, entry"
                                + " DESC")) {
            int names = 0;
            for (; newest.next(); names++) {
                JobRecord record =
                        mirror.get(new JobKey("h", "p", newest.getString(1))).orElseThrow();
                assertThat(record.jobId().value()).isEqualTo(newest.getString(2));
                assertThat(record.status().open()).isFalse();
            }
            assertThat(names).isGreaterThanOrEqualTo(SENDERS);
        }
    }

    @Override
    public void close() {
        threads.shutdownNow();
        served.forEach(ServedProcess::close);
    }
}
