package io.jobledger.event;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import io.jobledger.Wire;
import io.jobledger.json.Json;
import io.jobledger.model.Event;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/** The events that real callbacks sent are read: one wire contract, two languages. */
class FixturesTest {
    private static final Path EVENTS =
            Wire.checkout().resolve("ansible_plugins/ansible_collections/jobledger/core/tests/fixtures/events");

    private static List<Path> fixtures() throws IOException {
        if (!Files.isDirectory(EVENTS)) {
            return List.of();
        }
        try (Stream<Path> files = Files.walk(EVENTS)) {
            return files.filter(file ->
                            file.toString().endsWith(".json") || file.toString().endsWith(".ndjson"))
                    .sorted()
                    .toList();
        }
    }

    @TestFactory
    List<DynamicTest> everyFixture_decodes_andKeepsEveryField() throws IOException {
        return fixtures().stream()
                .map(file -> DynamicTest.dynamicTest(file.getFileName().toString(), () -> {
                    boolean ndjson = file.toString().endsWith(".ndjson");
                    byte[] text = Files.readAllBytes(file);
                    JsonNode node = ndjson ? null : Json.MAPPER.readTree(text);
                    byte[] body = ndjson || node.isArray() ? text : Json.MAPPER.writeValueAsBytes(List.of(node));
                    List<Event> events = new BatchDecoder(100_000).decode(body, ndjson);
                    assertThat(events).isNotEmpty();
                    if (!ndjson) {
                        for (int i = 0; i < events.size(); i++) {
                            assertThat(Json.MAPPER.readTree(events.get(i).head().body()))
                                    .isEqualTo(node.isArray() ? node.get(i) : node);
                        }
                    }
                }))
                .toList();
    }

    @Test
    void fixtures_areThere() throws IOException {
        assumeTrue(Files.isDirectory(EVENTS), "this checkout has no recorded events yet");
        assertThat(fixtures()).hasSizeGreaterThan(5);
    }
}
