package io.jobledger.bench;

import static io.jobledger.Wire.T0;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.jobledger.TestClock;
import io.jobledger.event.BatchDecoder;
import io.jobledger.ledger.JobLookup.Narrowing;
import io.jobledger.ledger.LedgerException;
import io.jobledger.ledger.h2.H2Ledger;
import io.jobledger.ledger.project.BulkLedger;
import io.jobledger.ledger.query.JobFilter;
import io.jobledger.ledger.query.PageRequest;
import io.jobledger.model.Event;
import io.jobledger.model.JobKey;
import io.jobledger.model.JobStatus;
import java.io.ByteArrayOutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is made in bulk is what the ledger's writer makes, up to the last hash. */
class BulkLedgerTest {
    private static final SampleSite SITE = SampleSite.of(7, 9, 3);

    @TempDir
    Path directory;

    private final TestClock clock = new TestClock(T0);

    private static List<Event> events(long run) throws Exception {
        ByteArrayOutputStream lines = new ByteArrayOutputStream();
        for (byte[] event : SITE.run(run).events()) {
            lines.writeBytes(event);
            lines.write('\n');
        }
        return new BatchDecoder(100_000).decode(lines.toByteArray(), true);
    }

    private H2Ledger open(Path base) {
        return H2Ledger.open(new H2Ledger.Options(base, 16_384, 20_000, 1000, 0), List.of(), clock);
    }

    private Path written() throws Exception {
        Path base = directory.resolve("written/ledger");
        try (H2Ledger ledger = open(base)) {
            for (long run = 0; run < SITE.runs(); run++) {
                ledger.sink().append(events(run)).get(60, TimeUnit.SECONDS);
            }
        }
        return base;
    }

    private Path bulk() throws Exception {
        Path base = directory.resolve("bulk/ledger");
        try (BulkLedger ledger = BulkLedger.create(base, 16_384, clock)) {
            for (long run = 0; run < SITE.runs(); run += 2) {
                List<Event> events = new ArrayList<>(events(run));
                if (run + 1 < SITE.runs()) {
                    events.addAll(events(run + 1));
                }
                ledger.append(events);
            }
            ledger.finish();
        }
        return base;
    }

    /**
     * Every table, index, constraint and row; without Flyway's, which say when they were made, and without what is
     * guessed about the rows.
     */
    private static List<String> contents(Path base) throws Exception {
        List<String> found = new ArrayList<>();
        try (Connection connection = DriverManager.getConnection("jdbc:h2:file:" + base, "jobledger", "");
                Statement sql = connection.createStatement();
                ResultSet rows = sql.executeQuery("SCRIPT SIMPLE NOPASSWORDS NOSETTINGS")) {
            while (rows.next()) {
                found.add(rows.getString(1).replaceAll(" SELECTIVITY \\d+", ""));
            }
        }
        found.removeIf(line -> line.startsWith("--") || line.contains("flyway") || line.startsWith("CREATE USER"));
        return found.stream().sorted().toList();
    }

    private static int setting(Path base, String name) throws Exception {
        try (Connection connection = DriverManager.getConnection("jdbc:h2:file:" + base, "jobledger", "");
                Statement sql = connection.createStatement();
                ResultSet rows = sql.executeQuery(
                        "SELECT setting_value FROM information_schema.settings WHERE setting_name = '" + name + "'")) {
            assertThat(rows.next()).isTrue();
            return rows.getInt(1);
        }
    }

    @Test
    void everyRowAndIndex_isAsTheWriterMakesIt() throws Exception {
        Path written = written();
        Path bulk = bulk();
        List<String> expected = contents(written);
        assertThat(expected).as("the ledger has contents").hasSizeGreaterThan(3 * 360);
        assertThat(contents(bulk)).isEqualTo(expected);
        for (String name : List.of("RETENTION_TIME", "WRITE_DELAY")) {
            assertThat(setting(bulk, name)).as(name).isEqualTo(setting(written, name));
        }
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(directory.resolve("bulk/ledger.mv.db"))))
                .isEqualTo("rw-------");
    }

    @Test
    void lookupsAndFilters_answerAsIfWritten() throws Exception {
        try (H2Ledger written = open(written());
                H2Ledger bulk = open(bulk())) {
            for (JobKey key : SITE.run(3).keys()) {
                assertThat(bulk.jobs().newest(key, Narrowing.NONE))
                        .isPresent()
                        .isEqualTo(written.jobs().newest(key, Narrowing.NONE));
                assertSame(written, bulk, JobFilter.builder().host(key.host()).build());
            }
            assertSame(written, bulk, JobFilter.ALL);
            assertSame(
                    written, bulk, JobFilter.builder().status(JobStatus.FAILED).build());
            assertSame(
                    written,
                    bulk,
                    JobFilter.builder().play(SITE.run(3).keys().get(0).play()).build());
            assertSame(written, bulk, JobFilter.builder().run(SITE.run(3).id()).build());
            assertThat(bulk.audit().hosts(PageRequest.first(1000)).items())
                    .isNotEmpty()
                    .isEqualTo(written.audit().hosts(PageRequest.first(1000)).items());
            // What comes later is stored as ever.
            List<Event> again = events(0);
            assertThat(bulk.sink().append(again).get(60, TimeUnit.SECONDS))
                    .isEqualTo(written.sink().append(again).get(60, TimeUnit.SECONDS));
        }
    }

    private static void assertSame(H2Ledger written, H2Ledger bulk, JobFilter filter) {
        assertThat(bulk.audit().jobs(filter, PageRequest.first(1000)).items())
                .isNotEmpty()
                .isEqualTo(written.audit().jobs(filter, PageRequest.first(1000)).items());
    }

    @Test
    void create_whereAFileIs_refuses() throws Exception {
        Path written = written();
        assertThatThrownBy(() -> BulkLedger.create(written, 16_384, clock))
                .isInstanceOf(LedgerException.class)
                .hasMessageContaining("is there already");
    }
}
