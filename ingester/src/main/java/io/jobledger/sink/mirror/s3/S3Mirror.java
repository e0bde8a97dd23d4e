package io.jobledger.sink.mirror.s3;

import io.jobledger.config.S3Settings;
import io.jobledger.sink.mirror.CheckSteps;
import io.jobledger.sink.mirror.bucket.BucketMirror;
import java.util.function.Supplier;

/** A mirror in a bucket of AWS S3, or of another store that speaks S3. Thread-safe. */
public final class S3Mirror extends BucketMirror<S3Bucket> {
    private final S3Uri uri;
    private final S3Settings settings;

    /**
     * Connects to nothing and reads no file.
     *
     * @param uri {@code s3://BUCKET[/PREFIX]}
     * @throws IllegalArgumentException saying what is wrong with the URI
     */
    public S3Mirror(String uri, S3Settings settings) {
        this(S3Uri.parse(uri), settings);
    }

    private S3Mirror(S3Uri uri, S3Settings settings) {
        super(uri.toString());
        this.uri = uri;
        this.settings = settings;
    }

    @Override
    protected S3Bucket open() {
        return new S3Bucket(uri, settings);
    }

    @Override
    protected void reach(CheckSteps steps, Supplier<S3Bucket> reached) {
        steps.take("bucket", () -> {
            reached.get().list("", null, 1);
            return "'" + uri.bucket() + "' is there, and accepts who we are";
        });
    }

    @Override
    protected void prove(CheckSteps steps, Supplier<S3Bucket> reached, String path) {
        steps.take("conditions", () -> reached.get().proveConditions(path));
    }
}
