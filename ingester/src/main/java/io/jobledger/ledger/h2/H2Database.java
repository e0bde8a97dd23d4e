package io.jobledger.ledger.h2;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import io.jobledger.files.PrivateFiles;
import io.jobledger.ledger.jdbc.JdbcLedger;
import io.jobledger.ledger.jdbc.Migrations;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.Statement;
import org.jdbi.v3.core.ConnectionFactory;
import org.jdbi.v3.core.Jdbi;

/**
 * One H2 file, with ordinary settings. Opening it again gives every later caller the new one; who has a connection then
 * meets an error. Thread-safe.
 */
final class H2Database implements ConnectionFactory, AutoCloseable {
    private final Path base;
    private final String url;
    private final String[] folders;
    private final Jdbi jdbi;
    private volatile HikariDataSource pool;

    /**
     * Opens the file, makes it when it is not there, and brings it to this program's version.
     *
     * @param base its path without H2's suffix
     * @param folders of the migrations
     */
    H2Database(Path base, int cacheKib, String... folders) throws IOException {
        this.base = base;
        this.folders = folders;
        // DB_CLOSE_ON_EXIT: H2's own exit hook would close the file under a writer that the drain still waits for.
        // MAX_COMPACT_TIME: longest time, in milliseconds, for tidying the file when it is closed.
        this.url = "jdbc:h2:file:" + base.toAbsolutePath().normalize()
                + ";DB_CLOSE_ON_EXIT=FALSE;LOCK_TIMEOUT=10000;MAX_COMPACT_TIME=1500;COMPRESS=TRUE;TRACE_LEVEL_FILE=0"
                + ";QUERY_CACHE_SIZE=64;CACHE_SIZE=" + cacheKib;
        this.jdbi = JdbcLedger.jdbi(this);
        open();
    }

    private void open() throws IOException {
        Path file = file(base);
        if (!Files.exists(file)) {
            Files.createFile(file, PrivateFiles.fileAttributes(file));
        }
        HikariConfig config = new HikariConfig();
        config.setPoolName(base.getFileName().toString());
        config.setJdbcUrl(url);
        config.setUsername("jobledger");
        config.setPassword("");
        config.setMaximumPoolSize(14);
        config.setMinimumIdle(2);
        HikariDataSource made = new HikariDataSource(config);
        try {
            Migrations.run(made, base.toString(), folders);
            PrivateFiles.restrict(file);
        } catch (RuntimeException | IOException e) {
            shutDown(made, "SHUTDOWN IMMEDIATELY");
            throw e;
        }
        pool = made;
    }

    /** Makes a file out of the statements that H2's {@code SCRIPT} gave. */
    static void run(Path base, Path script) throws IOException {
        try (Connection connection = DriverManager.getConnection(
                        "jdbc:h2:file:" + base.toAbsolutePath().normalize(), "jobledger", "");
                PreparedStatement statement = connection.prepareStatement("RUNSCRIPT FROM ?")) {
            statement.setString(1, script.toString());
            statement.execute();
        } catch (SQLException e) {
            throw new IOException(e.getMessage(), e);
        }
        PrivateFiles.restrict(file(base));
    }

    static Path file(Path base) {
        return base.resolveSibling(base.getFileName() + LedgerDirectory.SUFFIX);
    }

    /** Closes what is open, in whatever state it is, and opens the file again. */
    void reopen() throws IOException {
        shutDown(pool, "SHUTDOWN IMMEDIATELY");
        open();
    }

    /** Begins with an empty file. */
    void replace() throws IOException {
        shutDown(pool, "SHUTDOWN IMMEDIATELY");
        delete(base);
        open();
    }

    static void delete(Path base) throws IOException {
        Files.deleteIfExists(file(base));
        Files.deleteIfExists(base.resolveSibling(base.getFileName() + ".trace.db"));
    }

    Jdbi jdbi() {
        return jdbi;
    }

    @Override
    public Connection openConnection() throws SQLException {
        return pool.getConnection();
    }

    /** Bytes that can still be written beside the file. */
    long room() {
        return file(base).toFile().getUsableSpace();
    }

    /** Bytes on the disk. */
    long bytes() throws IOException {
        return Files.size(file(base));
    }

    private static void shutDown(HikariDataSource broken, String how) {
        if (broken.isClosed()) {
            return;
        }
        broken.setMinimumIdle(0);
        try (Connection connection = broken.getConnection();
                Statement statement = connection.createStatement()) {
            statement.execute(how);
        } catch (SQLException e) {
            // It says that the database is closed: that was the aim.
        }
        broken.close();
    }

    /** Writes everything, tidies for a moment, and closes. */
    @Override
    public void close() {
        shutDown(pool, "SHUTDOWN");
    }
}
