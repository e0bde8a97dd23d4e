package io.jobledger.sink.webhook;

import static io.jobledger.Wire.json;
import static io.jobledger.Wire.run;
import static io.jobledger.Wire.started;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jobledger.TestClock;
import io.jobledger.Wire;
import io.jobledger.http.api.Filters;
import io.jobledger.ledger.LedgerContract;
import io.jobledger.ledger.h2.EmbeddedLedger;
import io.jobledger.sink.SinkRelay;
import io.jobledger.sink.SinkRelays;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** From an event to a receiver on another port: what is told, to whom, and how it looks. */
class WebhookTest {
    @TempDir
    Path directory;

    private final TestClock clock = new TestClock(Wire.T0);
    private final HookReceiver receiver = new HookReceiver();
    private EmbeddedLedger ledger;
    private Webhooks hooks;
    private SinkRelays relays;

    @BeforeEach
    void open() {
        ledger = EmbeddedLedger.open(
                new EmbeddedLedger.Options(directory.resolve("ledger"), 16_384, 20_000, 1000, 0), List.of(), clock);
        hooks = new Webhooks(file(), Filters::ofNews, 4, "test", clock);
        relays = new SinkRelays(ledger, clock);
    }

    @AfterEach
    void close() {
        relays.close();
        hooks.close();
        ledger.close();
        receiver.close();
    }

    private Path file() {
        return directory.resolve("hooks.yml");
    }

    private void hooks(String yaml) throws IOException {
        Files.writeString(file(), yaml);
        relays.replace("", hooks.read());
    }

    private String one(String more) {
        return "hooks:\n- name: one\n  url: " + receiver.url() + "\n  allow: 127.0.0.0/8\n" + more.indent(2);
    }

    private void append(ObjectNode... events) throws Exception {
        ledger.sink().append(Wire.events(events)).get(30, TimeUnit.SECONDS);
        LedgerContract.awaitRecords(ledger);
    }

    private static ObjectNode ended(int number, long seq, long seconds, String status, Object... more) {
        ObjectNode json = json(
                "job_ended",
                run(number),
                seq,
                seconds,
                "host",
                "h",
                "play",
                "p",
                "job",
                "j",
                "ansible_job_id",
                "id" + number,
                "status",
                status);
        for (int i = 0; i < more.length; i += 2) {
            json.set((String) more[i], io.jobledger.json.Json.MAPPER.<JsonNode>valueToTree(more[i + 1]));
        }
        return json;
    }

    private static ObjectNode launch(int number) {
        return started(run(number), 2, 1, "h", "p", "j", "id" + number, "async", 60);
    }

    private List<String> events() {
        return receiver.requests().stream()
                .map(request -> request.json().at("/data/event").asText())
                .toList();
    }

    private void awaitRequests(int count) {
        await().atMost(Duration.ofSeconds(20))
                .untilAsserted(() -> assertThat(receiver.requests()).hasSize(count));
    }

    private SinkRelay relay() {
        return relays.named("hook:one").orElseThrow();
    }

    @Test
    void startAndEnd_areTold_inOrder_asCloudEvents() throws Exception {
        hooks(one("events: [started, ended]"));
        append(
                json(
                        "run_started",
                        run(1),
                        1,
                        0,
                        "kind",
                        "playbook",
                        "playbook",
                        "site.yml",
                        "labels",
                        java.util.Map.of("team", "db")),
                launch(1),
                ended(1, 3, 9, "failed", "rc", 2));
        awaitRequests(2);
        assertThat(events()).containsExactly("started", "failed");
        HookReceiver.Request last = receiver.requests().get(1);
        assertThat(last.line()).isEqualTo("POST /hook HTTP/1.1");
        assertThat(last.headers())
                .containsEntry("content-type", "application/cloudevents+json; charset=utf-8")
                .containsEntry("webhook-id", "1-3-failed")
                .containsEntry("webhook-timestamp", Long.toString(Wire.T0.getEpochSecond()))
                .containsEntry("user-agent", "jobledger/test")
                .doesNotContainKey("webhook-signature");
        JsonNode event = last.json();
        assertThat(event.get("specversion").asText()).isEqualTo("1.0");
        assertThat(event.get("id").asText()).isEqualTo("1-3-failed");
        assertThat(event.get("type").asText()).isEqualTo("io.jobledger.job.failed");
        assertThat(event.get("source").asText()).isEqualTo("/jobledger");
        assertThat(event.get("subject").asText()).isEqualTo("h/p/j");
        assertThat(event.get("time").asText()).isEqualTo("2026-11-20T10:00:09.000000Z");
        assertThat(event.at("/data/job/status").asText()).isEqualTo("failed");
        assertThat(event.at("/data/job/rc").asInt()).isEqualTo(2);
        assertThat(event.at("/data/run/labels/team").asText()).isEqualTo("db");
        // The first speaks of the moment of its entry, not of now.
        assertThat(receiver.requests().get(0).json().at("/data/job/status").asText())
                .isEqualTo("running");
    }

    @Test
    void binaryCloudEvents_haveTheirAttributesAsHeaders() throws Exception {
        hooks(one("events: started\nformat: cloudevents-binary"));
        append(started(run(1), 1, 1, "h\u00e4st \"1\"", "p", "j", "id1"));
        awaitRequests(1);
        HookReceiver.Request request = receiver.requests().get(0);
        assertThat(request.headers())
                .containsEntry("ce-specversion", "1.0")
                .containsEntry("ce-id", "1-1-started")
                .containsEntry("ce-type", "io.jobledger.job.started")
                .containsEntry("ce-subject", "h%C3%A4st%20%221%22/p/j")
                .containsEntry("content-type", "application/json");
        assertThat(request.json().at("/job/host").asText()).isEqualTo("h\u00e4st \"1\"");
    }

    @Test
    void whatDoesNotFit_isNotTold_andDryRunsNeverAre() throws Exception {
        hooks(one("events: [failed]\nfilters: {host: h, label: [team=db]}"));
        append(
                json("run_started", run(1), 1, 0, "kind", "playbook", "labels", java.util.Map.of("team", "db")),
                launch(1),
                ended(1, 3, 2, "succeeded"),
                json("run_started", run(2), 1, 0, "kind", "playbook"),
                launch(2),
                ended(2, 3, 2, "failed"),
                json("run_started", run(3), 1, 0, "kind", "playbook", "labels", java.util.Map.of("team", "db")),
                started(run(3), 2, 1, "h", "p", "j", "id3", "check_mode", true),
                ended(3, 3, 2, "failed"),
                json("run_started", run(4), 1, 0, "kind", "playbook", "labels", java.util.Map.of("team", "db")),
                launch(4),
                ended(4, 3, 2, "failed"));
        awaitRequests(1);
        assertThat(receiver.requests()
                        .get(0)
                        .json()
                        .at("/data/job/ansible_job_id")
                        .asText())
                .isEqualTo("id4");
    }

    @Test
    void aReceiverThatIsDown_getsEverythingLater_andARefusalIsBlocked_untilSomebodySaysSo() throws Exception {
        hooks(one("events: [started]"));
        receiver.answer = request -> HookReceiver.status(500);
        append(launch(1), launch(2));
        await().untilAsserted(() ->
                assertThat(relay().standing().orElseThrow().lastError()).contains("it answered 500"));
        receiver.answer = request -> HookReceiver.status(410);
        clock.advance(Duration.ofMinutes(2));
        await().until(() -> relay().standing().orElseThrow().blocked());
        receiver.answer = request -> HookReceiver.GOOD;
        assertThat(relay().retry()).isTrue();
        await().until(() -> relay().figures().sent() == 2
                && relay().standing().orElseThrow().lastError() == null);
    }

    @Test
    void placesInsideTheNetwork_areRefused_unlessAllowed() throws Exception {
        Files.writeString(file(), "hooks:\n- name: one\n  url: " + receiver.url() + "\n  events: started\n");
        relays.replace("", hooks.read());
        append(launch(1));
        await().until(() -> relay().standing().orElseThrow().blocked());
        assertThat(relay().standing().orElseThrow().lastError())
                .contains("127.0.0.1, which is inside the network")
                .contains("'allow'");
        assertThat(receiver.requests()).isEmpty();
    }

    @Test
    void aRedirect_isNotFollowed() throws Exception {
        HookReceiver elsewhere = new HookReceiver();
        receiver.answer = request -> HookReceiver.status(307, "Location: " + elsewhere.url());
        hooks(one("events: started"));
        append(launch(1));
        await().until(() -> relay().standing().orElseThrow().blocked());
        assertThat(relay().standing().orElseThrow().lastError()).contains("307, a redirect, which is not followed");
        assertThat(elsewhere.requests()).isEmpty();
        elsewhere.close();
    }

    @Test
    void anotherHook_isNotHeldUp_andOneThatComesLaterBeginsWhereItIsTold() throws Exception {
        append(launch(1));
        HookReceiver bad = new HookReceiver();
        bad.answer = request -> null;
        hooks("hooks:\n- {name: bad, url: '" + bad.url() + "', allow: 127.0.0.1, events: started}\n"
                + "- {name: now, url: '" + receiver.url() + "', allow: 127.0.0.1, events: started}\n");
        append(launch(2));
        awaitRequests(1);
        assertThat(receiver.requests().get(0).id()).isEqualTo("1-2-started");
        hooks("hooks:\n- {name: all, url: '" + receiver.url()
                + "', allow: 127.0.0.1, events: started, start: beginning}\n");
        awaitRequests(3);
        assertThat(receiver.requests().stream().map(HookReceiver.Request::id))
                .containsExactlyInAnyOrder("1-2-started", "1-1-started", "1-2-started");
        bad.close();
    }

    @Test
    void aBrokenFile_isRefused_withFileLineFieldAndRule() throws Exception {
        Files.writeString(
                file(), "hooks:\n- name: one\n  url: https://example.org/x\n  events:\n  - failed\n  - exploded\n");
        assertThatThrownBy(hooks::read)
                .isInstanceOf(InvalidHooks.class)
                .hasMessageContaining(
                        "hooks.yml, line 6: hooks[0].events[1] 'exploded' is no event; there are started");
    }

    @Test
    void overdue_isToldOnce_alsoAfterARestart_andWhenRecordsAreComputedAgain() throws Exception {
        String file = one("events: [overdue, overdue+2h]");
        hooks(file);
        append(launch(1), started(run(2), 2, 1, "h", "p", "dry", "id2", "async", 60, "check_mode", true));
        relays.tellOverdue();
        clock.advance(Duration.ofMinutes(2));
        relays.tellOverdue();
        relays.tellOverdue();
        awaitRequests(1);
        assertThat(receiver.requests().get(0).json().get("type").asText()).isEqualTo("io.jobledger.job.overdue");
        assertThat(receiver.requests().get(0).json().at("/data/job/status").asText())
                .isEqualTo("running");
        relays.close();
        ledger.close();
        Files.delete(directory.resolve("ledger/projections.mv.db"));
        ledger = EmbeddedLedger.open(
                new EmbeddedLedger.Options(directory.resolve("ledger"), 16_384, 20_000, 1000, 0), List.of(), clock);
        LedgerContract.awaitRecords(ledger);
        relays = new SinkRelays(ledger, clock);
        hooks(file);
        relays.tellOverdue();
        clock.advance(Duration.ofHours(2));
        relays.tellOverdue();
        awaitRequests(2);
        assertThat(receiver.requests().stream().map(HookReceiver.Request::id))
                .containsExactly("1-3-overdue", "1-4-overdue+2h");
        // Nothing of it is told of a job that has ended.
        append(ended(1, 3, 9000, "succeeded"));
        clock.advance(Duration.ofHours(2));
        relays.tellOverdue();
        assertThat(ledger.heads().now().entry()).isEqualTo(5);
    }

    @Test
    void whatWasOverdueBeforeAHookCame_isNoNews() throws Exception {
        append(launch(1));
        clock.advance(Duration.ofMinutes(2));
        hooks(one("events: overdue"));
        relays.tellOverdue();
        assertThat(ledger.heads().now().entry()).isEqualTo(1);
    }

    @Test
    void aHookThatIsBlocked_isNewsToOthers() throws Exception {
        HookReceiver bad = new HookReceiver();
        bad.answer = request -> HookReceiver.status(410);
        hooks("hooks:\n- {name: bad, url: '" + bad.url() + "', allow: 127.0.0.1, events: started}\n"
                + "- {name: ops, url: '" + receiver.url() + "', allow: 127.0.0.1, events: blocked}\n");
        append(launch(1));
        awaitRequests(1);
        JsonNode event = receiver.requests().get(0).json();
        assertThat(event.get("type").asText()).isEqualTo("io.jobledger.sink.blocked");
        assertThat(event.at("/data/detail").asText()).contains("hook:bad waits for an operator: it answered 410");
        bad.close();
    }
}
