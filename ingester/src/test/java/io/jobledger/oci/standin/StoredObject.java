package io.jobledger.oci.standin;

import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Instant;
import java.util.Base64;
import java.util.Map;
import java.util.UUID;

/**
 * An object in the stand-in.
 *
 * @param metadata without the {@code opc-meta-} before each name
 */
public record StoredObject(
        byte[] bytes, String contentType, Map<String, String> metadata, String etag, String md5, Instant modified) {
    static StoredObject of(byte[] bytes, String contentType, Map<String, String> metadata, Instant now) {
        return new StoredObject(
                bytes, contentType, Map.copyOf(metadata), UUID.randomUUID().toString(), md5(bytes), now);
    }

    static String md5(byte[] bytes) {
        try {
            return Base64.getEncoder()
                    .encodeToString(MessageDigest.getInstance("MD5").digest(bytes));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }
}
