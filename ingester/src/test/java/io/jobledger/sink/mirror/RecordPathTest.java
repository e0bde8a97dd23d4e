package io.jobledger.sink.mirror;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.jobledger.Wire;
import io.jobledger.json.Json;
import io.jobledger.model.JobKey;
import io.jobledger.model.Names;
import io.jobledger.sink.mirror.file.FileMirror;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Names become harmless file names, the same ones as in Python, and lead back to their records. */
class RecordPathTest {
    private static final String[] PIECES = {
        "..",
        "/",
        "\\",
        "%",
        "%2F",
        "%2e",
        ".",
        "~",
        "\0".replace("\0", "\u0001"),
        "\n",
        "\r",
        "\u007f",
        "\u0085",
        " ",
        "-",
        "CON",
        ":",
        "*",
        "\u202e",
        "\u00e4",
        "\u65e5\u672c",
        "\uD83D\uDE80",
        "e\u0301",
        "a",
        "Z",
        ".json",
        ".tmp-",
        "{{ x }}",
        "'",
        "\"",
        "$(id)",
        "~0123456789abcdef",
        "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
    };

    @Test
    void paths_areThoseOfTheSharedFixture() throws IOException {
        JsonNode cases = Json.MAPPER.readTree(Files.readAllBytes(Wire.checkout()
                .resolve("ansible_plugins/ansible_collections/jobledger/core/tests/fixtures/job_paths.json")));
        assertThat(cases).hasSizeGreaterThan(5);
        for (JsonNode one : cases) {
            // Segment by segment, since some of the names are no job key's: they hold a NUL.
            String path = RecordPath.segment(one.get("host").textValue()) + "/"
                    + RecordPath.segment(one.get("play").textValue()) + "/"
                    + RecordPath.segment(one.get("job").textValue()) + RecordPath.SUFFIX;
            assertThat(path).isEqualTo(one.get("path").textValue());
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "db1 | db1",
                "a b | a b",
                ".. | %2E.",
                ". | %2E",
                "a.b | a.b",
                ".hidden | %2Ehidden",
                "a/b | a%2Fb",
                "50% | 50%25",
                "a\\b | a%5Cb",
                "Größe | Größe"
            })
    void segment_escapesOnlyWhatItMust_andLeadsBack(String name, String segment) {
        assertThat(RecordPath.segment(name)).isEqualTo(segment);
        assertThat(RecordPath.name(segment)).isEqualTo(name);
    }

    @Test
    void longName_isCutBetweenCharacters_andEndsInItsHash() {
        String segment = RecordPath.segment("\uD83D\uDE80".repeat(100));
        assertThat(segment).matches("(\uD83D\uDE80){45}~[0-9a-f]{16}");
        assertThat(RecordPath.segment("n".repeat(200))).isEqualTo("n".repeat(200));
        assertThat(RecordPath.segment("n".repeat(201)))
                .startsWith("n".repeat(183) + "~")
                .hasSize(200);
        assertThat(RecordPath.segment("n".repeat(201))).isNotEqualTo(RecordPath.segment("n".repeat(202)));
        assertThat(RecordPath.segment("/".repeat(100)))
                .as("no escape is cut in the middle")
                .matches("(%2F)+~[0-9a-f]{16}");
    }

    private static String randomName(Random random) {
        StringBuilder name = new StringBuilder();
        for (int pieces = 1 + random.nextInt(12); pieces > 0; pieces--) {
            name.append(
                    random.nextInt(4) == 0
                            ? Character.toString(1 + random.nextInt(0xD7FE))
                            : PIECES[random.nextInt(PIECES.length)]);
        }
        return name.toString();
    }

    @Test
    void randomHostileNames_areOneHarmlessSegment() {
        Random random = new Random(1);
        Map<String, String> seen = new HashMap<>();
        for (int i = 0; i < 50_000; i++) {
            String name = randomName(random);
            assertThat(Names.fault(name)).isEmpty();
            String segment = RecordPath.segment(name);
            assertThat(segment).isNotEmpty().doesNotStartWith(".").doesNotContain("/", "\\", "\0", "\n", "\r");
            assertThat(segment.getBytes(StandardCharsets.UTF_8).length).isLessThanOrEqualTo(200);
            assertThat(seen.merge(segment, name, (old, now) -> old.equals(now) ? old : "two names"))
                    .as("two names, one segment: " + segment)
                    .isEqualTo(name);
            if (!segment.matches("(?s).*~[0-9a-f]{16}")) {
                assertThat(RecordPath.name(segment)).isEqualTo(name);
            }
        }
    }

    @Test
    void randomHostileNames_stayInsideTheMirror_andAreResumedByTheirRealName(@TempDir Path directory)
            throws IOException {
        Path root = directory.resolve("outer/mirror");
        Random random = new Random(2);
        Map<JobKey, String> put = new HashMap<>();
        try (FileMirror mirror = new FileMirror(root)) {
            for (int i = 0; i < 400; i++) {
                JobKey key = new JobKey(randomName(random), randomName(random), randomName(random));
                mirror.put(Records.running(key, "id" + i, Records.EARLY));
                put.put(key, "id" + i);
            }
            put.forEach((key, id) -> {
                assertThat(mirror.get(key))
                        .hasValueSatisfying(record -> assertThat(record.jobId()).isEqualTo(Records.id(id)));
                assertThat(mirror.get(key).orElseThrow().key()).isEqualTo(key);
            });
        }
        try (Stream<Path> all = Files.walk(directory)) {
            List<Path> files = all.filter(Files::isRegularFile).toList();
            assertThat(files).hasSize(put.size()).allSatisfy(file -> {
                assertThat(file).startsWithRaw(root);
                assertThat(root.relativize(file).getNameCount()).isEqualTo(3);
                for (Path part : root.relativize(file)) {
                    assertThat(part.toString().getBytes(StandardCharsets.UTF_8).length)
                            .isLessThanOrEqualTo(255);
                }
            });
        }
    }
}
