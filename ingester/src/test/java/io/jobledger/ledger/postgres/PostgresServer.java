package io.jobledger.ledger.postgres;

import io.jobledger.config.LedgerLocation;
import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;

/**
 * A real PostgreSQL server for tests: one for all that only need a database, or one of a test's own, to stop and start.
 * As root it runs in a user namespace.
 */
public final class PostgresServer implements AutoCloseable {
    private static final AtomicInteger DATABASES = new AtomicInteger();
    private static PostgresServer shared;

    private final Path data;
    private EmbeddedPostgres server;

    private final boolean throwAway;

    /** Starts a server of the test's own. @param data an empty directory, or that of a server that was stopped */
    public PostgresServer(Path data) {
        this(startable(data), false);
    }

    private PostgresServer(Path data, boolean throwAway) {
        this.data = data;
        this.throwAway = throwAway;
        start(0);
    }

    /** The server that all tests share; it ends with the JVM, which also takes its files away. */
    public static synchronized PostgresServer shared() {
        assumeStartable();
        try {
            if (shared == null) {
                shared = new PostgresServer(Files.createTempDirectory("jobledger-postgres-"), true);
            }
            return shared;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static synchronized Path startable(Path data) {
        assumeStartable();
        return data;
    }

    /**
     * As root the server runs in a user namespace of its own, since it refuses to be root; where the system allows
     * none, there is nothing to test with.
     */
    private static void assumeStartable() {
        if (shared != null || !System.getProperty("user.name").equals("root")) {
            return;
        }
        int code;
        try {
            code = new ProcessBuilder("unshare", "-U", "true")
                    .redirectErrorStream(true)
                    .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                    .start()
                    .waitFor();
        } catch (IOException e) {
            code = -1;
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
        Assumptions.assumeTrue(
                code == 0,
                "PostgreSQL does not run as root, and 'unshare -U' is not allowed here: run the tests as another user");
    }

    private void start(int port) {
        try {
            EmbeddedPostgres.Builder builder = EmbeddedPostgres.builder()
                    .setDataDirectory(data)
                    .setCleanDataDirectory(throwAway)
                    .setPGStartupWait(Duration.ofMinutes(2))
                    .setServerConfig("timezone", "UTC")
                    .setServerConfig("max_connections", "200");
            server = (port == 0 ? builder : builder.setPort(port)).start();
        } catch (IOException e) {
            throw new UncheckedIOException("PostgreSQL cannot be started; as root it needs 'unshare -U' to work", e);
        }
    }

    /** Stops the server as an operator does, cutting its connections. */
    public void stop() {
        try {
            server.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Starts it again, with its data, on the same port. */
    public void startAgain() {
        start(server.getPort());
    }

    /** Ends all its processes at once, as a loss of power would; one that is stopped stays so. */
    public void kill() {
        try {
            Path file = data.resolve("postmaster.pid");
            if (Files.exists(file)) {
                // The process that was started may be another one, which has started the server.
                ProcessHandle postmaster = ProcessHandle.of(
                                Long.parseLong(Files.readAllLines(file).get(0).strip()))
                        .orElseThrow();
                Stream.concat(Stream.of(postmaster), postmaster.descendants())
                        .toList()
                        .forEach(ProcessHandle::destroyForcibly);
                Files.delete(file);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Its port. */
    public int port() {
        return server.getPort();
    }

    /** A connection to the server as its administrator. */
    public Connection connect() throws SQLException {
        return server.getPostgresDatabase().getConnection();
    }

    public String url(String database) {
        return "jdbc:postgresql://localhost:" + server.getPort() + "/" + database;
    }

    /** A new, empty database. */
    public LedgerLocation.Postgres newDatabase() {
        String name = "ledger" + DATABASES.incrementAndGet();
        try (Connection connection = connect();
                Statement sql = connection.createStatement()) {
            sql.execute("CREATE DATABASE " + name);
        } catch (SQLException e) {
            throw new AssertionError(e);
        }
        return new LedgerLocation.Postgres(url(name), "postgres", null, 6);
    }

    /** A connection to look into a ledger's tables. */
    public static Connection connect(LedgerLocation.Postgres database) throws SQLException {
        return java.sql.DriverManager.getConnection(database.url(), database.user(), "");
    }

    @Override
    public void close() {
        stop();
    }
}
