package io.jobledger.http.guard;

import io.jobledger.model.JobKey;
import io.jobledger.model.Names;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * Reads a job key out of a request's raw path. The router cannot do it: it resolves dot segments, also escaped ones,
 * before it matches, and {@code ..} and {@code a/b} are names like any other here.
 */
public final class JobPath {
    static final String PREFIX = "/api/v1/jobs/";
    private static final String HOSTS = "/api/v1/hosts/";

    private JobPath() {}

    /**
     * The key, when {@code rawPath} is {@code /api/v1/jobs/} and three escaped segments; empty when it is another path.
     *
     * @throws Problem when it is such a path but a segment is no name
     */
    public static Optional<JobKey> parse(String rawPath) {
        String[] segments = segments(rawPath, PREFIX);
        return segments.length == 3 ? Optional.of(key(segments)) : Optional.empty();
    }

    /** The key of {@code /api/v1/jobs/{host}/{play}/{job}/history}; empty when it is another path. */
    public static Optional<JobKey> history(String rawPath) {
        String[] segments = segments(rawPath, PREFIX);
        return segments.length == 4 && segments[3].equals("history") ? Optional.of(key(segments)) : Optional.empty();
    }

    /** What is done to a job. */
    public record Act(JobKey key, String what) {}

    private static final Set<String> ACTS = Set.of("close", "cancel", "name");

    /** The act of {@code /api/v1/jobs/{host}/{play}/{job}/close} and its like; empty when it is another path. */
    public static Optional<Act> act(String rawPath) {
        String[] segments = segments(rawPath, PREFIX);
        return segments.length == 4 && ACTS.contains(segments[3])
                ? Optional.of(new Act(key(segments), segments[3]))
                : Optional.empty();
    }

    /** Whether {@link #act} takes the path for an act, with good names or bad ones. */
    static boolean isAct(String rawPath) {
        String[] segments = segments(rawPath, PREFIX);
        return segments.length == 4 && ACTS.contains(segments[3]);
    }

    /** The host of {@code /api/v1/hosts/{host}}; empty when it is another path. */
    public static Optional<String> host(String rawPath) {
        String[] segments = segments(rawPath, HOSTS);
        return segments.length == 1 ? Optional.of(name("host", segments[0])) : Optional.empty();
    }

    private static String[] segments(String rawPath, String prefix) {
        return rawPath == null || !rawPath.startsWith(prefix)
                ? new String[0]
                : rawPath.substring(prefix.length()).split("/", -1);
    }

    private static JobKey key(String[] segments) {
        List<String> names = new ArrayList<>();
        for (int i = 0; i < 3; i++) {
            names.add(name(List.of("host", "play", "job").get(i), segments[i]));
        }
        return new JobKey(names.get(0), names.get(1), names.get(2));
    }

    private static String name(String field, String segment) {
        String name = decode(field, segment);
        Optional<String> fault = Names.fault(name);
        if (fault.isPresent()) {
            throw Problem.badField(field, fault.get());
        }
        return name;
    }

    /** Whether {@link #parse} takes the path for a job's, with good names or bad ones. */
    static boolean isJob(String rawPath) {
        return rawPath.startsWith(PREFIX) && rawPath.substring(PREFIX.length()).split("/", -1).length == 3;
    }

    /**
     * Percent-decoding of a path: unlike in a form, a plus sign is a plus sign, and what is no UTF-8 is refused instead
     * of guessed.
     */
    private static String decode(String field, String segment) {
        byte[] text = segment.getBytes(StandardCharsets.UTF_8);
        ByteBuffer bytes = ByteBuffer.allocate(text.length);
        for (int i = 0; i < text.length; i++) {
            if (text[i] != '%') {
                bytes.put(text[i]);
            } else if (i + 2 < text.length && HexFormat.isHexDigit(text[i + 1]) && HexFormat.isHexDigit(text[i + 2])) {
                bytes.put((byte) (HexFormat.fromHexDigit(text[i + 1]) << 4 | HexFormat.fromHexDigit(text[i + 2])));
                i += 2;
            } else {
                throw Problem.badField(
                        field,
                        "has a % in the path that is not followed by two hex digits; write a percent sign as %25");
            }
        }
        try {
            return StandardCharsets.UTF_8.newDecoder().decode(bytes.flip()).toString();
        } catch (CharacterCodingException e) {
            throw Problem.badField(field, "must be UTF-8, percent-encoded");
        }
    }
}
