package io.jobledger.cli.jobs;

import com.fasterxml.jackson.databind.JsonNode;
import io.jobledger.cli.ask.ApiClient;
import io.jobledger.cli.ask.Query;
import io.jobledger.cli.view.CommandFailed;
import io.jobledger.cli.view.Refused;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;

/** Where a wait learns of its jobs. Called by one thread; failures are those of {@link ApiClient}. */
interface WaitSource {
    /** The jobs that are meant, as they stand when the wait begins. */
    List<JsonNode> first();

    /**
     * What changed, or may have, after at most {@code patience}; {@code known} forgets those that are gone from the
     * ledger.
     */
    List<JsonNode> next(WaitedJobs known, Duration patience);

    /** The longest time that one look should take: how late a change may be seen where nobody watches a terminal. */
    Duration longestLook();

    /** The path that answers when this one job has ended. */
    private static String path(JsonNode job) {
        return "/api/v1/jobs/"
                + String.join(
                        "/",
                        ApiClient.escape(job.path("host").asText()),
                        ApiClient.escape(job.path("play").asText()),
                        ApiClient.escape(job.path("job_name").asText()));
    }

    private static String waiting(JsonNode job, Duration patience) {
        return path(job)
                + new Query()
                        .and("run_id", job.path("run_id").asText(null))
                        .and("id", job.path("ansible_job_id").asText(null))
                        .and("check_mode", job.path("check_mode").asBoolean() ? "true" : null)
                        .and("wait", Math.max(1, patience.toMillis()) + "ms");
    }

    /** The one job that a name answers. A later start under the same name is another job. */
    final class Named implements WaitSource {
        private final ApiClient api;
        private final String path;
        private final Query narrowing;

        /** @param narrowing which of several jobs of the name */
        Named(ApiClient api, String path, Query narrowing) {
            this.api = api;
            this.path = path;
            this.narrowing = narrowing;
        }

        @Override
        public List<JsonNode> first() {
            JsonNode job = api.get(path + narrowing);
            if (job.path("ambiguous").asBoolean()) {
                List<String> ids = new ArrayList<>();
                job.path("candidates")
                        .forEach(one -> ids.add(one.path("ansible_job_id").asText("-")));
                throw new CommandFailed(job.path("candidates_total").asInt() + " open jobs have this name: "
                        + String.join(", ", ids) + "; say which with --id, --run or --playbook");
            }
            return List.of(job);
        }

        @Override
        public List<JsonNode> next(WaitedJobs known, Duration patience) {
            JsonNode before = known.open().get(0);
            JsonNode job = api.get(waiting(before, patience));
            // What is learned later, like the host it runs on, makes it no second job.
            if (!JobBoard.identity(job).equals(JobBoard.identity(before))) {
                known.drop(before);
            }
            return List.of(job);
        }

        @Override
        public Duration longestLook() {
            return Duration.ofSeconds(20);
        }
    }

    /** All jobs that fit filters, also those that start while somebody waits. */
    final class Filtered implements WaitSource {
        private final ApiClient api;
        private final Query filters;
        private final boolean openOnly;

        /** @param openOnly leave out what had ended before */
        Filtered(ApiClient api, Query filters, boolean openOnly) {
            this.api = api;
            this.filters = filters;
            this.openOnly = openOnly;
        }

        @Override
        public List<JsonNode> first() {
            return list(openOnly ? open() : filters);
        }

        @Override
        public List<JsonNode> next(WaitedJobs known, Duration patience) {
            List<JsonNode> before = known.open();
            List<JsonNode> changed = new ArrayList<>();
            try {
                // The end of one is heard at once, and of all others with the list.
                changed.add(api.get(waiting(before.get(0), patience)));
            } catch (Refused e) {
                if (e.status() != 404) {
                    throw e;
                }
            }
            List<JsonNode> now = list(open());
            changed.addAll(now);
            Set<List<String>> there = changed.stream().map(JobBoard::identity).collect(Collectors.toSet());
            for (JsonNode job : before) {
                if (!there.contains(JobBoard.identity(job))) {
                    List<JsonNode> found = again(job);
                    changed.addAll(found);
                    if (found.isEmpty()) {
                        known.drop(job);
                    }
                }
            }
            // Between two looks a job may have started and ended.
            if (now.isEmpty() && !openOnly) {
                changed.addAll(list(filters));
            }
            return changed;
        }

        @Override
        public Duration longestLook() {
            return Duration.ofSeconds(5);
        }

        private Query open() {
            return filters.copy().and("status", "open");
        }

        private List<JsonNode> again(JsonNode job) {
            Query query = new Query();
            List.of("host", "play", "run_id", "ansible_job_id")
                    .forEach(name -> query.and(name, job.path(name).asText(null)));
            return list(query.and("job", job.path("job_name").asText(null))).stream()
                    .filter(one -> JobBoard.identity(one).equals(JobBoard.identity(job)))
                    .toList();
        }

        private List<JsonNode> list(Query query) {
            List<JsonNode> all = new ArrayList<>();
            Query pages = query.copy().and("limit", 1000);
            JsonNode page = api.get("/api/v1/jobs" + pages);
            while (true) {
                if (!page.path("jobs").isArray()) {
                    throw new CommandFailed(api.url() + " does not answer like an ingester: its answer has no jobs");
                }
                page.get("jobs").forEach(all::add);
                if (!page.hasNonNull("next")) {
                    return all;
                }
                page = api.get("/api/v1/jobs"
                        + pages.copy().and("cursor", page.get("next").asText()));
            }
        }
    }
}
