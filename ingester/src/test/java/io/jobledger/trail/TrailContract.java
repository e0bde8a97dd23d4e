package io.jobledger.trail;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import io.jobledger.json.Json;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** What every audit trail promises. */
public abstract class TrailContract {
    /** One more way into the same trail, which is empty when a test begins, at this time. */
    protected abstract Trail trail(Instant now);

    private static final Instant NOON = Instant.parse("2026-11-20T12:00:00Z");

    protected final List<JsonNode> lines() {
        List<JsonNode> lines = new ArrayList<>();
        trail(NOON).each(line -> {
            try {
                lines.add(Json.MAPPER.readTree(line));
            } catch (JsonProcessingException e) {
                throw new AssertionError(line, e);
            }
        });
        return lines;
    }

    @Test
    public void acts_comeBackInTheirOrder_asTheyWere_andCannotForgeAnother() {
        assertThat(lines()).isEmpty();
        trail(NOON).record(new Act("prune", "ann\n{\"act\":\"x\"}\0", "10.0.0.1", Map.of("runs", 3)));
        trail(NOON.minusSeconds(60)).record(new Act("token.revoke", "bob", "local", Map.of("ids", List.of("a", "b"))));
        List<JsonNode> lines = lines();
        assertThat(lines).extracting(line -> line.get("act").textValue()).containsExactly("prune", "token.revoke");
        assertThat(lines.get(0).get("at").textValue()).isEqualTo("2026-11-20T12:00:00.000000Z");
        assertThat(lines.get(0).get("who").textValue()).isEqualTo("ann\n{\"act\":\"x\"}\0");
        assertThat(lines.get(0).get("from").textValue()).isEqualTo("10.0.0.1");
        assertThat(lines.get(0).get("runs").intValue()).isEqualTo(3);
        assertThat(lines.get(1).get("ids")).hasToString("[\"a\",\"b\"]");
    }

    @Test
    public void actsAtOnce_areAllThere_whole() throws Exception {
        ExecutorService threads = Executors.newFixedThreadPool(4);
        try {
            List<Future<?>> work = new ArrayList<>();
            for (int i = 0; i < 40; i++) {
                int number = i;
                work.add(threads.submit(() -> trail(NOON)
                        .record(new Act("act", "w", "local", Map.of("number", number, "text", "x".repeat(5_000))))));
            }
            for (Future<?> future : work) {
                future.get(60, TimeUnit.SECONDS);
            }
        } finally {
            threads.shutdownNow();
        }
        assertThat(lines())
                .hasSize(40)
                .extracting(line -> line.get("number").intValue())
                .doesNotHaveDuplicates();
    }
}
