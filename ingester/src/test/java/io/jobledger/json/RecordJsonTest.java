package io.jobledger.json;

import static io.jobledger.Wire.run;
import static io.jobledger.Wire.saved;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jobledger.Wire;
import io.jobledger.model.Job;
import io.jobledger.model.JobKey;
import io.jobledger.model.JobRecord;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** A record that was written can be read, whatever was saved; and what is no record is said field by field. */
class RecordJsonTest {
    private static JobRecord read(String json, JobKey path) throws IOException {
        Fields fields = new Fields(Json.MAPPER.readTree(json));
        JobRecord record = RecordJson.read(fields, path);
        assertThat(fields.faults()).isEmpty();
        return record;
    }

    /** The record of a job that was saved with these fields, as an answer shows it. */
    private static JobRecord savedRecord(ObjectNode event) {
        Job job = Wire.jobs(Wire.events(event)).get(0);
        return job.record(job.mainKey());
    }

    @ParameterizedTest
    @CsvSource({
        "2026-11-20T10:00:00Z, 2026-11-20T11:00:00Z, 3600",
        "1970-01-01T00:00:00Z, 9999-12-31T23:59:59Z, 2147483647",
        "2026-11-20T10:00:00Z, 1999-01-01T00:00:00Z, 0",
        "9999-12-31T23:59:59Z, 9999-12-31T23:59:59.999999Z, 0"
    })
    void deadlines_ofAnySize_canBeReadAgain(String started, String deadline, long async) throws IOException {
        JobRecord record =
                savedRecord(saved(run(1), 0, "h", "p", "j", "a", "started_at", started, "deadline", deadline));
        assertThat(record.asyncSeconds()).isEqualTo(async);
        assertThat(read(Json.text(RecordJson.write(record)), null)).isEqualTo(record);
    }

    @Test
    void everyField_survivesTheWayOutAndBack() throws IOException {
        JobRecord record = savedRecord(saved(
                run(1),
                5,
                "h",
                "p",
                "j",
                "2472848566.371110",
                "metadata",
                Map.of("a", "b"),
                "playbook",
                "site.yml",
                "playbook_path",
                "/x/site.yml",
                "run_id",
                run(3).toString(),
                "task",
                "t",
                "label",
                "l",
                "action",
                "command",
                "execution_host",
                "e",
                "results_file",
                "/r/f",
                "status",
                "failed",
                "started_at",
                "2026-11-20T10:00:00.000001Z",
                "async",
                60,
                "poll",
                5,
                "finished_at",
                "2026-11-20T10:00:30Z",
                "rc",
                -9,
                "message",
                "m",
                "changed",
                true,
                "check_mode",
                true,
                "no_log",
                false,
                "attempt",
                2,
                "remote_user",
                "u",
                "become_user",
                "root",
                "connection",
                "ssh",
                "reason",
                "r",
                "cleaned_at",
                "2026-11-20T10:01:00Z",
                "details",
                Map.of("cmd", "true", "module_args", Map.of("a", List.of(1, "x"))),
                "x_future",
                Map.of("deep", 1)));
        String json = Json.text(RecordJson.write(record));
        assertThat(read(json, null)).isEqualTo(record);
        assertThat(Json.MAPPER.readTree(json).at("/x_future/deep").intValue()).isEqualTo(1);
        assertThat(record.details()).containsOnlyKeys("cmd", "module_args");
        assertThat(record.extra()).containsOnlyKeys("x_future");
        assertThat(record.rc()).isEqualTo(-9);
        assertThat(record.deadline()).hasToString("2026-11-20T10:01:00.000001Z");
    }

    @Test
    void fileOfTheRoles_isReadByItsPath() throws IOException {
        JobRecord record = read(
                "{\"job_name\":\"j\",\"host\":\"h\",\"ansible_job_id\":2472848566.371110,\"save_time\":\"2026-11-20T10:30:45Z\",\"metadata\":{}}",
                new JobKey("h", "the play", "x"));
        assertThat(record.key())
                .as("the names inside win, the path gives what is not there")
                .isEqualTo(new JobKey("h", "the play", "j"));
        assertThat(record.jobId().value()).isEqualTo("2472848566.371110");
        assertThat(record.startedAt()).hasToString("2026-11-20T10:30:45Z");
        assertThat(record.executionHost()).isEqualTo("h");
    }

    @ParameterizedTest
    @ValueSource(strings = {"1", "12345678901234567890", "1.10", "0.1", "100000000000000000000.000000000000001"})
    void idThatBecameANumber_keepsEveryDigit(String number) throws IOException {
        assertThat(read("{\"ansible_job_id\":" + number + "}", new JobKey("h", "p", "j"))
                        .jobId()
                        .value())
                .isEqualTo(number);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "host:7",
                "play:''",
                "job_name:[]",
                "ansible_job_id:''",
                "ansible_job_id:true",
                "save_time:'now'",
                "started_at:1",
                "status:'done'",
                "metadata:[]",
                "async:-1",
                "async:9007199254740992",
                "rc:'1'",
                "changed:1",
                "run_id:'x'",
                "results_file:{}",
                "poll:1.5"
            })
    void badField_isNamed(String fieldAndValue) throws IOException {
        String field = fieldAndValue.split(":")[0];
        Fields fields = new Fields(
                Json.MAPPER.readTree("{\"" + field + "\":" + fieldAndValue.split(":")[1].replace('\'', '"') + "}"));
        assertThat(RecordJson.read(fields, new JobKey("h", "p", "j"))).isNull();
        assertThat(fields.faults()).extracting(FieldFault::field).contains(field);
    }
}
