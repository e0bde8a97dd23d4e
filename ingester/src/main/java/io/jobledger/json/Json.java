package io.jobledger.json;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.cfg.JsonNodeFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.time.format.DateTimeParseException;
import java.time.temporal.ChronoUnit;

/** The program's one JSON mapper and its spelling of time. Thread-safe. */
public final class Json {
    /** Deeper documents are refused: nothing that is sent here has a reason to nest further. */
    public static final int MAX_DEPTH = 64;

    /**
     * Strict where input could be read in two ways: duplicate fields and trailing text are errors. Decimals stay exact,
     * so that a job id that arrives as a number keeps every digit.
     */
    public static final ObjectMapper MAPPER = mapper(MAX_DEPTH);

    /**
     * Reads what this program wrote itself: input of the greatest depth lies deeper once it is a part of a document in
     * the ledger, or of an answer.
     */
    public static final ObjectMapper OWN = mapper(MAX_DEPTH + 16);

    private Json() {}

    private static ObjectMapper mapper(int depth) {
        return JsonMapper.builder(JsonFactory.builder()
                        .streamReadConstraints(StreamReadConstraints.builder()
                                .maxNestingDepth(depth)
                                .maxNumberLength(100)
                                .maxNameLength(4096)
                                .build())
                        .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
                        .disable(StreamReadFeature.INCLUDE_SOURCE_IN_LOCATION)
                        .build())
                .enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
                .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
                .disable(JsonNodeFeature.STRIP_TRAILING_BIGDECIMAL_ZEROES)
                .build();
    }

    /** RFC 3339, UTC, microseconds. */
    public static String time(Instant instant) {
        return instant == null ? null : Times.write(instant);
    }

    /**
     * Reads RFC 3339 with any offset; what is finer than a microsecond is cut off.
     *
     * @throws IllegalArgumentException when it is no such time, or its year is not 1970 to 9999
     */
    public static Instant time(String text) {
        Instant own = Times.read(text);
        if (own != null) {
            return own;
        }
        try {
            OffsetDateTime time = OffsetDateTime.parse(text).withOffsetSameInstant(ZoneOffset.UTC);
            if (time.getYear() >= 1970 && time.getYear() <= 9999) {
                return time.toInstant().truncatedTo(ChronoUnit.MICROS);
            }
        } catch (DateTimeParseException e) {
            // said below, for both reasons
        }
        throw new IllegalArgumentException(
                "must be an RFC 3339 time between 1970 and 9999, like 2026-11-20T10:30:45.123456Z");
    }

    /** Compact text of a tree. */
    public static String text(JsonNode node) {
        try {
            return MAPPER.writeValueAsString(node);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("a JSON tree could not be written", e);
        }
    }

    /** A parser's complaint in one line, without the source excerpt that Jackson adds. */
    public static String complaint(JsonProcessingException e) {
        String where = e.getLocation() == null
                ? ""
                : " (line " + e.getLocation().getLineNr() + ", column "
                        + e.getLocation().getColumnNr() + ")";
        // Nor the parser's own names and locations: the line and column are said below.
        String message = e.getOriginalMessage()
                .replaceAll("\\s+", " ")
                .replaceAll(" \\(start marker at \\[Source: .*?\\]\\)", "")
                .replaceAll(", from `[^`]*`", "");
        return (message.length() > 200 ? message.substring(0, 200) + "…" : message) + where;
    }
}
