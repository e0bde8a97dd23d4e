package io.jobledger.sink.mirror;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import io.jobledger.json.Fields;
import io.jobledger.json.Json;
import io.jobledger.json.RecordJson;
import io.jobledger.model.JobRecord;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The other records of a mirrored name. A mirror has one file a name; where several jobs of the name are open, or
 * several playbooks saved one, the file holds the others in a list, so that a resume from the mirror knows of all.
 * Those who do not know the list read the first record.
 */
public final class OtherRecords {
    /** The list's name in a file. */
    public static final String FIELD = RecordJson.OTHERS;
    /** A file is read by people, too. */
    private static final int MOST = 100;

    private OtherRecords() {}

    /** {@code record} with {@code others} beside it, for a mirror. */
    public static JobRecord with(JobRecord record, List<JobRecord> others) {
        Map<String, Object> extra = new LinkedHashMap<>(record.extra());
        extra.remove(FIELD);
        if (!others.isEmpty()) {
            extra.put(
                    FIELD,
                    others.stream()
                            .limit(MOST)
                            .map(other -> with(other, List.of()))
                            .map(RecordJson::write)
                            .map(Fields::toMap)
                            .toList());
        }
        return extra.equals(record.extra()) ? record : record.withExtra(extra);
    }

    /** The record itself, then the others; none of them holds a list. */
    public static List<JobRecord> all(JobRecord record) {
        List<JobRecord> all = new ArrayList<>();
        all.add(with(record, List.of()));
        if (record.extra().get(FIELD) instanceof List<?> others) {
            others.forEach(other -> {
                JsonNode node = Json.MAPPER.valueToTree(other);
                JobRecord read = node.isObject() ? RecordJson.read(new Fields(node), record.key()) : null;
                if (read == null || !read.key().equals(record.key())) {
                    throw new IllegalArgumentException(FIELD + " holds what is no record of this name");
                }
                all.add(read);
            });
        }
        return all;
    }

    /** Reads the list of a file whose first record was read. */
    static JobRecord read(JsonNode file, JobRecord record) {
        JsonNode others = file.get(FIELD);
        if (others == null || others.isNull()) {
            return record;
        }
        if (!(others instanceof ArrayNode)) {
            throw new IllegalArgumentException(FIELD + " must be an array of records");
        }
        Map<String, Object> extra = new LinkedHashMap<>(record.extra());
        extra.put(FIELD, Json.MAPPER.convertValue(others, List.class));
        JobRecord whole = record.withExtra(extra);
        all(whole);
        return whole;
    }
}
