package io.jobledger.sink.mirror.s3;

import io.jobledger.sink.mirror.MirrorException;
import io.jobledger.sink.mirror.bucket.Reasons;
import software.amazon.awssdk.auth.credentials.AwsCredentialsProvider;
import software.amazon.awssdk.auth.credentials.DefaultCredentialsProvider;
import software.amazon.awssdk.core.exception.SdkClientException;
import software.amazon.awssdk.identity.spi.AwsCredentialsIdentity;

/** Who the ingester is to the store, found as every tool for S3 finds it. */
final class S3Identity {
    private S3Identity() {}

    /** The default chain: environment, web identity, profile, container, instance. Asks nothing yet. */
    static AwsCredentialsProvider chain() {
        return DefaultCredentialsProvider.builder().build();
    }

    /**
     * Finds the credentials, which may ask the machine's own service, and tells whose they are; never the secret.
     *
     * @throws MirrorException when there are none
     */
    static String describe(AwsCredentialsProvider provider) {
        try {
            AwsCredentialsIdentity found = provider.resolveCredentials();
            return "access key " + found.accessKeyId()
                    + found.providerName().map(S3Identity::source).orElse("");
        } catch (SdkClientException e) {
            throw none(e);
        }
    }

    private static String source(String provider) {
        String name = provider.substring(provider.lastIndexOf(',') + 1);
        return switch (name) {
            case "EnvironmentVariableCredentialsProvider" -> " of the environment";
            case "SystemPropertyCredentialsProvider" -> " of Java's system properties";
            case "InstanceProfileCredentialsProvider" -> " of the instance's role";
            case "ContainerCredentialsProvider" -> " of the container's role";
            default ->
                name.contains("Profile")
                        ? " of the profile"
                        : name.contains("WebIdentity") ? " of the web identity" : "";
        };
    }

    static MirrorException none(Throwable e) {
        return MirrorException.lasting(
                "no credentials for s3:// mirrors: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE for a"
                        + " profile of ~/.aws/credentials, or give the machine, the container or the service account a"
                        + " role ("
                        + Reasons.oneLine(String.valueOf(e.getMessage())) + ")",
                e);
    }
}
