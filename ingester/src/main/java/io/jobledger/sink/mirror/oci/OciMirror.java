package io.jobledger.sink.mirror.oci;

import io.jobledger.config.OciSettings;
import io.jobledger.sink.mirror.CheckSteps;
import io.jobledger.sink.mirror.bucket.BucketMirror;
import java.util.function.Supplier;

/** A mirror in a bucket of OCI Object Storage. Thread-safe. */
public final class OciMirror extends BucketMirror<Bucket> {
    private final Uri uri;
    private final OciSettings options;

    /**
     * Connects to nothing and reads no file.
     *
     * @param uri {@code oci://BUCKET[@NAMESPACE][/PREFIX]}
     * @throws IllegalArgumentException saying what is wrong with the URI
     */
    public OciMirror(String uri, OciSettings options) {
        this(Uri.parse(uri), options);
    }

    private OciMirror(Uri uri, OciSettings options) {
        super(uri.toString());
        this.uri = uri;
        this.options = options;
    }

    @Override
    protected Bucket open() {
        return new Bucket(uri, options);
    }

    @Override
    protected void reach(CheckSteps steps, Supplier<Bucket> reached) {
        steps.take(
                "authentication",
                () -> "OCI accepts it; the tenancy's namespace is '"
                        + reached.get().authenticate() + "'");
        steps.take("bucket", () -> {
            reached.get().head();
            return "'" + uri.bucket() + "' exists in the namespace '"
                    + reached.get().namespace() + "'";
        });
    }
}
