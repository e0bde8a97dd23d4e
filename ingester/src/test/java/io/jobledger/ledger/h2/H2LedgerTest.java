package io.jobledger.ledger.h2;

import static io.jobledger.Wire.json;
import static io.jobledger.Wire.run;
import static io.jobledger.Wire.started;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jobledger.ledger.Ledger;
import io.jobledger.ledger.LedgerContract;
import io.jobledger.ledger.LedgerException;
import io.jobledger.ledger.LedgerException.Kind;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The embedded ledger, and how it refuses what it cannot use. */
public class H2LedgerTest extends LedgerContract {
    @TempDir
    Path directory;

    private int others;

    public static H2Ledger.Options options(Path file) {
        return new H2Ledger.Options(file, 16_384, 20_000, 1000, 0);
    }

    private Path base() {
        return directory.resolve("data/ledger");
    }

    private Path file() {
        return directory.resolve("data/ledger.mv.db");
    }

    @Override
    protected Ledger open(List<String> mirrors) {
        return H2Ledger.open(options(base()), mirrors, clock);
    }

    @Override
    protected Ledger openAnother() {
        return H2Ledger.open(options(directory.resolve("another" + ++others)), List.of(), clock);
    }

    private void assertUnusable(String... words) {
        assertThatThrownBy(() -> open(List.of()).close())
                .isInstanceOfSatisfying(
                        LedgerException.class, e -> assertThat(e.kind()).isEqualTo(Kind.UNUSABLE))
                .hasMessageContainingAll(words)
                .hasMessageNotContaining("Exception")
                .hasMessageNotContaining("\n");
    }

    @Test
    void filesAndDirectories_belongToTheirOwnerAlone() throws IOException {
        append(started(run(1), 1, 1, "h", "p", "j", "a"));
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(directory.resolve("data"))))
                .isEqualTo("rwx------");
        try (Stream<Path> files = Files.list(directory.resolve("data"))) {
            assertThat(files.toList())
                    .isNotEmpty()
                    .allSatisfy(file -> assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
                            .as(file.toString())
                            .isEqualTo("rw-------"));
        }
        // Closing compacts, and that may write a new file.
        reopen();
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file())))
                .isEqualTo("rw-------");
    }

    @Test
    void secondLedgerOnTheSameFile_isRefused_andTheFirstWorksOn() {
        assertUnusable(file().toString(), "already open");
        append(started(run(1), 1, 1, "h", "p", "j", "a"));
        assertThat(newest("h", "p", "j")).isNotNull();
    }

    @Test
    void ledgerOfANewerProgram_isRefused_andLeftAlone() throws IOException, SQLException {
        ledger.close();
        try (Connection connection = connect();
                Statement sql = connection.createStatement()) {
            sql.execute("INSERT INTO \"flyway_schema_history\" (\"installed_rank\", \"version\", \"description\","
                    + " \"type\", \"script\", \"checksum\", \"installed_by\", \"execution_time\", \"success\")"
                    + " VALUES (99, '99', 'from the future', 'SQL', 'V99__future.sql', 1, 'jobledger', 1, TRUE)");
            sql.execute("SHUTDOWN");
        }
        // It knows the file as it was closed.
        Files.delete(LedgerMark.file(file()));
        assertUnusable(file().toString(), "newer than this program", "version 99", "--ledger");
        try (Connection connection = connect();
                Statement sql = connection.createStatement()) {
            sql.execute("DELETE FROM \"flyway_schema_history\" WHERE \"version\" = '99'");
            sql.execute("SHUTDOWN");
        }
        ledger = open(List.of(MIRROR));
    }

    private Connection connect() throws SQLException {
        return DriverManager.getConnection("jdbc:h2:file:" + base(), "jobledger", "");
    }

    @ParameterizedTest
    @ValueSource(strings = {"garbage", "header", "middle", "truncated"})
    void damagedFile_isRefusedWithAWayOut(String damage) throws IOException {
        append(java.util.stream.IntStream.rangeClosed(1, 200)
                .mapToObj(i -> started(run(i), 1, i, "h" + i, "p", "j", "id" + i))
                .toArray(ObjectNode[]::new));
        ledger.close();
        byte[] bytes = Files.readAllBytes(file());
        byte[] damaged = bytes.clone();
        switch (damage) {
            case "garbage" ->
                damaged = "this is no database, but a letter to my aunt\n"
                        .repeat(400)
                        .getBytes();
            case "header" -> java.util.Arrays.fill(damaged, 0, 8192, (byte) 'x');
            case "middle" -> java.util.Arrays.fill(damaged, 8192, damaged.length - 4096, (byte) 0x5a);
            default -> damaged = java.util.Arrays.copyOf(bytes, 8192 + 100);
        }
        Files.write(file(), damaged);
        try {
            assertUnusable(
                    file().toString(), "is damaged", "jobledger restore", "jobledger rebuild", "jobledger accept-loss");
            // A copy elsewhere has no mark: then it is H2 that notices.
            Files.delete(LedgerMark.file(file()));
            assertUnusable(file().toString(), "is damaged", "Move it away");
        } finally {
            Files.write(file(), bytes);
            ledger = open(List.of(MIRROR));
        }
        assertThat(newest("h200", "p", "j")).isNotNull();
    }

    @Test
    void directoryThatCannotBeMade_isNamed() throws IOException {
        Path blocked = Files.writeString(directory.resolve("blocked"), "a file");
        assertThatThrownBy(() -> H2Ledger.open(options(blocked.resolve("ledger")), List.of(), clock))
                .isInstanceOfSatisfying(
                        LedgerException.class, e -> assertThat(e.kind()).isEqualTo(Kind.UNUSABLE))
                .hasMessageContaining(blocked.toString());
    }

    @Test
    void firstStart_thatWasInterrupted_isMadeAnew() throws IOException {
        ledger.close();
        byte[] half = java.util.Arrays.copyOf(Files.readAllBytes(file()), 20_000);
        Files.write(file().resolveSibling("ledger.new.mv.db"), half);
        Files.write(file().resolveSibling("ledger.new.lock"), new byte[0]);
        Files.delete(file());
        ledger = open(List.of(MIRROR));
        try (Stream<Path> files = Files.list(directory.resolve("data"))) {
            assertThat(files.map(Path::getFileName).map(Path::toString))
                    .containsExactlyInAnyOrder("ledger.mv.db", "ledger.mark");
        }
        append(json("run_alive", run(1), 1, 1));
    }

    @Test
    void emptyFile_isTakenForANewLedger() throws IOException {
        ledger.close();
        Files.write(file(), new byte[0]);
        ledger = open(List.of(MIRROR));
        append(json("run_alive", run(1), 1, 1));
    }

    @Test
    void ledgerOfAFailedOpen_canBeOpenedAfterwards() throws IOException {
        ledger.close();
        byte[] good = Files.readAllBytes(file());
        Files.writeString(file(), "x".repeat(20_000));
        assertUnusable("is damaged");
        assertUnusable("is damaged");
        Files.write(file(), good);
        ledger = open(List.of(MIRROR));
    }
}
