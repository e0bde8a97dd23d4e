package io.jobledger.http.pages;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import io.jobledger.http.pages.view.HostNames;
import io.jobledger.http.pages.view.RunBoard;
import io.jobledger.http.pages.view.Timeline;
import io.jobledger.json.Json;
import io.jobledger.ledger.AuditQueries;
import io.jobledger.ledger.RunQueries.PlayStart;
import io.jobledger.ledger.query.JobLine;
import io.jobledger.ledger.query.PageRequest;
import io.jobledger.ledger.query.RunComparison;
import io.jobledger.ledger.query.RunFilter;
import io.jobledger.ledger.query.RunOutcome;
import io.jobledger.ledger.query.RunSummary;
import io.jobledger.ledger.query.TimeRange;
import io.jobledger.model.Run;
import io.jobledger.model.RunId;
import io.jobledger.model.RunState;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;

/** Reads what the page of one run shows. Blocks. Thread-safe. */
final class RunPages {
    private static final int MOST_JOBS = 5000;
    private static final int MOST_HOSTS = 500;

    private final AuditQueries audit;

    RunPages(AuditQueries audit) {
        this.audit = audit;
    }

    RunPage read(Run run, RunState state, RunPage.View view, Instant now) {
        RunOutcome outcome = audit.outcome(run.id());
        List<JobLine> lines = audit.lines(run.id(), MOST_JOBS);
        List<PlayStart> plays = audit.plays(run.id());
        RunBoard board = RunBoard.of(lines, plays, view.allHosts(), now);
        return new RunPage(
                new RunSummary(run, outcome),
                state,
                before(run),
                plays,
                audit.unseenIntents(run.id()),
                run.complete() ? null : audit.firstGap(run.id()).orElse(null),
                stats(run),
                board,
                picture(run, lines, board, view, now),
                view,
                Math.max(0, outcome.jobs().jobs() - lines.size()));
    }

    /** Two runs beside each other. */
    ComparePage compare(Run before, Run after) {
        List<JobLine> first = audit.lines(before.id(), MOST_JOBS);
        List<JobLine> second = audit.lines(after.id(), MOST_JOBS);
        return new ComparePage(
                new RunSummary(before, audit.outcome(before.id())),
                new RunSummary(after, audit.outcome(after.id())),
                before.ofPlaybookOf(after),
                RunComparison.of(first, second),
                HostNames.of(Stream.concat(first.stream(), second.stream())
                        .map(line -> line.key().host())
                        .toList()));
    }

    private static Timeline picture(Run run, List<JobLine> lines, RunBoard board, RunPage.View view, Instant now) {
        List<Timeline.Item> items = lines.stream()
                .map(line -> Timeline.Item.of(line, run.id(), now))
                .toList();
        int hosts = view.allHosts() ? MOST_HOSTS : Timeline.SOME_HOSTS;
        Instant end =
                items.stream().map(Timeline.Item::end).max(Instant::compareTo).orElse(run.lastAt());
        Instant begin =
                items.stream().map(Timeline.Item::start).min(Instant::compareTo).orElse(run.firstAt());
        Instant from = view.from() == null ? begin : view.from();
        Instant to = view.to() == null ? end : view.to();
        return Timeline.of(items, from, to.isAfter(from) ? to : from.plusSeconds(60), hosts, board.shown());
    }

    /** The newest run of the same playbook that began before it. */
    private RunId before(Run run) {
        if (run.info() == null || run.info().playbook() == null) {
            return null;
        }
        String path = run.info().playbookPath();
        RunFilter filter = RunFilter.builder()
                .playbook(path == null ? run.info().playbook() : path)
                .started(new TimeRange(null, run.firstAt()))
                .build();
        return audit.runs(filter, PageRequest.first(1)).items().stream()
                .findFirst()
                .map(Run::id)
                .orElse(null);
    }

    /** What the last goodbye counted, by host. What is not a number there is left out: it came from outside. */
    private Map<String, Map<String, Long>> stats(Run run) {
        Map<String, Map<String, Long>> stats = new TreeMap<>();
        if (run.finishedSeq() == null) {
            return stats;
        }
        for (String body : audit.events(run.id(), run.finishedSeq() - 1, 1)) {
            json(body).path("stats").properties().forEach(host -> {
                Map<String, Long> counts = new TreeMap<>();
                host.getValue().properties().forEach(count -> {
                    if (count.getValue().isIntegralNumber()) {
                        counts.put(count.getKey(), count.getValue().asLong());
                    }
                });
                stats.put(host.getKey(), counts);
            });
        }
        return stats;
    }

    private static JsonNode json(String body) {
        try {
            return Json.MAPPER.readTree(body);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("an event of the ledger is not JSON", e);
        }
    }
}
