package io.jobledger.ledger.rows;

import com.fasterxml.jackson.core.JsonParseException;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.ObjectReader;
import io.jobledger.json.Json;
import io.jobledger.model.AnsibleJobId;
import io.jobledger.model.Evidence;
import io.jobledger.model.Inferred;
import io.jobledger.model.Job;
import io.jobledger.model.JobDescription;
import io.jobledger.model.JobEnd;
import io.jobledger.model.JobEnds;
import io.jobledger.model.JobKey;
import io.jobledger.model.JobStatus;
import io.jobledger.model.RunId;
import io.jobledger.model.Sighting;
import java.io.IOException;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.TreeMap;

/**
 * Reads one {@code jobs.doc} field by field. The mapper could, but it would take three times as long to make these
 * records, and every lookup, list and merge reads some. Fields that a newer version added are skipped. Not thread-safe.
 */
final class JobDocParser {
    /** What a caller saved may be anything. A part of a document is followed by the rest of it. */
    private static final ObjectReader MAP = Json.OWN
            .readerFor(new TypeReference<LinkedHashMap<String, Object>>() {})
            .without(DeserializationFeature.FAIL_ON_TRAILING_TOKENS);

    private final JsonParser json;

    /** @param json stands before the document */
    JobDocParser(JsonParser json) {
        // What this program wrote itself names no field twice.
        this.json = json.disable(JsonParser.Feature.STRICT_DUPLICATE_DETECTION);
    }

    /**
     * Reads the whole document.
     *
     * @throws IOException when it is not JSON, or not such JSON
     * @throws RuntimeException when a value breaks the rules of its type
     */
    Job job() throws IOException {
        String executionHost = null;
        AnsibleJobId jobId = null;
        JobDescription launch = null;
        TreeMap<JobKey, JobDescription> saved = new TreeMap<>();
        JobDescription check = null;
        JobEnd end = null;
        JobEnd verdict = null;
        TreeMap<String, JobEnd> lost = new TreeMap<>();
        Instant aliveAt = null;
        Inferred inferred = Inferred.NOTHING;
        Instant lastSeenAt = null;
        Instant cleanedAt = null;
        json.nextToken();
        require(JsonToken.START_OBJECT);
        for (String field = field(); field != null; field = field()) {
            switch (field) {
                case "executionHost" -> executionHost = text();
                case "jobId" -> jobId = isNull() ? null : new AnsibleJobId(text());
                case "launch" -> launch = description();
                case "saved" -> saved(saved);
                case "check" -> check = description();
                case "end" -> end = end();
                case "verdict" -> verdict = end();
                case "lost" -> lost(lost);
                case "aliveAt" -> aliveAt = time();
                case "inferred" -> inferred = inferred();
                case "lastSeenAt" -> lastSeenAt = time();
                case "cleanedAt" -> cleanedAt = time();
                default -> json.skipChildren();
            }
        }
        if (json.nextToken() != null) {
            throw new JsonParseException(json, "text follows the document");
        }
        return new Job(
                executionHost,
                jobId,
                launch,
                saved,
                check,
                ends(end, verdict, lost, aliveAt, inferred),
                lastSeenAt,
                cleanedAt);
    }

    /** What was written before a check's place was kept says of a lost job only that it is. */
    private static JobEnds ends(
            JobEnd end, JobEnd verdict, TreeMap<String, JobEnd> lost, Instant aliveAt, Inferred inferred) {
        if (end != null && end.status() == JobStatus.LOST) {
            lost.putIfAbsent("", end);
            return new JobEnds(verdict, null, lost, aliveAt, inferred);
        }
        return new JobEnds(verdict, end, lost, aliveAt, inferred);
    }

    private void lost(TreeMap<String, JobEnd> lost) throws IOException {
        if (isNull()) {
            return;
        }
        require(JsonToken.START_OBJECT);
        for (String file = field(); file != null; file = field()) {
            lost.put(file, end());
        }
    }

    private void saved(TreeMap<JobKey, JobDescription> saved) throws IOException {
        if (isNull()) {
            return;
        }
        require(JsonToken.START_ARRAY);
        while (json.nextToken() != JsonToken.END_ARRAY) {
            JobDescription description = description();
            saved.put(description.key(), description);
        }
    }

    private JobDescription description() throws IOException {
        if (isNull()) {
            return null;
        }
        Evidence evidence = null;
        JobKey key = null;
        String task = null;
        String label = null;
        String playbook = null;
        String playbookPath = null;
        String action = null;
        Instant startedAt = null;
        Long asyncSeconds = null;
        Long pollSeconds = null;
        String resultsFile = null;
        Boolean checkMode = null;
        Boolean noLog = null;
        Long attempt = null;
        String remoteUser = null;
        String becomeUser = null;
        String connection = null;
        String reason = null;
        RunId run = null;
        Map<String, Object> metadata = null;
        Map<String, Object> extra = null;
        Map<String, Object> details = null;
        String generation = null;
        Boolean adopted = null;
        require(JsonToken.START_OBJECT);
        for (String field = field(); field != null; field = field()) {
            switch (field) {
                case "evidence" -> evidence = evidence();
                case "key" -> key = key();
                case "task" -> task = text();
                case "label" -> label = text();
                case "playbook" -> playbook = text();
                case "playbookPath" -> playbookPath = text();
                case "action" -> action = text();
                case "startedAt" -> startedAt = time();
                case "asyncSeconds" -> asyncSeconds = number();
                case "pollSeconds" -> pollSeconds = number();
                case "resultsFile" -> resultsFile = text();
                case "checkMode" -> checkMode = flag();
                case "noLog" -> noLog = flag();
                case "attempt" -> attempt = number();
                case "remoteUser" -> remoteUser = text();
                case "becomeUser" -> becomeUser = text();
                case "connection" -> connection = text();
                case "reason" -> reason = text();
                case "run" -> run = run();
                case "metadata" -> metadata = map();
                case "extra" -> extra = map();
                case "details" -> details = map();
                case "generation" -> generation = text();
                case "adopted" -> adopted = flag();
                default -> json.skipChildren();
            }
        }
        return new JobDescription(
                evidence,
                key,
                task,
                label,
                playbook,
                playbookPath,
                action,
                startedAt,
                asyncSeconds,
                pollSeconds,
                resultsFile,
                checkMode,
                noLog,
                attempt,
                remoteUser,
                becomeUser,
                connection,
                reason,
                run,
                metadata,
                extra,
                details,
                generation,
                adopted);
    }

    private Inferred inferred() throws IOException {
        if (isNull()) {
            return Inferred.NOTHING;
        }
        JobEnd vanished = null;
        JobEnd closed = null;
        Sighting sighting = null;
        require(JsonToken.START_OBJECT);
        for (String field = field(); field != null; field = field()) {
            switch (field) {
                case "vanished" -> vanished = end();
                case "closed" -> closed = end();
                case "sighting" -> sighting = sighting();
                default -> json.skipChildren();
            }
        }
        return new Inferred(vanished, closed, sighting);
    }

    private Sighting sighting() throws IOException {
        if (isNull()) {
            return null;
        }
        Evidence evidence = null;
        Map<String, Object> facts = null;
        require(JsonToken.START_OBJECT);
        for (String field = field(); field != null; field = field()) {
            switch (field) {
                case "evidence" -> evidence = evidence();
                case "facts" -> facts = map();
                default -> json.skipChildren();
            }
        }
        return new Sighting(evidence, facts);
    }

    private JobEnd end() throws IOException {
        if (isNull()) {
            return null;
        }
        Evidence evidence = null;
        JobStatus status = null;
        String reason = null;
        String by = null;
        Long rc = null;
        String message = null;
        Boolean changed = null;
        Map<String, Object> details = null;
        require(JsonToken.START_OBJECT);
        for (String field = field(); field != null; field = field()) {
            switch (field) {
                case "evidence" -> evidence = evidence();
                case "status" -> status = JobStatus.parse(text());
                case "reason" -> reason = text();
                case "by" -> by = text();
                case "rc" -> rc = number();
                case "message" -> message = text();
                case "changed" -> changed = flag();
                case "details" -> details = map();
                default -> json.skipChildren();
            }
        }
        return new JobEnd(evidence, status, reason, by, rc, message, changed, details);
    }

    private Evidence evidence() throws IOException {
        Instant at = null;
        RunId run = null;
        long seq = 0;
        require(JsonToken.START_OBJECT);
        for (String field = field(); field != null; field = field()) {
            switch (field) {
                case "at" -> at = time();
                case "run" -> run = run();
                case "seq" -> seq = json.getLongValue();
                default -> json.skipChildren();
            }
        }
        return new Evidence(at, run, seq);
    }

    private JobKey key() throws IOException {
        String host = null;
        String play = null;
        String job = null;
        require(JsonToken.START_OBJECT);
        for (String field = field(); field != null; field = field()) {
            switch (field) {
                case "host" -> host = text();
                case "play" -> play = text();
                case "job" -> job = text();
                default -> json.skipChildren();
            }
        }
        return new JobKey(host, play, job);
    }

    /** Steps to the value of the object's next field and returns its name; null at the object's end. */
    private String field() throws IOException {
        String name = json.nextFieldName();
        if (name == null) {
            require(JsonToken.END_OBJECT);
            return null;
        }
        json.nextToken();
        return name;
    }

    private boolean isNull() {
        return json.currentToken() == JsonToken.VALUE_NULL;
    }

    private void require(JsonToken token) throws JsonParseException {
        if (json.currentToken() != token) {
            throw new JsonParseException(json, "a record has " + json.currentToken() + " where " + token + " belongs");
        }
    }

    private String text() throws IOException {
        if (isNull()) {
            return null;
        }
        require(JsonToken.VALUE_STRING);
        return json.getText();
    }

    private Long number() throws IOException {
        return isNull() ? null : (Long) json.getLongValue();
    }

    private Boolean flag() throws IOException {
        return isNull() ? null : (Boolean) json.getBooleanValue();
    }

    private Instant time() throws IOException {
        return isNull() ? null : Json.time(text());
    }

    private RunId run() throws IOException {
        return isNull() ? null : RunId.parse(text());
    }

    private Map<String, Object> map() throws IOException {
        return isNull() ? null : MAP.readValue(json);
    }
}
