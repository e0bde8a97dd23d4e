package io.jobledger.trail;

import static io.jobledger.Wire.T0;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import io.jobledger.TestClock;
import io.jobledger.json.Json;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The audit trail's file. */
class FileTrailTest {
    @TempDir
    Path directory;

    @Test
    void acts_areLinesOfJson_appended_forTheOwnerOnly_andCannotForgeAnother() throws IOException {
        Path file = directory.resolve("data/audit.jsonl");
        new FileTrail(file, new TestClock(T0)).record(new Act("prune", "ann\n{\"act\":\"x\"}", "10.0.0.1", Map.of("runs", 3)));
        Files.writeString(file, "{\"torn", StandardOpenOption.APPEND);
        new FileTrail(file, new TestClock(T0)).record(new Act("token.revoke", "bob", "local", Map.of("ids", List.of("a", "b"))));
        List<String> lines = Files.readAllLines(file);
        assertThat(lines).hasSize(3);
        JsonNode first = Json.MAPPER.readTree(lines.get(0));
        assertThat(first.get("at").textValue()).isEqualTo("2026-11-20T10:00:00.000000Z");
        assertThat(first.get("who").textValue()).contains("\n");
        assertThat(first.get("runs").intValue()).isEqualTo(3);
        assertThat(Json.MAPPER.readTree(lines.get(2)).get("act").textValue()).isEqualTo("token.revoke");
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file))).isEqualTo("rw-------");
    }

    @Test
    void actThatCannotBeWritten_isAnError_thatSaysNothingWasDone() throws IOException {
        Path file = Files.createDirectory(directory.resolve("audit.jsonl"));
        assertThatThrownBy(() -> new FileTrail(file, new TestClock(T0)).record(new Act("prune", "ann", "local", Map.of())))
                .isInstanceOf(TrailException.class).hasMessageContaining(file.toString()).hasMessageContaining("nothing was done");
    }
}
