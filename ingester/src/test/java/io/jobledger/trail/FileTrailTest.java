package io.jobledger.trail;

import static io.jobledger.Wire.T0;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.jobledger.TestClock;
import io.jobledger.json.Json;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The audit trail's file. */
class FileTrailTest extends TrailContract {
    private static final Act ACT = new Act("prune", "ann", "local", Map.of());

    @TempDir
    Path directory;

    @Override
    protected Trail trail(Instant now) {
        return new FileTrail(directory.resolve("data/audit.jsonl"), new TestClock(now));
    }

    @Test
    void file_isForTheOwnerOnly_andATornLineStaysALineOfItsOwn() throws IOException {
        Path file = directory.resolve("data/audit.jsonl");
        trail(T0).record(ACT);
        Files.writeString(file, "{\"torn", StandardOpenOption.APPEND);
        trail(T0).record(ACT);
        List<String> lines = Files.readAllLines(file);
        assertThat(lines).hasSize(3);
        assertThat(Json.MAPPER.readTree(lines.get(2)).get("act").textValue()).isEqualTo("prune");
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
                .isEqualTo("rw-------");
    }

    @Test
    void actThatCannotBeWritten_isAnError_thatSaysNothingWasDone() throws IOException {
        Path file = Files.createDirectory(directory.resolve("audit.jsonl"));
        FileTrail trail = new FileTrail(file, new TestClock(T0));
        assertThatThrownBy(() -> trail.record(ACT))
                .isInstanceOf(TrailException.class)
                .hasMessageContaining(file.toString())
                .hasMessageContaining("nothing was done");
        assertThatThrownBy(() -> trail.each(line -> {}))
                .isInstanceOf(TrailException.class)
                .hasMessageContaining(file.toString());
    }
}
