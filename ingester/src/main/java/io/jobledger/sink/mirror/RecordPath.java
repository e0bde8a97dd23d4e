package io.jobledger.sink.mirror;

import io.jobledger.model.Digests;
import io.jobledger.model.JobKey;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;

/**
 * A job key as a path of three segments, the same in a directory and in a bucket. Whatever the names are, each segment
 * is one harmless file name: no separator, no control character, no leading dot, at most {@value #MAX_SEGMENT} bytes.
 */
public final class RecordPath {
    /** What the last segment ends in. */
    public static final String SUFFIX = ".json";

    private static final int MAX_SEGMENT = 200;
    private static final int HASH_DIGITS = 16;
    private static final HexFormat UPPER = HexFormat.of().withUpperCase();

    private RecordPath() {}

    /** {@code <host>/<play>/<job>.json}. */
    public static String of(JobKey key) {
        return segment(key.host()) + "/" + segment(key.play()) + "/" + segment(key.job()) + SUFFIX;
    }

    /** One name as one segment. */
    public static String segment(String name) {
        StringBuilder encoded = new StringBuilder(name.length());
        // Where the text can be cut so that, with the hash, it fits: after the last whole character within the limit.
        int cut = 0;
        int bytes = 0;
        for (int i = 0; i < name.length(); ) {
            int c = name.codePointAt(i);
            String text = escaped(c, i == 0) ? escape(c) : Character.toString(c);
            encoded.append(text);
            bytes += utf8(text).length;
            if (bytes <= MAX_SEGMENT - HASH_DIGITS - 1) {
                cut = encoded.length();
            }
            i += Character.charCount(c);
        }
        if (bytes <= MAX_SEGMENT) {
            return encoded.toString();
        }
        byte[] hash = Digests.sha256(utf8(name));
        return encoded.substring(0, cut) + "~" + HexFormat.of().formatHex(hash).substring(0, HASH_DIGITS);
    }

    private static boolean escaped(int c, boolean first) {
        return c == '/' || c == '%' || c == '\\' || c < 0x20 || c >= 0x7f && c <= 0x9f || first && c == '.';
    }

    private static String escape(int c) {
        StringBuilder text = new StringBuilder();
        for (byte b : utf8(Character.toString(c))) {
            text.append('%').append(UPPER.toHexDigits(b));
        }
        return text.toString();
    }

    /** The name that a segment stands for, as far as the segment alone can tell: a shortened one keeps its hash. */
    public static String name(String segment) {
        byte[] text = utf8(segment);
        byte[] name = new byte[text.length];
        int length = 0;
        for (int i = 0; i < text.length; i++) {
            if (text[i] == '%'
                    && i + 2 < text.length
                    && HexFormat.isHexDigit(text[i + 1])
                    && HexFormat.isHexDigit(text[i + 2])) {
                name[length++] = (byte) HexFormat.fromHexDigits(new String(text, i + 1, 2, StandardCharsets.US_ASCII));
                i += 2;
            } else {
                name[length++] = text[i];
            }
        }
        return new String(name, 0, length, StandardCharsets.UTF_8);
    }

    private static byte[] utf8(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }
}
