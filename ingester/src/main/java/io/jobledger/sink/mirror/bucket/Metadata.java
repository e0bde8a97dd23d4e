package io.jobledger.sink.mirror.bucket;

import io.jobledger.model.JobRecord;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * What an object says about itself in headers, for tools that list a bucket. A copy for convenience: the record inside
 * is what counts.
 */
final class Metadata {
    /**
     * OCI allows 4,000 bytes for all of an object's metadata, S3 2,048, and three such values are all that there is.
     */
    private static final int MAX_VALUE = 600;

    private static final HexFormat HEX = HexFormat.of().withUpperCase();

    private Metadata() {}

    static Map<String, String> of(JobRecord record) {
        Map<String, String> metadata = new LinkedHashMap<>();
        if (record.jobId() != null) {
            metadata.put("ansible-job-id", ascii(record.jobId().value()));
        }
        metadata.put("ansible-host", ascii(record.key().host()));
        metadata.put("ansible-job-name", ascii(record.key().job()));
        return metadata;
    }

    /**
     * A header may hold printable ASCII and no blanks at its ends; the rest, and %, is percent-encoded. What is too
     * long is cut between characters.
     */
    static String ascii(String value) {
        StringBuilder text = new StringBuilder();
        int[] characters = value.codePoints().toArray();
        for (int i = 0; i < characters.length; i++) {
            int c = characters[i];
            boolean end = i == 0 || i == characters.length - 1;
            boolean plain = c > 0x20 && c < 0x7f && c != '%' || c == ' ' && !end;
            String next = plain ? Character.toString(c) : escape(c);
            if (text.length() + next.length() > MAX_VALUE) {
                break;
            }
            text.append(next);
        }
        return text.toString();
    }

    private static String escape(int c) {
        StringBuilder text = new StringBuilder();
        for (byte b : Character.toString(c).getBytes(StandardCharsets.UTF_8)) {
            text.append('%').append(HEX.toHexDigits(b));
        }
        return text.toString();
    }
}
