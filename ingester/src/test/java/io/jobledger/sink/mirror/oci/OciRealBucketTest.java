package io.jobledger.sink.mirror.oci;

import io.jobledger.config.OciSettings;
import io.jobledger.sink.mirror.Mirror;
import io.jobledger.sink.mirror.MirrorContract;
import java.nio.file.Path;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.condition.EnabledIfEnvironmentVariable;

/**
 * The contract against a real bucket, for those who have one; docs/how-to/oci.md says how. It works under a prefix of
 * its own and takes out what it put. An endpoint in JOBLEDGER_TEST_OCI_ENDPOINT goes before the profile's region.
 */
@EnabledIfEnvironmentVariable(named = "JOBLEDGER_TEST_OCI_BUCKET", matches = ".+")
@EnabledIfEnvironmentVariable(named = "JOBLEDGER_TEST_OCI_NAMESPACE", matches = ".+")
@EnabledIfEnvironmentVariable(named = "JOBLEDGER_TEST_OCI_PROFILE", matches = ".+")
@EnabledIfEnvironmentVariable(named = "JOBLEDGER_TEST_OCI_CONFIG_FILE", matches = ".+")
class OciRealBucketTest extends MirrorContract {
    private static final String BUCKET = System.getenv("JOBLEDGER_TEST_OCI_BUCKET");
    private static final String NAMESPACE = System.getenv("JOBLEDGER_TEST_OCI_NAMESPACE");
    private static final String ENDPOINT = System.getenv("JOBLEDGER_TEST_OCI_ENDPOINT");

    private String uri;
    private Bucket bucket;

    private static OciSettings options() {
        OciSettings options = new OciOptions()
                .configFile(Path.of(System.getenv("JOBLEDGER_TEST_OCI_CONFIG_FILE")))
                .profile(System.getenv("JOBLEDGER_TEST_OCI_PROFILE"))
                .settings();
        return ENDPOINT == null
                ? options
                : new OciOptions(options).endpoint(ENDPOINT).settings();
    }

    @Override
    protected Mirror open() {
        uri = "oci://" + BUCKET + "@" + NAMESPACE + "/jobledger-test-" + UUID.randomUUID();
        bucket = new Bucket(Uri.parse(uri), options());
        return new OciMirror(uri, options());
    }

    @Override
    protected void plant(String path, byte[] bytes) {
        bucket.put(path, bytes, Map.of(), null);
    }

    @AfterEach
    void takeOutEverything() {
        try (Bucket used = bucket) {
            for (Bucket.Page page = used.list("", null, 1000);
                    !page.names().isEmpty();
                    page = used.list("", null, 1000)) {
                page.names().forEach(name -> used.delete(name, null));
            }
        }
    }
}
