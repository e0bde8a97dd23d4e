package io.jobledger.sink.mirror;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import io.jobledger.json.FieldFault;
import io.jobledger.json.Fields;
import io.jobledger.json.Json;
import io.jobledger.json.RecordJson;
import io.jobledger.model.AnsibleJobId;
import io.jobledger.model.JobKey;
import io.jobledger.model.JobRecord;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Objects;
import java.util.stream.Collectors;

/** A record as the bytes that a mirror holds: indented JSON, since people read it too. */
public final class RecordFile {
    /** Nothing that a recorder writes comes near it; a larger object is not read into memory. */
    public static final int MAX_BYTES = 4_000_000;

    private RecordFile() {}

    public static byte[] write(JobRecord record) {
        return (RecordJson.write(record).toPrettyString() + "\n").getBytes(StandardCharsets.UTF_8);
    }

    /** All of a held record that decides what may take its place. */
    public record Version(AnsibleJobId jobId, Instant startedAt, boolean open, boolean checkMode) {
        public static Version of(JobRecord record) {
            return new Version(
                    record.jobId(), record.startedAt(), record.status().open(), record.checkMode());
        }

        /**
         * Whether {@code record}, of the same key, may take its place. More news of the same job always may, a job that
         * is open may where this one ended, and else what starts no earlier. A dry run, which earlier versions put,
         * gives way to anything.
         */
        public boolean givesWayTo(JobRecord record) {
            return checkMode
                    || Objects.equals(jobId, record.jobId())
                    || record.status().open() && !open
                    || startedAt == null
                    || record.startedAt() != null && !record.startedAt().isBefore(startedAt);
        }
    }

    /**
     * Reads what a mirror holds.
     *
     * @param key the key by which it was found
     * @throws IllegalArgumentException saying why it is no record
     */
    public static JobRecord read(byte[] bytes, JobKey key) {
        JsonNode node;
        try {
            node = Json.MAPPER.readTree(bytes);
        } catch (JsonProcessingException e) {
            throw new IllegalArgumentException("it is not JSON: " + Json.complaint(e), e);
        } catch (IOException e) {
            throw new IllegalArgumentException("it is not JSON in UTF-8", e);
        }
        if (node == null || !node.isObject()) {
            throw new IllegalArgumentException("it is not a JSON object");
        }
        Fields fields = new Fields(node);
        JobRecord record = RecordJson.read(fields, key);
        if (record == null) {
            throw new IllegalArgumentException(
                    fields.faults().stream().map(FieldFault::toString).collect(Collectors.joining("; ")));
        }
        return OtherRecords.read(node, record);
    }
}
