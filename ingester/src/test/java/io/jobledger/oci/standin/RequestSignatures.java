package io.jobledger.oci.standin;

import io.vertx.core.http.HttpServerRequest;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.PublicKey;
import java.security.Signature;
import java.time.Clock;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.util.Arrays;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Checks the signature and the date of each request, as OCI's gateway does. Thread-safe. */
final class RequestSignatures {
    private static final Duration SKEW = Duration.ofMinutes(5);
    private static final Pattern PARAMETER = Pattern.compile("([a-zA-Z]+)=\"([^\"]*)\"");

    private final Map<String, PublicKey> keys = new ConcurrentHashMap<>();

    /**
     * Lets a key id, {@code tenancy/user/fingerprint} or {@code ST$token}, sign with the private half of {@code key}.
     */
    void accept(String keyId, PublicKey key) {
        keys.put(keyId, key);
    }

    void forget(String keyId) {
        keys.remove(keyId);
    }

    /** Returns when the request is signed by a known key at about {@code clock}'s time; throws the 401 otherwise. */
    void check(HttpServerRequest request, Clock clock) {
        String authorization = request.getHeader("Authorization");
        if (authorization == null || !authorization.startsWith("Signature ")) {
            throw OciError.notAuthenticated("The required information to complete authentication was not provided.");
        }
        Map<String, String> parameters = new HashMap<>();
        Matcher matcher = PARAMETER.matcher(authorization);
        while (matcher.find()) {
            parameters.put(matcher.group(1), matcher.group(2));
        }
        List<String> signed = Arrays.asList(
                parameters.getOrDefault("headers", "").toLowerCase(Locale.ROOT).split(" "));
        PublicKey key = keys.get(parameters.getOrDefault("keyId", ""));
        if (key == null
                || !"1".equals(parameters.get("version"))
                || !"rsa-sha256".equals(parameters.get("algorithm"))
                || !signed.contains("(request-target)")
                || !signed.contains("host")
                || !signed.contains("date") && !signed.contains("x-date")) {
            throw refused();
        }
        checkDate(request.getHeader(signed.contains("x-date") ? "x-date" : "date"), clock.instant());
        try {
            Signature signature = Signature.getInstance("SHA256withRSA");
            signature.initVerify(key);
            signature.update(signingString(request, signed).getBytes(StandardCharsets.UTF_8));
            if (!signature.verify(Base64.getDecoder().decode(parameters.getOrDefault("signature", "")))) {
                throw refused();
            }
        } catch (GeneralSecurityException | IllegalArgumentException e) {
            throw refused();
        }
    }

    private static OciError refused() {
        return OciError.notAuthenticated(
                "The required information to complete authentication was not provided or was incorrect.");
    }

    private static String signingString(HttpServerRequest request, List<String> signed) {
        StringBuilder text = new StringBuilder();
        for (String header : signed) {
            List<String> values = request.headers().getAll(header);
            if (!header.equals("(request-target)") && values.size() != 1) {
                throw refused();
            }
            // The target as it came, still percent-encoded: that is what the client signed.
            String value = header.equals("(request-target)")
                    ? request.method().name().toLowerCase(Locale.ROOT) + " " + request.uri()
                    : values.get(0);
            text.append(text.isEmpty() ? "" : "\n").append(header).append(": ").append(value);
        }
        return text.toString();
    }

    private static void checkDate(String date, Instant now) {
        Instant signed;
        try {
            signed = ZonedDateTime.parse(String.valueOf(date), DateTimeFormatter.RFC_1123_DATE_TIME)
                    .toInstant();
        } catch (DateTimeException e) {
            throw refused();
        }
        if (Duration.between(signed, now).abs().compareTo(SKEW) > 0) {
            throw OciError.notAuthenticated("Date '" + date + "' is not within allowed clock skew. Current '"
                    + HttpDate.format(now) + "', allowed skew is 300 seconds");
        }
    }
}
