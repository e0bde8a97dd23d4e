package io.jobledger.http.api;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jobledger.json.Json;
import io.jobledger.ledger.query.RunOutcome;
import io.jobledger.ledger.query.RunSummary;
import io.jobledger.model.Run;
import io.jobledger.model.RunInfo;
import java.time.Duration;
import java.time.Instant;
import java.util.List;

/** A run as the API shows it. */
public final class RunJson {
    static final List<String> COLUMNS = List.of(
            "run_id",
            "run_name",
            "state",
            "kind",
            "playbook",
            "playbook_path",
            "user",
            "controller",
            "pid",
            "ansible_version",
            "check_mode",
            "limit",
            "tags",
            "skip_tags",
            "argv",
            "labels",
            "started_at",
            "finished_at",
            "last_event_at",
            "last_received_at",
            "events",
            "last_seq",
            "complete",
            "outcome");

    private RunJson() {}

    /** A run with how it went. */
    public static ObjectNode of(RunSummary summary, Instant now, Duration silence) {
        ObjectNode json = of(summary.run(), now, silence);
        RunOutcome outcome = summary.outcome();
        CountsJson.put(
                json.putObject("outcome")
                        .put("verdict", outcome.verdict().wire())
                        .put("words", outcome.words())
                        .put("hosts", outcome.hosts()),
                outcome.jobs());
        return json;
    }

    public static ObjectNode of(Run run, Instant now, Duration silence) {
        ObjectNode json = JsonNodeFactory.instance.objectNode();
        RunInfo info = run.info();
        json.put("run_id", run.id().toString());
        json.put("run_name", info == null ? null : info.runName());
        json.put("state", run.state(now, silence).wire());
        json.put("kind", info == null ? null : info.kind());
        json.put("playbook", info == null ? null : info.playbook());
        json.put("playbook_path", info == null ? null : info.playbookPath());
        json.put("user", info == null ? null : info.user());
        json.put("controller", info == null ? null : info.controller());
        json.put("pid", info == null ? null : info.pid());
        json.put("ansible_version", info == null ? null : info.ansibleVersion());
        json.put("check_mode", info != null && info.checkMode());
        json.put("limit", info == null ? null : info.limit());
        json.set("tags", Json.MAPPER.valueToTree(info == null ? List.of() : info.tags()));
        json.set("skip_tags", Json.MAPPER.valueToTree(info == null ? List.of() : info.skipTags()));
        json.set("argv", Json.MAPPER.valueToTree(info == null ? List.of() : info.argv()));
        json.set(
                "labels",
                info == null ? JsonNodeFactory.instance.objectNode() : Json.MAPPER.valueToTree(info.labels()));
        json.put("started_at", Json.time(run.firstAt()));
        json.put("finished_at", run.finished() ? Json.time(run.finishedAt()) : null);
        json.put("last_event_at", Json.time(run.lastAt()));
        json.put("last_received_at", Json.time(run.lastReceivedAt()));
        json.put("events", run.events());
        json.put("last_seq", run.maxSeq());
        json.put("complete", run.finished() && run.complete());
        return json;
    }
}
