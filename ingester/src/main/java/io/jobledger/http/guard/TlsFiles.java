package io.jobledger.http.guard;

import io.jobledger.config.AccessSettings;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.ClientAuth;
import io.vertx.core.net.PemKeyCertOptions;
import io.vertx.core.net.PemTrustOptions;
import io.vertx.core.net.ServerSSLOptions;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.PrivateKey;
import java.security.Signature;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import javax.net.ssl.KeyManager;
import javax.net.ssl.X509KeyManager;

/** The TLS files, read as one: what is served has been proved to fit together. Blocks; not thread-safe. */
public final class TlsFiles {
    private final Vertx vertx;
    private final AccessSettings access;
    private List<byte[]> last = List.of();

    /**
     * What was read.
     *
     * @param from when the certificate begins to be valid
     * @param until when it ends
     * @param place its file
     */
    public record Read(ServerSSLOptions options, Instant from, Instant until, Path place) {
        /** Why no client takes the certificate at this time, as the end of a sentence; null when they do. */
        public String fault(Instant now) {
            return now.isBefore(from)
                    ? "is valid only from " + from + " on"
                    : now.isAfter(until) ? "ended on " + until : null;
        }
    }

    public TlsFiles(Vertx vertx, AccessSettings access) {
        this.vertx = vertx;
        this.access = access;
    }

    /** Whether the files are others than at the last {@link #read}. A file that cannot be read counts as changed. */
    public boolean changed() {
        try {
            List<byte[]> now = bytes();
            for (int i = 0; i < now.size(); i++) {
                if (last.size() != now.size() || !Arrays.equals(now.get(i), last.get(i))) {
                    return true;
                }
            }
            return false;
        } catch (IOException e) {
            boolean told = last.isEmpty();
            last = List.of();
            return !told;
        }
    }

    /**
     * Reads certificate, key and client CA.
     *
     * @throws HttpStartException naming the files and what is wrong with them
     */
    public Read read() {
        List<Path> files = files();
        try {
            last = List.of();
            List<byte[]> bytes = bytes();
            // Whatever comes of these, they need not be tried again before they change.
            last = bytes;
            PemKeyCertOptions own = new PemKeyCertOptions()
                    .setCertValue(Buffer.buffer(bytes.get(0)))
                    .setKeyValue(Buffer.buffer(bytes.get(1)));
            X509Certificate certificate = requirePair(own);
            ServerSSLOptions options =
                    new ServerSSLOptions().setKeyCertOptions(own).setUseAlpn(false);
            if (access.tlsClientCa() != null) {
                PemTrustOptions trust = new PemTrustOptions().addCertValue(Buffer.buffer(bytes.get(2)));
                trust.getTrustManagerFactory(vertx);
                options.setTrustOptions(trust).setClientAuth(ClientAuth.REQUIRED);
            }
            return new Read(
                    options,
                    certificate.getNotBefore().toInstant(),
                    certificate.getNotAfter().toInstant(),
                    access.tlsCert());
        } catch (Exception e) {
            throw new HttpStartException("the TLS files " + files + " cannot be used: "
                    + (e.getMessage() == null ? e.getClass().getSimpleName() : e.getMessage()));
        }
    }

    /** Returns the certificate, when the key is its own: Java itself would find out at the first handshake. */
    private X509Certificate requirePair(PemKeyCertOptions own) throws Exception {
        for (KeyManager manager : own.getKeyManagerFactory(vertx).getKeyManagers()) {
            if (manager instanceof X509KeyManager keys) {
                for (String type : List.of("RSA", "EC", "EdDSA", "Ed25519")) {
                    String[] aliases = keys.getServerAliases(type, null);
                    if (aliases != null && aliases.length > 0) {
                        X509Certificate certificate = keys.getCertificateChain(aliases[0])[0];
                        requirePair(keys.getPrivateKey(aliases[0]), certificate);
                        return certificate;
                    }
                }
            }
        }
        throw new IllegalArgumentException("there is no certificate with an RSA, EC or Ed25519 key in them");
    }

    private static void requirePair(PrivateKey key, X509Certificate certificate) throws Exception {
        String algorithm = switch (key.getAlgorithm()) {
            case "RSA" -> "SHA256withRSA";
            case "EC" -> "SHA256withECDSA";
            default -> key.getAlgorithm();
        };
        byte[] sample = {1, 2, 3};
        Signature signature = Signature.getInstance(algorithm);
        signature.initSign(key);
        signature.update(sample);
        byte[] signed = signature.sign();
        signature.initVerify(certificate);
        signature.update(sample);
        if (!signature.verify(signed)) {
            throw new IllegalArgumentException("the private key is not that of the certificate");
        }
    }

    private List<Path> files() {
        List<Path> files = new ArrayList<>(List.of(access.tlsCert(), access.tlsKey()));
        if (access.tlsClientCa() != null) {
            files.add(access.tlsClientCa());
        }
        return files;
    }

    private List<byte[]> bytes() throws IOException {
        List<byte[]> bytes = new ArrayList<>();
        for (Path file : files()) {
            try {
                bytes.add(Files.readAllBytes(file));
            } catch (IOException e) {
                throw new IOException(file + " cannot be read (" + e.getClass().getSimpleName() + ")", e);
            }
        }
        return bytes;
    }
}
