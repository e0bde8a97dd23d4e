package io.jobledger.sink.mirror.s3;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What {@code s3://BUCKET[/PREFIX]} names. Everything in it is plain text without escapes, so that it can be read in
 * one way only.
 *
 * @param prefix what every object's key begins with: empty, or segments that each end in a slash
 */
public record S3Uri(String bucket, String prefix) {
    public static final String SCHEME = "s3://";

    private static final Pattern FORM = Pattern.compile("s3://([^/]*)(?:/(.*))?");
    /** What AWS allows today, and the underscores and capitals of older buckets and other stores. */
    private static final Pattern BUCKET = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._-]{1,254}");

    private static final Pattern PREFIX = Pattern.compile("([A-Za-z0-9_=+-][A-Za-z0-9._=+-]*/)*");
    /** A record's path takes up to 607 bytes of the 1,024 that a key may have. */
    private static final int MAX_PREFIX = 400;

    /**
     * Reads the URI.
     *
     * @throws IllegalArgumentException saying which part is wrong and what would do
     */
    static S3Uri parse(String text) {
        Matcher form = FORM.matcher(text);
        if (!form.matches()) {
            throw new IllegalArgumentException("it must look like s3://BUCKET or s3://BUCKET/PREFIX");
        }
        String bucket = form.group(1);
        String given = form.group(2);
        String prefix = given == null || given.isEmpty() || given.endsWith("/") ? given : given + "/";
        if (bucket.contains("@")) {
            throw new IllegalArgumentException("credentials do not belong into '" + SCHEME
                    + "…': give them by AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or by a profile");
        }
        if (!BUCKET.matcher(bucket).matches()) {
            throw new IllegalArgumentException(
                    "'" + bucket + "' is no bucket's name: it has letters, digits, dots, dashes and underscores");
        }
        if (prefix != null
                && (prefix.length() > MAX_PREFIX || !PREFIX.matcher(prefix).matches())) {
            throw new IllegalArgumentException("the prefix '" + prefix
                    + "' must be segments of letters, digits and ._=+- that do not begin with a dot, " + MAX_PREFIX
                    + " characters at most");
        }
        return new S3Uri(bucket, prefix == null ? "" : prefix);
    }

    @Override
    public String toString() {
        return SCHEME + bucket + (prefix.isEmpty() ? "" : "/" + prefix.substring(0, prefix.length() - 1));
    }
}
