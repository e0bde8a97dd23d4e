package io.jobledger.sink.webhook;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.jobledger.FaultReport;
import io.jobledger.KilledJvm;
import io.jobledger.TestClock;
import io.jobledger.Wire;
import io.jobledger.http.api.Filters;
import io.jobledger.ledger.LedgerContract;
import io.jobledger.ledger.h2.EmbeddedLedger;
import io.jobledger.sink.SinkRelays;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Whatever a receiver does, and whenever the ingester is killed: nothing is lost, and no job's end before its start.
 */
class WebhookFaultsTest {
    /** What a bad receiver does: 500, 503, cut, silence until the time-out, garbage, half an answer, an endless one. */
    private static final List<String> FAULTS = List.of(
            HookReceiver.status(500),
            HookReceiver.status(503, "Retry-After: 3"),
            "cut",
            "",
            "garbage\r\n\r\n",
            "HTTP/1.1 2",
            HookReceiver.status(429));

    @TempDir
    Path directory;

    private final HookReceiver receiver = new HookReceiver();
    private final List<HookReceiver.Request> accepted = Collections.synchronizedList(new ArrayList<>());

    @AfterEach
    void stop() {
        receiver.close();
    }

    private String good(HookReceiver.Request request) {
        accepted.add(request);
        return HookReceiver.GOOD;
    }

    private Path hooks() throws Exception {
        return Files.writeString(
                directory.resolve("hooks.yml"),
                "hooks:\n- {name: one, url: '" + receiver.url()
                        + "', allow: 127.0.0.1, events: [started, ended], timeout: 500ms, start: beginning}\n");
    }

    private EmbeddedLedger ledger(TestClock clock) {
        return EmbeddedLedger.open(
                new EmbeddedLedger.Options(directory.resolve("ledger"), 16_384, 20_000, 1000, 0), List.of(), clock);
    }

    /** Each job's start, and then its end, by what was accepted first; returns how many are in another order. */
    private long outOfOrder() {
        Set<String> seen = new LinkedHashSet<>();
        long wrong = 0;
        for (HookReceiver.Request request : List.copyOf(accepted)) {
            String job = request.json().at("/data/job/ansible_job_id").asText();
            String event = request.json().at("/data/event").asText();
            if (seen.add(job + event) && event.equals("failed") && !seen.contains(job + "started")) {
                wrong++;
            }
        }
        return wrong;
    }

    private Set<String> told() {
        Set<String> told = new LinkedHashSet<>();
        List.copyOf(accepted)
                .forEach(request ->
                        told.add(request.json().at("/data/job/ansible_job_id").asText() + " "
                                + request.json().at("/data/event").asText()));
        return told;
    }

    private static Set<String> due(int jobs) {
        Set<String> due = new LinkedHashSet<>();
        for (int job = 0; job < jobs; job++) {
            due.add("id" + job + " started");
            due.add("id" + job + " failed");
        }
        return due;
    }

    @Test
    void aReceiverThatIsDownForAnHour_failsInEveryWay_andComesBack_losesNothing() throws Exception {
        int jobs = 12;
        TestClock clock = new TestClock(Wire.T0);
        AtomicInteger injected = new AtomicInteger();
        receiver.answer = request -> {
            String fault = FAULTS.get(injected.getAndIncrement() % FAULTS.size());
            return fault.equals("cut") ? null : fault;
        };
        EmbeddedLedger ledger = ledger(clock);
        Webhooks hooks = new Webhooks(hooks(), Filters::ofNews, 4, "test", clock);
        SinkRelays relays = new SinkRelays(ledger, clock);
        relays.replace("", hooks.read());
        for (int job = 0; job < jobs; job++) {
            ledger.sink()
                    .append(Wire.events(HooksForever.start(job), HooksForever.end(job)))
                    .get(30, TimeUnit.SECONDS);
        }
        LedgerContract.awaitRecords(ledger);
        for (int minute = 0; minute < 60; minute += 6) {
            int before = injected.get();
            clock.advance(Duration.ofMinutes(6));
            relays.named("hook:one").orElseThrow().retry();
            await().atMost(Duration.ofSeconds(60)).until(() -> {
                // An attempt on a connection that the other side has closed reaches nobody, and waits for the next.
                clock.advance(Duration.ofMinutes(1));
                return injected.get() > before;
            });
        }
        receiver.answer = this::good;
        clock.advance(Duration.ofMinutes(6));
        relays.named("hook:one").orElseThrow().retry();
        await().atMost(Duration.ofSeconds(60)).until(() -> {
            clock.advance(Duration.ofMinutes(1));
            return told().size() == 2 * jobs;
        });
        relays.close();
        hooks.close();
        ledger.close();
        assertThat(told()).isEqualTo(due(jobs));
        assertThat(outOfOrder()).isZero();
        FaultReport.row(
                WebhookFaultsTest.class,
                6,
                "receiver of a hook down for an hour: 500, 503, 429, cut, silent, garbage",
                injected.get(),
                2L * jobs,
                2L * jobs,
                told().size(),
                0,
                0);
    }

    @Test
    void anIngesterThatIsKilled_tellsTheRestLater_andNoEndBeforeItsStart() throws Exception {
        receiver.answer = this::good;
        int first = 0;
        for (int kill = 0; kill < 2; kill++) {
            List<String> acknowledged = KilledJvm.linesUntilKilled(
                    HooksForever.class,
                    directory.resolve("err"),
                    10,
                    directory.resolve("ledger").toString(),
                    hooks().toString(),
                    Integer.toString(first));
            first = Integer.parseInt(acknowledged.get(acknowledged.size() - 1)) + 1;
        }
        TestClock clock = new TestClock(java.time.Instant.now().plusSeconds(600));
        EmbeddedLedger ledger = ledger(clock);
        Webhooks hooks = new Webhooks(hooks(), Filters::ofNews, 4, "test", clock);
        SinkRelays relays = new SinkRelays(ledger, clock);
        relays.replace("", hooks.read());
        int jobs = first;
        await().atMost(Duration.ofSeconds(60)).until(() -> told().containsAll(due(jobs)));
        relays.close();
        hooks.close();
        ledger.close();
        assertThat(outOfOrder()).isZero();
        // The same news have the same id, however often they came.
        assertThat(accepted.stream()
                        .map(request -> request.id() + request.json().at("/data/job/ansible_job_id"))
                        .distinct())
                .hasSameSizeAs(told());
    }
}
