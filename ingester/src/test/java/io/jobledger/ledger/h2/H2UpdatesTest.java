package io.jobledger.ledger.h2;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.jobledger.ledger.LedgerException;
import io.jobledger.ledger.jdbc.JdbcLedger;
import io.jobledger.ledger.rows.RowBatch;
import io.jobledger.ledger.rows.Sql;
import java.sql.Connection;
import java.sql.DriverManager;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.UUID;
import org.jdbi.v3.core.Handle;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What goes below SQL must come out as SQL has it, in the table and in each of its indexes. */
class H2UpdatesTest {
    private static final List<String> COLUMNS = List.of("text", "number", "flag", "at", "bytes", "small");
    private static final String TABLE = """
        CREATE TABLE %s (
            %s PRIMARY KEY, text VARCHAR(8), number BIGINT NOT NULL, flag BOOLEAN, at TIMESTAMP(6) WITH TIME ZONE, bytes BYTEA, small SMALLINT, untouched VARCHAR(100),
            id UUID NOT NULL UNIQUE);
        CREATE INDEX %1$s_by_text ON %1$s (text, number);
        CREATE INDEX %1$s_by_number ON %1$s (number);
        CREATE INDEX %1$s_by_at ON %1$s (at, flag);
        CREATE UNIQUE INDEX %1$s_by_untouched ON %1$s (untouched);
        """;

    private Handle handle;

    @BeforeEach
    void open() throws Exception {
        Connection connection = DriverManager.getConnection("jdbc:h2:mem:");
        handle = JdbcLedger.jdbi(() -> connection).open();
        handle.createScript(TABLE.formatted("expected", "entry BIGINT")).execute();
        handle.createScript(TABLE.formatted("changed", "entry BIGINT")).execute();
    }

    @AfterEach
    void close() {
        handle.close();
    }

    private void fill(int rows) {
        for (String table : List.of("expected", "changed")) {
            for (int i = 0; i < rows; i++) {
                handle.execute(
                        "INSERT INTO " + table + " (entry, text, number, untouched, id) VALUES (?, ?, ?, ?, ?)",
                        i,
                        "t" + i % 7,
                        i % 5,
                        "u" + i,
                        new UUID(7, i));
            }
        }
    }

    private static Object[] row(Random random, long entry) {
        OffsetDateTime at = random.nextInt(3) == 0
                ? null
                : Sql.utc(Instant.ofEpochSecond(1_790_000_000L + random.nextInt(50), 1000L * random.nextInt(1000)));
        return new Object[] {
            random.nextInt(3) == 0 ? null : "é" + random.nextInt(9),
            (long) random.nextInt(6),
            random.nextBoolean() ? null : random.nextBoolean(),
            at,
            random.nextBoolean() ? null : new byte[] {(byte) random.nextInt(), 1},
            random.nextBoolean() ? null : (short) random.nextInt(40),
            entry
        };
    }

    /** The rows in the order of an index, read along it: what an index forgot or kept would be missing or twice. */
    private List<Map<String, Object>> along(String table, String columns) {
        return handle.createQuery(
                        "SELECT entry, text, number, flag, at, RAWTOHEX(bytes) AS bytes, small, untouched, id FROM "
                                + table + " WHERE " + columns.split(",")[0] + " IS NOT NULL ORDER BY " + columns
                                + ", entry")
                .mapToMap()
                .list();
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3})
    void randomChanges_tableAndIndexes_areAsAfterUpdate(int seed) {
        fill(60);
        Random random = new Random(seed);
        for (int round = 0; round < 20; round++) {
            RowBatch expected = new RowBatch(handle, RowBatch.update("expected", COLUMNS, "entry"));
            RowBatch changed = new H2Updates(handle, "changed", COLUMNS, "entry");
            for (int i = 0; i < 15; i++) {
                // Some twice in one batch, some that are not there.
                Object[] row = row(random, random.nextInt(70));
                expected.add(row);
                changed.add(row);
            }
            boolean commit = random.nextInt(4) > 0;
            handle.begin();
            assertThat(changed.execute()).isEqualTo(expected.execute());
            if (commit) {
                handle.commit();
            } else {
                handle.rollback();
            }
        }
        for (String index : List.of("entry", "text, number", "number", "at, flag", "untouched", "id")) {
            assertThat(along("changed", index)).isEqualTo(along("expected", index));
        }
        assertThat(handle.createQuery("SELECT COUNT(*) FROM changed WHERE number >= 0")
                        .mapTo(Integer.class)
                        .one())
                .isEqualTo(60);
    }

    @Test
    void keyThatIsNoNumber_isFound() {
        fill(3);
        RowBatch changed = new H2Updates(handle, "changed", List.of("text"), "entry");
        changed.add("here", 1L);
        assertThat(changed.execute()).containsExactly(1);
        handle.createScript("CREATE TABLE runs2 (run_id UUID NOT NULL PRIMARY KEY, events BIGINT NOT NULL)")
                .execute();
        UUID run = UUID.randomUUID();
        handle.execute("INSERT INTO runs2 VALUES (?, 1)", run);
        RowBatch runs = new H2Updates(handle, "runs2", List.of("events"), "run_id");
        runs.add(2L, run);
        runs.add(3L, UUID.randomUUID());
        assertThat(runs.execute()).containsExactly(1, 0);
        assertThat(handle.createQuery("SELECT events FROM runs2")
                        .mapTo(Long.class)
                        .list())
                .containsExactly(2L);
    }

    @Test
    void valueThatTheColumnDoesNotTake_isRefusedAsByUpdate_andNothingIsLeft() {
        fill(2);
        for (Object[] wrong : List.<Object[]>of(new Object[] {"much too long", 1L, 1L}, new Object[] {"t", null, 1L})) {
            List<String> refusals = new ArrayList<>();
            for (String table : List.of("expected", "changed")) {
                RowBatch batch = table.equals("changed")
                        ? new H2Updates(handle, table, List.of("text", "number"), "entry")
                        : new RowBatch(handle, RowBatch.update(table, List.of("text", "number"), "entry"));
                batch.add("first", 9L, 0L);
                batch.add(wrong);
                handle.begin();
                assertThatThrownBy(batch::execute)
                        .satisfies(e -> refusals.add(e.getClass() + " " + ((LedgerException) e).kind()));
                handle.rollback();
            }
            assertThat(refusals.get(1)).isEqualTo(refusals.get(0));
        }
        assertThat(along("changed", "entry"))
                .isEqualTo(along("expected", "entry"))
                .extracting(row -> row.get("text"))
                .containsExactly("t0", "t1");
    }

    @Test
    void others_seeItAfterTheCommitOnly() throws Exception {
        try (Connection one = DriverManager.getConnection("jdbc:h2:mem:shared");
                Connection two = DriverManager.getConnection("jdbc:h2:mem:shared")) {
            Handle writer = JdbcLedger.jdbi(() -> one).open();
            Handle reader = JdbcLedger.jdbi(() -> two).open();
            writer.execute("CREATE TABLE jobs2 (entry BIGINT PRIMARY KEY, doc VARCHAR(10))");
            writer.execute("INSERT INTO jobs2 VALUES (1, 'old')");
            writer.begin();
            RowBatch changed = new H2Updates(writer, "jobs2", List.of("doc"), "entry");
            changed.add("new", 1L);
            changed.execute();
            assertThat(reader.createQuery("SELECT doc FROM jobs2")
                            .mapTo(String.class)
                            .one())
                    .isEqualTo("old");
            assertThat(writer.createQuery("SELECT doc FROM jobs2")
                            .mapTo(String.class)
                            .one())
                    .isEqualTo("new");
            writer.commit();
            assertThat(reader.createQuery("SELECT doc FROM jobs2")
                            .mapTo(String.class)
                            .one())
                    .isEqualTo("new");
        }
    }
}
