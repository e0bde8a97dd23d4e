package io.jobledger.http.api;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jobledger.http.guard.Tags;
import io.jobledger.json.Json;
import io.jobledger.json.RecordJson;
import io.jobledger.model.JobRecord;
import io.jobledger.resume.JobFinder.Found;
import io.vertx.core.http.HttpServerRequest;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * What {@code If-Match} and {@code If-None-Match} ask of a job's name, and the part of its tag that they speak of: what
 * the name answers, without what only time or another look at the same job changes.
 *
 * @param epoch which life of the ledger it is: a tag of another one matches nothing
 * @param match the tags of {@code If-Match}, or null; {@code *} is any
 * @param noneMatch the same of {@code If-None-Match}
 */
record Preconditions(int epoch, List<String> match, List<String> noneMatch) {
    private static final List<String> PASSING = List.of("save_time", "sighting");

    static Preconditions of(HttpServerRequest request, int epoch) {
        return new Preconditions(
                epoch,
                tags(request.headers().getAll("if-match")),
                tags(request.headers().getAll("if-none-match")));
    }

    boolean none() {
        return match == null && noneMatch == null;
    }

    /** Whether they hold of a name that answers {@code found}. */
    boolean hold(Optional<Found> found) {
        String state = found.map(known -> state(epoch, known)).orElse(null);
        return (match == null || names(match, state)) && (noneMatch == null || !names(noneMatch, state));
    }

    private static boolean names(List<String> tags, String state) {
        return state != null && tags.stream().anyMatch(tag -> tag.equals("*") || tag.startsWith('"' + state + '.'));
    }

    private static List<String> tags(List<String> headers) {
        return headers.isEmpty()
                ? null
                : headers.stream()
                        .flatMap(header -> Arrays.stream(header.split(",")))
                        .map(String::strip)
                        .toList();
    }

    /** The epoch, and what a name answers, as a digest: the record, and which others it might have meant. */
    static String state(int epoch, Found found) {
        ObjectNode answer = content(found.record());
        ArrayNode candidates = answer.putArray("candidates");
        found.candidates().forEach(candidate -> candidates.add(content(candidate)));
        return epoch + "-" + Tags.digest(Json.text((JsonNode) answer).getBytes(StandardCharsets.UTF_8));
    }

    private static ObjectNode content(JobRecord record) {
        ObjectNode json = RecordJson.write(record);
        json.remove(PASSING);
        return json;
    }
}
