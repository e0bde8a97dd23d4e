package io.jobledger.config;

import java.util.Map;

/**
 * How to reach each kind of bucket that mirrors can be in.
 *
 * @param oci for all {@code oci://} mirrors
 * @param s3 for all {@code s3://} mirrors
 */
public record BucketSettings(OciSettings oci, S3Settings s3) {
    /** What the environment says, as the stores' own tools read it. */
    public static BucketSettings of(Map<String, String> environment) {
        return new BucketSettings(OciSettings.of(environment), S3Settings.of(environment));
    }
}
