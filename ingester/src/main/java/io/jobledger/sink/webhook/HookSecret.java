package io.jobledger.sink.webhook;

import java.nio.charset.StandardCharsets;
import java.security.InvalidKeyException;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.stream.Collectors;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/**
 * What messages of a hook are signed with, as Standard Webhooks says. While a secret is being changed there are two,
 * and a message has a signature of each. Thread-safe.
 */
final class HookSecret {
    private static final String PREFIX = "whsec_";
    private static final int LEAST = 24;
    private static final int MOST = 64;

    private final List<byte[]> keys;

    private HookSecret(List<byte[]> keys) {
        this.keys = keys;
    }

    /**
     * Reads secrets, one a line.
     *
     * @throws IllegalArgumentException with the rule, without the secret
     */
    static HookSecret parse(String text) {
        List<byte[]> keys = new ArrayList<>();
        for (String line :
                text.lines().map(String::strip).filter(line -> !line.isEmpty()).toList()) {
            byte[] key = null;
            try {
                key = line.startsWith(PREFIX) ? Base64.getDecoder().decode(line.substring(PREFIX.length())) : null;
            } catch (IllegalArgumentException e) {
                // Said below, without the secret.
            }
            if (key == null || key.length < LEAST || key.length > MOST) {
                throw new IllegalArgumentException("must hold lines of whsec_ and " + LEAST + " to " + MOST
                        + " bytes in base64, like: echo whsec_$(openssl rand -base64 32)");
            }
            keys.add(key);
        }
        if (keys.isEmpty()) {
            throw new IllegalArgumentException("is empty");
        }
        return new HookSecret(keys);
    }

    /** The value of {@code webhook-signature}. */
    String sign(String id, long timestamp, byte[] body) {
        return keys.stream().map(key -> "v1," + sign(key, id, timestamp, body)).collect(Collectors.joining(" "));
    }

    private static String sign(byte[] key, String id, long timestamp, byte[] body) {
        try {
            Mac mac = Mac.getInstance("HmacSHA256");
            mac.init(new SecretKeySpec(key, "HmacSHA256"));
            mac.update((id + "." + timestamp + ".").getBytes(StandardCharsets.UTF_8));
            return Base64.getEncoder().encodeToString(mac.doFinal(body));
        } catch (NoSuchAlgorithmException | InvalidKeyException e) {
            throw new IllegalStateException(e);
        }
    }
}
