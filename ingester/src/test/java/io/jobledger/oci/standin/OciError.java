package io.jobledger.oci.standin;

/** An answer in which OCI refuses. */
final class OciError extends RuntimeException {
    private static final long serialVersionUID = 1;

    final int status;
    final String code;

    OciError(int status, String code, String message) {
        super(message, null, false, false);
        this.status = status;
        this.code = code;
    }

    static OciError notAuthenticated(String message) {
        return new OciError(401, "NotAuthenticated", message);
    }

    static OciError bucketNotFound(String bucket, String namespace) {
        return new OciError(
                404,
                "BucketNotFound",
                "Either the bucket named '" + bucket + "' does not exist in the namespace '" + namespace
                        + "' or you are not authorized to access it");
    }
}
