package io.jobledger.http;

import io.jobledger.model.Digests;
import java.util.Arrays;
import java.util.HexFormat;

/** Strong entity tags, made of the content. */
final class Tags {
    private static final int BYTES = 16;

    private Tags() {}

    static String of(byte[] content) {
        byte[] digest = Digests.sha256(content);
        return '"' + HexFormat.of().formatHex(digest, 0, BYTES) + '"';
    }

    /** Whether {@code If-None-Match} names the tag; weakly compared, as RFC 9110 says. Null is no header. */
    static boolean match(String header, String tag) {
        return header != null && Arrays.stream(header.split(",")).map(String::strip).anyMatch(one -> one.equals("*") || one.equals(tag) || one.equals("W/" + tag));
    }
}
