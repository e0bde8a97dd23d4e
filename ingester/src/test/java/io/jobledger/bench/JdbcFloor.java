package io.jobledger.bench;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import io.jobledger.model.RunId;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.List;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/**
 * The least that storing events with the ledger's durability costs: one thread, plain JDBC batches of the same events
 * into one H2 table with four indexes, each batch committed and synced. No JSON is read, nothing is merged.
 */
@Command(
        name = "jdbc-floor",
        mixinStandardHelpOptions = true,
        description = "Inserts events with plain JDBC for a time and prints the rate as JSON.")
final class JdbcFloor implements Callable<Integer> {
    @Option(names = "--file", required = true, description = "A database that is not there yet, without its suffix.")
    private Path file;

    @Option(names = "--batch", defaultValue = "100")
    private int batch;

    @Option(names = "--seconds", defaultValue = "5")
    private double seconds;

    @Option(names = "--warmup", defaultValue = "1")
    private double warmup;

    @Override
    public Integer call() throws SQLException, InterruptedException {
        SampleSite site = SampleSite.of(1, 1000, 5);
        String url = "jdbc:h2:file:" + file.toAbsolutePath() + ";CACHE_SIZE=32768;MAX_COMPACT_TIME=0";
        try (Connection connection = DriverManager.getConnection(url, "sa", "");
                Statement plain = connection.createStatement()) {
            plain.execute("CREATE TABLE events (run_id UUID NOT NULL, seq BIGINT NOT NULL, type VARCHAR(32) NOT NULL,"
                    + " observed_at TIMESTAMP(6) WITH TIME ZONE NOT NULL, job BIGINT NOT NULL, body"
                    + " VARCHAR(1000000) NOT NULL, PRIMARY KEY (run_id, seq))");
            plain.execute("CREATE INDEX by_job ON events (job, observed_at)");
            plain.execute("CREATE INDEX by_time ON events (observed_at)");
            plain.execute("CREATE INDEX by_type ON events (type, observed_at)");
            connection.setAutoCommit(false);
            // Made by another thread, as a load generator beside a server would.
            BlockingQueue<List<byte[]>> made = new ArrayBlockingQueue<>(50);
            Thread maker = new Thread(() -> make(site, made));
            maker.setDaemon(true);
            maker.start();
            long from = System.nanoTime() + (long) (warmup * 1e9);
            long until = from + (long) (seconds * 1e9);
            long stored = 0;
            int held = 0;
            try (PreparedStatement insert =
                    connection.prepareStatement("INSERT INTO events VALUES (?, ?, ?, ?, ?, ?)")) {
                for (long job = 0; System.nanoTime() < until; ) {
                    RunId id = RunId.random();
                    List<byte[]> events = made.take();
                    for (int seq = 1; seq <= events.size() && System.nanoTime() < until; seq++) {
                        insert.setObject(1, id.value());
                        insert.setLong(2, seq);
                        insert.setString(3, seq == 1 ? "run_started" : "job_polled");
                        insert.setObject(4, Instant.now().atOffset(ZoneOffset.UTC));
                        insert.setLong(5, ++job / 5);
                        insert.setString(6, new String(events.get(seq - 1), StandardCharsets.UTF_8));
                        insert.addBatch();
                        if (++held == batch) {
                            insert.executeBatch();
                            connection.commit();
                            plain.execute("CHECKPOINT SYNC");
                            stored += System.nanoTime() >= from && System.nanoTime() < until ? held : 0;
                            held = 0;
                        }
                    }
                }
            }
            connection.rollback();
            System.out.println(JsonNodeFactory.instance
                    .objectNode()
                    .put("batch", batch)
                    .put("seconds", seconds)
                    .put("events", stored)
                    .put("events_per_second", stored / seconds));
            plain.execute("SHUTDOWN IMMEDIATELY");
        } catch (SQLException e) {
            if (e.getErrorCode() != 90121) {
                throw e;
            }
        }
        return 0;
    }

    private static void make(SampleSite site, BlockingQueue<List<byte[]>> made) {
        try {
            for (long number = 0; ; number++) {
                made.put(site.run(number).events());
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
