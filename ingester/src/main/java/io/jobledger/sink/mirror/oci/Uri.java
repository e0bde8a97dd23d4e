package io.jobledger.sink.mirror.oci;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What {@code oci://BUCKET[@NAMESPACE][/PREFIX]} names. Everything in it is plain text without escapes, so that it can
 * be read in one way only.
 *
 * @param namespace null when it is to be asked for
 * @param prefix what every object's name begins with: empty, or segments that each end in a slash
 */
public record Uri(String bucket, String namespace, String prefix) {
    public static final String SCHEME = "oci://";

    private static final Pattern FORM = Pattern.compile("oci://([^@/]*)(?:@([^@/]*))?(?:/(.*))?");
    private static final Pattern BUCKET = Pattern.compile("[A-Za-z0-9._-]{1,256}");
    private static final Pattern NAMESPACE = Pattern.compile("[A-Za-z0-9_-]{1,256}");
    private static final Pattern PREFIX = Pattern.compile("([A-Za-z0-9_=+-][A-Za-z0-9._=+-]*/)*");
    /** A record's path takes up to 607 bytes of the 1,024 that an object's name may have. */
    private static final int MAX_PREFIX = 400;

    /**
     * Reads the URI.
     *
     * @throws IllegalArgumentException saying which part is wrong and what would do
     */
    static Uri parse(String text) {
        Matcher form = FORM.matcher(text);
        if (!form.matches()) {
            throw new IllegalArgumentException(
                    "it must look like oci://BUCKET, oci://BUCKET@NAMESPACE or oci://BUCKET@NAMESPACE/PREFIX");
        }
        String bucket = form.group(1);
        String namespace = form.group(2);
        String prefix = form.group(3) == null || form.group(3).isEmpty()
                ? ""
                : form.group(3).endsWith("/") ? form.group(3) : form.group(3) + "/";
        if (!BUCKET.matcher(bucket).matches()) {
            throw new IllegalArgumentException(
                    "'" + bucket + "' is no bucket's name: it has letters, digits, dots, dashes and underscores");
        }
        if (namespace != null && !NAMESPACE.matcher(namespace).matches()) {
            throw new IllegalArgumentException("'" + namespace
                    + "' is no namespace: 'oci os ns get' shows yours; leave out @NAMESPACE to have it found");
        }
        if (prefix.length() > MAX_PREFIX || !PREFIX.matcher(prefix).matches()) {
            throw new IllegalArgumentException("the prefix '" + prefix
                    + "' must be segments of letters, digits and ._=+- that do not begin with a dot, " + MAX_PREFIX
                    + " characters at most");
        }
        return new Uri(bucket, namespace, prefix);
    }

    @Override
    public String toString() {
        return SCHEME
                + bucket
                + (namespace == null ? "" : "@" + namespace)
                + (prefix.isEmpty() ? "" : "/" + prefix.substring(0, prefix.length() - 1));
    }
}
