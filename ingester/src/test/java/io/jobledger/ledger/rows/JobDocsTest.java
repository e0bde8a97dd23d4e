package io.jobledger.ledger.rows;

import static io.jobledger.Wire.T0;
import static io.jobledger.Wire.id;
import static io.jobledger.Wire.key;
import static io.jobledger.Wire.run;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.jobledger.ledger.LedgerException;
import io.jobledger.model.Evidence;
import io.jobledger.model.Inferred;
import io.jobledger.model.Job;
import io.jobledger.model.JobDescription;
import io.jobledger.model.JobEnd;
import io.jobledger.model.JobEnds;
import io.jobledger.model.JobKey;
import io.jobledger.model.JobStatus;
import io.jobledger.model.Sighting;
import java.math.BigDecimal;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What the ledger writes of a job it reads again, whole. */
class JobDocsTest {
    private static JobDescription description(JobKey key, Map<String, Object> any) {
        return new JobDescription(
                new Evidence(T0, run(1), 7),
                key,
                "task \uD83D\uDE80",
                "label",
                "site.yml",
                "/srv/site.yml",
                "command",
                T0.plusNanos(1000),
                3600L,
                0L,
                "/root/j1",
                true,
                false,
                3L,
                "deploy",
                "root",
                "ssh",
                "why\n",
                run(2),
                any,
                any,
                any,
                "r1",
                true);
    }

    private static Map<String, Object> anything() {
        Map<String, Object> any = new LinkedHashMap<>();
        any.put("list", Arrays.asList(1, null, "x", Map.of("deep", List.of())));
        any.put("none", null);
        any.put("number", new BigDecimal("1.50"));
        any.put("large", 12345678901L);
        return any;
    }

    @Test
    void aJobWithEverything_isReadAsItWasWritten() {
        TreeMap<JobKey, JobDescription> saved = new TreeMap<>();
        for (JobKey key : List.of(key("h", "p", "one"), key("h", "p/..", "two \u65e5\u672c"))) {
            saved.put(key, description(key, anything()));
        }
        TreeMap<String, JobEnd> lost =
                new TreeMap<>(Map.of("", end(JobStatus.LOST, 3), "/a/\u65e5", end(JobStatus.LOST, 4)));
        Job job = new Job(
                "exec",
                id("j1"),
                description(key("h", "p", "j"), null),
                saved,
                description(key("h", "p", "check"), Map.of()),
                new JobEnds(
                        end(JobStatus.FAILED, 8),
                        end(JobStatus.TIMED_OUT, 9),
                        lost,
                        T0.minusSeconds(5),
                        Inferred.NOTHING),
                T0,
                T0.plusSeconds(1));
        assertThat(JobDocs.job(JobDocs.write(job))).isEqualTo(job);
        assertThat(JobDocs.job(JobDocs.write(inferredFrom(job)))).isEqualTo(inferredFrom(job));
    }

    private static JobEnd end(JobStatus status, long seq) {
        return new JobEnd(new Evidence(T0, run(3), seq), status, -1L, "too \"long\"", true, anything());
    }

    private static Job inferredFrom(Job job) {
        JobEnd vanished = new JobEnd(
                new Evidence(T0.plusSeconds(3), run(4), 1),
                JobStatus.LOST,
                JobEnd.VANISHED,
                null,
                null,
                "gone",
                null,
                null);
        JobEnd closed = new JobEnd(
                new Evidence(T0.plusSeconds(2), run(4), 3),
                JobStatus.CLOSED,
                null,
                "op",
                null,
                "host is gone",
                null,
                null);
        Inferred inferred = new Inferred(
                vanished,
                closed,
                new Sighting(new Evidence(T0, run(5), 1), Map.of("pid", 12, "since", "2026-11-20T10:00:00.000000Z")));
        JobEnds ends = new JobEnds(
                job.ends().verdict(),
                job.ends().own(),
                job.ends().lost(),
                job.ends().aliveAt(),
                inferred);
        return new Job(
                job.executionHost(),
                job.jobId(),
                job.launch(),
                job.saved(),
                job.check(),
                ends,
                job.lastSeenAt(),
                job.cleanedAt());
    }

    @Test
    void aLostJobOfAnEarlierVersion_staysLost() {
        Job job = new Job(
                "exec",
                id("j1"),
                description(key("h", "p", "j"), null),
                new TreeMap<>(),
                null,
                new JobEnds(null, null, new TreeMap<>(Map.of("", end(JobStatus.LOST, 3))), null, Inferred.NOTHING),
                T0,
                null);
        String before = JobDocs.write(job)
                .replace("\"lost\":{\"\":", "\"end\":")
                .replace("}},\"lastSeenAt\"", "},\"lastSeenAt\"");
        assertThat(before).contains("\"end\":{").doesNotContain("\"lost\":");
        assertThat(JobDocs.job(before)).isEqualTo(job);
        assertThat(JobDocs.job(before).status()).isEqualTo(JobStatus.LOST);
    }

    @Test
    void aJobWithLittle_isReadAsItWasWritten() {
        JobKey key = key("h", "p", "j");
        JobDescription little = new JobDescription(
                new Evidence(T0, run(1), 7),
                key,
                null,
                null,
                null,
                null,
                null,
                null,
                null,
                null,
                null,
                null,
                null,
                null,
                null,
                null,
                null,
                null,
                null,
                null,
                null,
                null,
                null,
                null);
        Job job = new Job("exec", null, null, new TreeMap<>(), little, JobEnds.NONE, null, null);
        assertThat(JobDocs.job(JobDocs.write(job))).isEqualTo(job);
    }

    @Test
    void fieldsOfANewerVersion_areSkipped() {
        Job job = new Job(
                "exec",
                id("j1"),
                description(key("h", "p", "j"), anything()),
                new TreeMap<>(),
                null,
                JobEnds.NONE,
                T0,
                null);
        String doc = JobDocs.write(job);
        assertThat(JobDocs.job(doc.replaceFirst("\\{", "{\"new\":{\"a\":[1,{}]},")
                        .replace("\"evidence\":{", "\"news\":[[]],\"evidence\":{\"new\":null,")))
                .isEqualTo(job);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "[]",
                "null",
                "{",
                "{}",
                "{\"launch\":7}",
                "{\"launch\":{\"key\":{\"host\":\"\"}}}",
                "{\"lastSeenAt\":\"yesterday\"}",
                "{\"executionHost\":\"h\"} {}",
                "{\"saved\":[{}]}",
                "{\"saved\":[null]}",
                "{\"saved\":[",
                "{\"executionHost\":7}"
            })
    void whatIsNoRecord_isAFailureOfTheLedger(String doc) {
        assertThatThrownBy(() -> JobDocs.job(doc))
                .isInstanceOf(LedgerException.class)
                .hasMessageStartingWith("the ledger holds a record that cannot be read: ");
    }
}
