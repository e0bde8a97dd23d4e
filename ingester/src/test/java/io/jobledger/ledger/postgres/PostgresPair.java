package io.jobledger.ledger.postgres;

import static org.awaitility.Awaitility.await;

import io.jobledger.config.LedgerLocation;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;

/**
 * Two real PostgreSQL servers: a primary, and a standby that has every commit before it is acknowledged. The standby
 * begins as a copy of the primary's files, made while that is stopped; after that it gets the log as it is written.
 */
public final class PostgresPair implements AutoCloseable {
    private static final Duration LIMIT = Duration.ofMinutes(2);

    private final PostgresServer primary;
    private final PostgresServer standby;
    private final LedgerLocation.Postgres database;

    /** @param directory gets the files of both */
    public PostgresPair(Path directory) throws IOException, SQLException {
        Path copy = directory.resolve("standby");
        primary = new PostgresServer(directory.resolve("primary"));
        String name = primary.newDatabase().url().replaceAll(".*/", "");
        primary.stop();
        copy(directory.resolve("primary"), copy);
        primary.startAgain();
        Files.createFile(copy.resolve("standby.signal"));
        Files.writeString(
                copy.resolve("postgresql.auto.conf"),
                "primary_conninfo = 'host=localhost port=" + primary.port()
                        + " user=postgres application_name=standby'\n");
        standby = new PostgresServer(copy);
        database = new LedgerLocation.Postgres(
                "jdbc:postgresql://localhost:" + primary.port() + ",localhost:" + standby.port() + "/" + name
                        + "?targetServerType=primary",
                "postgres",
                null,
                6);
        // Not before the standby listens: until then no commit would end.
        awaitTrue(primary, "SELECT COUNT(*) = 1 FROM pg_stat_replication WHERE state = 'streaming'");
        run(primary, "ALTER SYSTEM SET synchronous_standby_names = 'standby'");
        run(primary, "SELECT pg_reload_conf()");
        awaitTrue(primary, "SELECT COUNT(*) = 1 FROM pg_stat_replication WHERE sync_state = 'sync'");
    }

    private static void copy(Path from, Path to) throws IOException {
        try (Stream<Path> files = Files.walk(from)) {
            for (Path file : files.toList()) {
                Path target = to.resolve(from.relativize(file));
                if (Files.isDirectory(file)) {
                    // The server refuses a directory that others may look into.
                    Files.createDirectory(
                            target, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
                } else if (!file.endsWith("epg-lock")) {
                    Files.copy(file, target);
                }
            }
        }
    }

    private static void run(PostgresServer server, String sql) throws SQLException {
        try (Connection connection = server.connect();
                Statement statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }

    private static void awaitTrue(PostgresServer server, String sql) {
        await().atMost(LIMIT).until(() -> {
            try (Connection connection = server.connect();
                    Statement statement = connection.createStatement();
                    ResultSet rows = statement.executeQuery(sql)) {
                rows.next();
                return rows.getBoolean(1);
            }
        });
    }

    /** The one database of whichever is the primary. */
    public LedgerLocation.Postgres database() {
        return database;
    }

    /** The primary's machine loses power: none of its processes says goodbye. */
    public void killPrimary() {
        primary.kill();
    }

    /** The standby becomes the primary. */
    public void promoteStandby() throws SQLException {
        run(standby, "SELECT pg_promote()");
        awaitTrue(standby, "SELECT NOT pg_is_in_recovery()");
    }

    @Override
    public void close() {
        List.of(standby, primary).forEach(PostgresServer::kill);
    }
}
