package io.jobledger.sink.mirror.oci;

import com.oracle.bmc.ClientConfiguration;
import com.oracle.bmc.Region;
import com.oracle.bmc.circuitbreaker.NoCircuitBreakerConfiguration;
import com.oracle.bmc.objectstorage.ObjectStorage;
import com.oracle.bmc.objectstorage.ObjectStorageClient;
import com.oracle.bmc.retrier.RetryConfiguration;
import io.jobledger.config.OciSettings;
import io.jobledger.sink.mirror.MirrorException;

/**
 * Makes the SDK's client. Its retries and its circuit breaker are off: the outbox tries again, and a hidden wait would
 * hold up its workers.
 */
final class Client {
    private Client() {}

    /** Takes about a second; connects to nothing. Throws {@code MirrorException} when nothing says where OCI is. */
    static ObjectStorage build(Credentials credentials, OciSettings settings) {
        ObjectStorageClient.Builder builder = ObjectStorageClient.builder()
                .configuration(ClientConfiguration.builder()
                        .connectionTimeoutMillis((int) settings.connectTimeout().toMillis())
                        .readTimeoutMillis((int) settings.readTimeout().toMillis())
                        .retryConfiguration(RetryConfiguration.NO_RETRY_CONFIGURATION)
                        .circuitBreakerConfiguration(new NoCircuitBreakerConfiguration())
                        .build());
        // Never both: the SDK would drop the endpoint without a word.
        if (settings.endpoint() != null) {
            return builder.endpoint(settings.endpoint()).build(credentials.provider());
        }
        ObjectStorageClient client = builder.build(credentials.provider());
        if (credentials.region() != null) {
            client.setRegion(knownOrNew(credentials.region()));
        }
        if (client.getEndpoint() == null) {
            client.close();
            throw MirrorException.lasting(
                    "no OCI region is known: the " + credentials.description()
                            + " names none. Add region=… to the profile, or give oci-region in the settings",
                    null);
        }
        return client;
    }

    /**
     * Regions are opened more often than this SDK is changed: one that it does not know is taken to be in the public
     * realm, where new ones mostly are.
     */
    private static String knownOrNew(String region) {
        try {
            return Region.fromRegionCodeOrId(region).getRegionId();
        } catch (IllegalArgumentException e) {
            return region;
        }
    }
}
