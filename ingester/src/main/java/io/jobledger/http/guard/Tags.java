package io.jobledger.http.guard;

import io.jobledger.model.Digests;
import java.util.Arrays;
import java.util.HexFormat;

/** Strong entity tags, made of the content. */
public final class Tags {
    private static final int BYTES = 16;

    private Tags() {}

    static String of(byte[] content) {
        return '"' + digest(content) + '"';
    }

    /** A tag of the content whose first part is {@code state}: what a caller may ask to find unchanged. */
    static String of(String state, byte[] content) {
        return '"' + state + '.' + digest(content) + '"';
    }

    public static String digest(byte[] content) {
        return HexFormat.of().formatHex(Digests.sha256(content), 0, BYTES);
    }

    /** Whether {@code If-None-Match} names the tag; weakly compared, as RFC 9110 says. Null is no header. */
    static boolean match(String header, String tag) {
        return header != null
                && Arrays.stream(header.split(","))
                        .map(String::strip)
                        .anyMatch(one -> one.equals("*") || one.equals(tag) || one.equals("W/" + tag));
    }
}
