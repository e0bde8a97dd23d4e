package io.jobledger.ledger.rows;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationContext;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonDeserializer;
import com.fasterxml.jackson.databind.JsonSerializer;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializerProvider;
import com.fasterxml.jackson.databind.module.SimpleModule;
import io.jobledger.json.Json;
import io.jobledger.ledger.LedgerException;
import io.jobledger.model.AnsibleJobId;
import io.jobledger.model.Inferred;
import io.jobledger.model.Job;
import io.jobledger.model.JobDescription;
import io.jobledger.model.JobEnd;
import io.jobledger.model.JobEnds;
import io.jobledger.model.JobStatus;
import io.jobledger.model.Run;
import io.jobledger.model.RunId;
import io.jobledger.model.RunInfo;
import java.io.IOException;
import java.time.Instant;
import java.util.List;
import java.util.SortedMap;
import java.util.function.Function;

/**
 * The ledger's own JSON of merged knowledge, kept in its doc and info columns. Fields that a newer version added are
 * ignored. Thread-safe.
 */
public final class JobDocs {
    private static final ObjectMapper MAPPER = Json.OWN
            .copy()
            // Of the program's own fields only: a null inside of what a caller saved is the caller's.
            .setDefaultPropertyInclusion(
                    JsonInclude.Value.construct(JsonInclude.Include.NON_NULL, JsonInclude.Include.ALWAYS))
            .disable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
            .registerModule(new SimpleModule()
                    .addSerializer(Instant.class, text(Json::time))
                    .addSerializer(RunId.class, text(RunId::toString))
                    .addSerializer(AnsibleJobId.class, text(AnsibleJobId::value))
                    .addSerializer(JobStatus.class, text(JobStatus::wire))
                    .addDeserializer(Instant.class, parsed(Json::time))
                    .addDeserializer(RunId.class, parsed(RunId::parse)));

    private JobDocs() {}

    /**
     * The shape of {@code jobs.doc}, which {@link JobDocParser} reads: a {@link Job} whose saved descriptions stand in
     * a list, since each names its own key.
     */
    private record Doc(
            String executionHost,
            AnsibleJobId jobId,
            JobDescription launch,
            List<JobDescription> saved,
            JobDescription check,
            JobEnd end,
            JobEnd verdict,
            SortedMap<String, JobEnd> lost,
            Instant aliveAt,
            Inferred inferred,
            Instant lastSeenAt,
            Instant cleanedAt) {}

    public static String write(Job job) {
        List<JobDescription> saved =
                job.saved().isEmpty() ? null : List.copyOf(job.saved().values());
        JobEnds ends = job.ends();
        return write((Object) new Doc(
                job.executionHost(),
                job.jobId(),
                job.launch(),
                saved,
                job.check(),
                ends.own(),
                ends.verdict(),
                ends.lost().isEmpty() ? null : ends.lost(),
                ends.aliveAt(),
                ends.inferred().equals(Inferred.NOTHING) ? null : ends.inferred(),
                job.lastSeenAt(),
                job.cleanedAt()));
    }

    public static Job job(String doc) {
        try (JsonParser parser = MAPPER.createParser(doc)) {
            return new JobDocParser(parser).job();
        } catch (IOException | RuntimeException e) {
            String why = e instanceof JsonProcessingException json ? Json.complaint(json) : e.getMessage();
            throw new LedgerException(
                    LedgerException.Kind.FAILED, "the ledger holds a record that cannot be read: " + why, e);
        }
    }

    public static String write(RunInfo info) {
        return info == null ? null : write((Object) info);
    }

    public static RunInfo info(String json) {
        return json == null ? null : read(json, RunInfo.class);
    }

    /** The run as {@link #run} reads it. */
    public static String write(Run run) {
        return write((Object) run);
    }

    public static Run run(String json) {
        return read(json, Run.class);
    }

    private static String write(Object value) {
        try {
            return MAPPER.writeValueAsString(value);
        } catch (JsonProcessingException e) {
            throw new LedgerException(
                    LedgerException.Kind.FAILED, "a record could not be written as JSON: " + e.getOriginalMessage(), e);
        }
    }

    private static <T> T read(String json, Class<T> type) {
        try {
            return MAPPER.readValue(json, type);
        } catch (JsonProcessingException e) {
            throw new LedgerException(
                    LedgerException.Kind.FAILED,
                    "the ledger holds a " + type.getSimpleName() + " that cannot be read: " + Json.complaint(e),
                    e);
        }
    }

    private static <T> JsonSerializer<T> text(Function<T, String> spell) {
        return new JsonSerializer<>() {
            @Override
            public void serialize(T value, JsonGenerator generator, SerializerProvider provider) throws IOException {
                generator.writeString(spell.apply(value));
            }
        };
    }

    private static <T> JsonDeserializer<T> parsed(Function<String, T> reading) {
        return new JsonDeserializer<>() {
            @Override
            public T deserialize(JsonParser parser, DeserializationContext context) throws IOException {
                return reading.apply(parser.getText());
            }
        };
    }
}
