package io.jobledger.cli.serve;

import io.jobledger.config.BucketSettings;
import io.jobledger.sink.mirror.Mirror;
import io.jobledger.sink.mirror.file.FileMirror;
import io.jobledger.sink.mirror.oci.OciMirror;
import io.jobledger.sink.mirror.oci.Uri;
import io.jobledger.sink.mirror.s3.S3Mirror;
import io.jobledger.sink.mirror.s3.S3Uri;
import java.net.URI;
import java.nio.file.Path;

/** Turns what an operator writes into a mirror. */
public final class Mirrors {
    private Mirrors() {}

    /**
     * Builds the mirror that {@code text} names, without connecting to it.
     *
     * @param text {@code file:///DIR}, a directory's path, or {@code oci://BUCKET[@NAMESPACE][/PREFIX]}, or
     *     {@code s3://BUCKET[/PREFIX]}
     * @param buckets how to reach its store, if it is in a bucket
     * @throws IllegalArgumentException saying what would do
     */
    public static Mirror of(String text, BucketSettings buckets) {
        try {
            if (text.startsWith("file:")) {
                URI uri = URI.create(text.replace(" ", "%20"));
                if (uri.getAuthority() != null
                        || uri.getPath() == null
                        || uri.getPath().length() < 2) {
                    throw new IllegalArgumentException(
                            "it must have three slashes and an absolute path, like file:///var/lib/jobledger/mirror");
                }
                return new FileMirror(Path.of(uri.getPath()));
            }
            if (text.startsWith(Uri.SCHEME)) {
                return new OciMirror(text, buckets.oci());
            }
            if (text.startsWith(S3Uri.SCHEME)) {
                return new S3Mirror(text, buckets.s3());
            }
            if (text.contains("://")) {
                throw new IllegalArgumentException(
                        "its scheme is not known; there are file:///DIR, oci://BUCKET and s3://BUCKET");
            }
            return new FileMirror(Path.of(text));
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException("the mirror '" + text + "' cannot be used: " + e.getMessage(), e);
        }
    }
}
