package io.jobledger.sink.mirror.oci;

import io.jobledger.sink.mirror.MirrorException;
import io.jobledger.sink.mirror.bucket.Reasons;
import java.io.IOException;
import java.net.HttpURLConnection;
import java.net.URI;
import java.time.Duration;

/**
 * Asks whether this machine is an OCI compute instance, once and within a time limit: the SDK would try for a minute
 * and a half, also on a laptop.
 */
final class Instance {
    /** Where instances find out about themselves; the environment variable is the SDK's own. */
    static final String METADATA_VARIABLE = "OCI_METADATA_BASE_URL";

    private static final String METADATA = "http://169.254.169.254/opc/v2/";

    private Instance() {}

    /**
     * Returns when the metadata service answers.
     *
     * @param base its URL, null for the usual one
     * @throws MirrorException passing: at boot the network may be later than the ingester
     */
    static void require(String base, Duration timeout) {
        String url = (base == null || base.isEmpty() ? METADATA : base.endsWith("/") ? base : base + "/") + "instance/";
        String why;
        try {
            HttpURLConnection connection =
                    (HttpURLConnection) URI.create(url).toURL().openConnection();
            connection.setConnectTimeout((int) timeout.toMillis());
            connection.setReadTimeout((int) timeout.toMillis());
            // What the service demands of every caller: it keeps forged requests out and is no secret.
            connection.setRequestProperty("Authorization", "Bearer Oracle");
            int status = connection.getResponseCode();
            connection.disconnect();
            if (status == 200) {
                return;
            }
            why = "status " + status;
        } catch (IOException | IllegalArgumentException | ClassCastException e) {
            why = Reasons.innermost(e);
        }
        throw MirrorException.passing(
                "this machine's instance metadata service " + url + " does not answer as OCI's does (" + why
                        + "). An instance principal works only on an OCI compute instance; elsewhere authenticate with"
                        + " a configuration file",
                null);
    }
}
