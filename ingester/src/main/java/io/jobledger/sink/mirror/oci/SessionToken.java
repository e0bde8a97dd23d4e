package io.jobledger.sink.mirror.oci;

import com.oracle.bmc.auth.AuthCachingPolicy;
import com.oracle.bmc.auth.BasicAuthenticationDetailsProvider;
import io.jobledger.sink.mirror.MirrorException;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Signs with the token that {@code oci session authenticate} left in a file. The file is read for each request, so that
 * {@code oci session refresh} takes effect at once; the SDK's own provider would start a thread that keeps the process
 * alive and writes the file itself. Thread-safe.
 */
@AuthCachingPolicy(cacheKeyId = false, cachePrivateKey = false)
final class SessionToken implements BasicAuthenticationDetailsProvider {
    private final Path tokenFile;
    private final Path keyFile;
    private final String passPhrase;

    /** @param passPhrase of the key file, or null */
    SessionToken(Path tokenFile, Path keyFile, String passPhrase) {
        this.tokenFile = tokenFile;
        this.keyFile = keyFile;
        this.passPhrase = passPhrase;
    }

    @Override
    public String getKeyId() {
        return "ST$" + new String(bytes(tokenFile, "session token"), StandardCharsets.US_ASCII).strip();
    }

    @Override
    public InputStream getPrivateKey() {
        return new ByteArrayInputStream(bytes(keyFile, "private key"));
    }

    private static byte[] bytes(Path file, String what) {
        try {
            return Files.readAllBytes(file);
        } catch (IOException e) {
            throw MirrorException.lasting(
                    "the " + what + " " + file + " cannot be read ("
                            + e.getClass().getSimpleName() + "). Run 'oci session authenticate' anew",
                    e);
        }
    }

    @Override
    @Deprecated
    public String getPassPhrase() {
        return passPhrase;
    }

    @Override
    public char[] getPassphraseCharacters() {
        return passPhrase == null ? null : passPhrase.toCharArray();
    }
}
