package io.jobledger.cli.jobs;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import io.jobledger.cli.ask.ApiClient;
import io.jobledger.cli.ask.Query;
import io.jobledger.cli.view.CommandFailed;
import io.jobledger.cli.view.Refused;
import io.jobledger.json.Json;
import java.io.IOException;
import java.io.InputStream;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;

/**
 * Follows what happens to jobs: by the ingester's stream, which it takes up again where it broke off, or, where there
 * is no stream, by asking again and again. Runs on a thread of its own, which ends when it is interrupted or with the
 * program.
 */
final class JobFeed implements Runnable {
    /** What is known now. */
    sealed interface News {
        /** All jobs that are open; others that were open have ended. */
        record Open(List<JsonNode> jobs) implements News {}

        /** A job that changed. */
        record Changed(JsonNode job) implements News {}

        /** How the ingester is reached: null when all is well. */
        record Trouble(String text) implements News {}

        /** There is nothing to follow. */
        record Failed(CommandFailed reason) implements News {}
    }

    /** Heartbeats come far more often. */
    private static final Duration SILENCE = Duration.ofSeconds(90);

    private static final Duration POLL = Duration.ofSeconds(2);
    private static final Duration FIRST_PAUSE = Duration.ofMillis(500);
    private static final Duration LONGEST_PAUSE = Duration.ofSeconds(15);

    private final ApiClient api;
    private final Query filters;
    private final BlockingQueue<News> news;
    private String lastId;
    private boolean reached;
    private Duration pause = FIRST_PAUSE;

    JobFeed(ApiClient api, Query filters, BlockingQueue<News> news) {
        this.api = api;
        this.filters = filters;
        this.news = news;
    }

    @Override
    public void run() {
        try {
            boolean streams = true;
            while (true) {
                try {
                    if (streams) {
                        follow();
                    } else {
                        poll();
                    }
                } catch (Refused e) {
                    streams &= !noStream(e.status());
                    if (e.status() / 100 == 4 && (reached || !noStream(e.status()))) {
                        throw e;
                    }
                    if (streams) {
                        rest(e);
                    }
                } catch (CommandFailed e) {
                    if (!reached) {
                        throw e;
                    }
                    rest(e);
                }
            }
        } catch (CommandFailed e) {
            news.add(new News.Failed(e));
        } catch (InterruptedException e) {
            // Nobody wants to know any more.
        }
    }

    /** An ingester without a stream, or something on the way that lets none through. */
    private static boolean noStream(int status) {
        return status == 404 || status == 405 || status == 406 || status == 501;
    }

    private void rest(CommandFailed why) throws InterruptedException {
        news.add(new News.Trouble(why.getMessage().lines().findFirst().orElse("no ingester answers")));
        Thread.sleep(pause.toMillis());
        pause = pause.multipliedBy(2).compareTo(LONGEST_PAUSE) > 0 ? LONGEST_PAUSE : pause.multipliedBy(2);
    }

    private void follow() throws InterruptedException {
        Map<String, String> headers = new HashMap<>(Map.of("Accept", "text/event-stream"));
        if (lastId != null) {
            headers.put("Last-Event-ID", lastId);
        }
        try (InputStream body = api.stream("/api/v1/stream" + filters, headers, SILENCE)) {
            // The stream was opened first, so what happens while this is asked is not lost.
            if (lastId == null) {
                news.add(new News.Open(open()));
            }
            well();
            EventStream events = new EventStream(body);
            for (EventStream.Sent sent = events.next(); sent != null; sent = events.next()) {
                lastId = sent.id();
                if (sent.name().equals("epoch")) {
                    // The ledger was restored: what was known of its jobs may be wrong.
                    news.add(new News.Open(open()));
                } else if (sent.name().equals("job")) {
                    news.add(new News.Changed(Json.MAPPER.readTree(sent.data())));
                }
            }
        } catch (JsonProcessingException e) {
            throw new CommandFailed(api.url() + " does not answer like an ingester");
        } catch (IOException e) {
            throw new CommandFailed("the stream of " + api.url() + " broke off: " + e.getMessage());
        }
        throw new CommandFailed("the stream of " + api.url() + " ended");
    }

    private void poll() throws InterruptedException {
        while (true) {
            news.add(new News.Open(open()));
            well();
            Thread.sleep(POLL.toMillis());
        }
    }

    private void well() {
        reached = true;
        pause = FIRST_PAUSE;
        news.add(new News.Trouble(null));
    }

    private List<JsonNode> open() {
        List<JsonNode> open = new ArrayList<>();
        Query query = filters.copy().and("status", "open").and("limit", 1000);
        JsonNode page = api.get("/api/v1/jobs" + query);
        while (true) {
            if (!page.path("jobs").isArray()) {
                throw new CommandFailed(api.url() + " does not answer like an ingester: its answer has no jobs");
            }
            page.get("jobs").forEach(open::add);
            if (!page.hasNonNull("next")) {
                return open;
            }
            page = api.get(
                    "/api/v1/jobs" + query.copy().and("cursor", page.get("next").asText()));
        }
    }
}
