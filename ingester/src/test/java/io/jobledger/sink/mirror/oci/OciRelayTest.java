package io.jobledger.sink.mirror.oci;

import static io.jobledger.sink.mirror.Records.key;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.jobledger.event.BatchDecoder;
import io.jobledger.ledger.LedgerContract;
import io.jobledger.ledger.Outbox;
import io.jobledger.ledger.h2.EmbeddedLedger;
import io.jobledger.model.JobStatus;
import io.jobledger.oci.standin.Fault;
import io.jobledger.sink.mirror.MirrorRelay;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.ZoneOffset;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** From the ledger through the outbox into a bucket, while OCI fails and recovers. */
class OciRelayTest {
    private static final int JOBS = 30;

    @TempDir
    private Path directory;

    private final AtomicReference<Instant> now = new AtomicReference<>(Instant.parse("2026-11-20T12:00:00Z"));
    private OciTestBed bed;
    private String bucket;
    private EmbeddedLedger ledger;
    private MirrorRelay relay;

    @BeforeEach
    void open() {
        bed = new OciTestBed(directory);
        bucket = bed.newBucket();
        OciMirror mirror = bed.mirror(bucket);
        InstantSource time = now::get;
        Clock clock = time.withZone(ZoneOffset.UTC);
        ledger = EmbeddedLedger.open(
                new EmbeddedLedger.Options(directory.resolve("ledger"), 8192, 10_000, 1000, 0),
                List.of(mirror.uri()),
                clock);
        relay = new MirrorRelay(
                mirror, ledger.mirrors().get(0), ledger.outbox(), ledger.jobs(), 4, Duration.ofMillis(20));
    }

    @AfterEach
    void close() {
        relay.close();
        ledger.close();
        bed.close();
    }

    /** Starts and ends each job: two records of one key each. */
    private void runJobs() throws Exception {
        StringBuilder lines = new StringBuilder();
        String run = UUID.randomUUID().toString();
        for (int i = 0; i < JOBS; i++) {
            lines.append(
                    ("{\"type\":\"job_started\",\"run_id\":\"%s\",\"seq\":%d,\"at\":\"2026-11-20T11:00:00.000000Z\",\"host\":\"db%d\",\"play\":\"site\",\"job\":\"backup\",\"task\":\"backup\",\"ansible_job_id\":\"j%d.1\"}\n")
                            .formatted(run, 2 * i + 1, i, i));
            lines.append(
                    "{\"type\":\"job_ended\",\"run_id\":\"%s\",\"seq\":%d,\"at\":\"2026-11-20T11:30:00.000000Z\",\"host\":\"db%d\",\"ansible_job_id\":\"j%d.1\",\"status\":\"succeeded\"}\n"
                            .formatted(run, 2 * i + 2, i, i));
        }
        ledger.sink()
                .append(new BatchDecoder(1000).decode(lines.toString().getBytes(StandardCharsets.UTF_8), true))
                .get(30, TimeUnit.SECONDS);
        LedgerContract.awaitRecords(ledger);
    }

    private Outbox.Backlog backlog() {
        return relay.backlog();
    }

    private void drain() {
        while (relay.relayOnce()) {
            // the next page
        }
    }

    private void assertEverythingIsThere() {
        assertThat(bed.standIn.names(bucket)).hasSize(JOBS);
        assertThat(relay.mirror()
                        .get(key("db7", "site", "backup"))
                        .orElseThrow()
                        .status())
                .isEqualTo(JobStatus.SUCCEEDED);
        assertThat(backlog().pending()).isZero();
        assertThat(backlog().blocked()).isZero();
    }

    @Test
    void ociDown_entriesAreOnePerKey_andArriveWhenItIsBack() throws Exception {
        int port = bed.standIn.port();
        bed.standIn.stop();
        runJobs();
        relay.relayOnce();
        runJobs();
        relay.relayOnce();
        assertThat(backlog().pending()).isEqualTo(JOBS);
        assertThat(backlog().blocked()).isZero();
        assertThat(backlog().lastError()).contains("cannot be reached");
        bed.standIn.start(port);
        now.updateAndGet(instant -> instant.plus(Duration.ofMinutes(2)));
        drain();
        drain();
        assertEverythingIsThere();
    }

    @Test
    void ociDown_onlyAFewEntriesAreTried_notEveryOneAgainAndAgain() throws Exception {
        runJobs();
        bed.standIn.fail(Fault.SERVICE_UNAVAILABLE);
        for (int i = 0; i < 10; i++) {
            now.updateAndGet(instant -> instant.plus(Duration.ofMinutes(2)));
            relay.relayOnce();
        }
        // Four at once in each round, and those that were under way when the first page turned out to be hopeless.
        assertThat(bed.standIn.requests().size()).isBetween(10, 60);
        bed.standIn.heal();
        now.updateAndGet(instant -> instant.plus(Duration.ofMinutes(2)));
        drain();
        drain();
        assertEverythingIsThere();
    }

    @Test
    void permissionDenied_entriesAreBlocked_saidOnce_andReleased() throws Exception {
        PrintStream err = System.err;
        ByteArrayOutputStream log = new ByteArrayOutputStream();
        try {
            System.setErr(new PrintStream(log, true, StandardCharsets.UTF_8));
            bed.standIn.fail(Fault.NOT_AUTHORIZED);
            runJobs();
            drain();
            assertThat(backlog().blocked()).isEqualTo(JOBS);
            assertThat(backlog().pending()).isZero();
            assertThat(backlog().lastError()).contains("permission denied").contains("Allow group <GROUP>");
            bed.standIn.heal();
            now.updateAndGet(instant -> instant.plus(Duration.ofHours(1)));
            drain();
            assertThat(bed.standIn.names(bucket))
                    .as("blocked entries wait for an operator")
                    .isEmpty();
            assertThat(relay.retry()).isEqualTo(JOBS);
            drain();
            assertEverythingIsThere();
        } finally {
            System.setErr(err);
        }
        List<String> lines = log.toString(StandardCharsets.UTF_8)
                .lines()
                .filter(line -> line.contains("MirrorRelay"))
                .toList();
        assertThat(lines)
                .filteredOn(line -> line.contains("until they are released"))
                .hasSize(1);
        assertThat(lines).filteredOn(line -> line.contains("works again")).hasSize(1);
        assertThat(lines).hasSize(2);
    }

    @Test
    void relayRuns_ociComesAndGoes_newestArrives() throws Exception {
        now.set(Instant.now());
        relay.start();
        bed.standIn.failNext(3, Fault.CUT);
        runJobs();
        // Time goes on for the outbox as it does for the relay.
        await().atMost(Duration.ofSeconds(60)).until(() -> {
            now.updateAndGet(instant -> instant.plusSeconds(1));
            return backlog().pending() == 0 && bed.standIn.names(bucket).size() == JOBS;
        });
        assertEverythingIsThere();
    }
}
