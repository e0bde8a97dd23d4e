package io.jobledger.config;

import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.regex.Pattern;

/**
 * How to reach a store that speaks S3, beside what a mirror's URI says. Immutable. Credentials are no settings: they
 * come the way every tool for S3 finds them.
 *
 * @param region null for the one that the environment, the profile or the machine names
 * @param endpoint the whole URL of the service; null for the one of the environment or the profile, else AWS's
 * @param pathStyle whether a bucket is the first segment of the path, and not a part of the host's name
 * @param caFile certificates of the authorities to trust, in PEM; null for Java's
 * @param connectTimeout longest wait for a connection
 * @param readTimeout longest wait for the next bytes of an answer
 */
public record S3Settings(
        String region,
        String endpoint,
        PathStyle pathStyle,
        Path caFile,
        Duration connectTimeout,
        Duration readTimeout) {
    /** Where a request names the bucket. */
    public enum PathStyle {
        /** In the path where an endpoint is known, in the host's name at AWS. */
        AUTO,
        TRUE,
        FALSE;

        /** Reads a setting; null for anything else. */
        public static PathStyle parse(String text) {
            return switch (text) {
                case "auto" -> AUTO;
                case "true" -> TRUE;
                case "false" -> FALSE;
                default -> null;
            };
        }
    }

    public static final Duration CONNECT_TIMEOUT = Duration.ofSeconds(5);
    public static final Duration READ_TIMEOUT = Duration.ofSeconds(10);

    private static final Pattern REGION = Pattern.compile("[a-z0-9]+(-[a-z0-9]+)*");

    /** @throws IllegalArgumentException when a part cannot be used */
    public S3Settings {
        if (region != null && !REGION.matcher(region).matches()) {
            throw new IllegalArgumentException("'" + region + "' is no region's name; one looks like eu-central-1");
        }
        if (endpoint != null && !isUrl(endpoint)) {
            throw new IllegalArgumentException("the endpoint '" + endpoint
                    + "' is no URL like https://minio.example.com:9000, without a user, a bucket or a query");
        }
        for (Duration timeout : new Duration[] {connectTimeout, readTimeout}) {
            if (timeout.toMillis() < 1 || timeout.toMillis() > Integer.MAX_VALUE) {
                throw new IllegalArgumentException("a time-out must be from 1 ms to 24 days");
            }
        }
    }

    /** What the environment says, as S3's tools read it. */
    public static S3Settings of(Map<String, String> environment) {
        String ca = environment.getOrDefault("AWS_CA_BUNDLE", "");
        String endpoint =
                environment.getOrDefault("AWS_ENDPOINT_URL_S3", environment.getOrDefault("AWS_ENDPOINT_URL", ""));
        return new S3Settings(
                null,
                endpoint.isEmpty() ? null : endpoint,
                PathStyle.AUTO,
                ca.isEmpty() ? null : Path.of(ca),
                CONNECT_TIMEOUT,
                READ_TIMEOUT);
    }

    /** Whether the bucket goes into the path. */
    public boolean bucketInPath() {
        return pathStyle == PathStyle.TRUE || pathStyle == PathStyle.AUTO && endpoint != null;
    }

    private static boolean isUrl(String text) {
        try {
            URI uri = URI.create(text);
            return ("https".equals(uri.getScheme()) || "http".equals(uri.getScheme()))
                    && uri.getHost() != null
                    && uri.getUserInfo() == null
                    && uri.getQuery() == null;
        } catch (IllegalArgumentException e) {
            return false;
        }
    }
}
