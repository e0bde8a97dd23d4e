package io.jobledger.http.pages;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import io.jobledger.json.Json;
import io.jobledger.ledger.AuditQueries;
import io.jobledger.ledger.query.JobFilter;
import io.jobledger.ledger.query.Page;
import io.jobledger.ledger.query.PageRequest;
import io.jobledger.model.JobRecord;
import io.jobledger.model.Run;
import io.jobledger.model.RunState;
import java.util.Map;
import java.util.TreeMap;

/** Reads what the page of one run shows. Blocks. Thread-safe. */
final class RunPages {
    private static final int MOST_JOBS = 200;

    private final AuditQueries audit;

    RunPages(AuditQueries audit) {
        this.audit = audit;
    }

    RunPage read(Run run, RunState state) {
        Page<JobRecord> jobs = audit.jobs(JobFilter.builder().run(run.id()).build(), PageRequest.first(MOST_JOBS));
        return new RunPage(
                run,
                state,
                audit.plays(run.id()),
                audit.unseenIntents(run.id()),
                run.complete() ? null : audit.firstGap(run.id()).orElse(null),
                stats(run),
                jobs.items(),
                jobs.next() == null ? null : Links.jobs("run_id", run.id().toString()));
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
