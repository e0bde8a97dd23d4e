package io.jobledger.http;

import io.netty.pkitesting.CertificateBuilder;
import io.netty.pkitesting.X509Bundle;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import javax.net.ssl.KeyManager;
import javax.net.ssl.SSLContext;

/** A certificate authority for tests, and what it issues, as PEM files and as contexts of clients. */
public final class TestCa {
    /** Tests have clocks of their own. */
    private static final Instant FROM = Instant.parse("2020-01-01T00:00:00Z");

    private static final Instant UNTIL = Instant.parse("2050-01-01T00:00:00Z");

    private final X509Bundle root;

    public TestCa() {
        try {
            root = new CertificateBuilder()
                    .ecp256()
                    .subject("CN=Test CA")
                    .setIsCertificateAuthority(true)
                    .notBefore(FROM)
                    .notAfter(UNTIL)
                    .buildSelfSigned();
        } catch (Exception e) {
            throw new AssertionError(e);
        }
    }

    /** A certificate for loopback, with its key. */
    public X509Bundle issue(String commonName) {
        return issue(commonName, "localhost", FROM, UNTIL);
    }

    /** One for loopback's address and another name, with a time of its own. */
    public X509Bundle issue(String commonName, String name, Instant from, Instant until) {
        try {
            return new CertificateBuilder()
                    .ecp256()
                    .subject("CN=" + commonName)
                    .addSanIpAddress("127.0.0.1")
                    .addSanDnsName(name)
                    .notBefore(from)
                    .notAfter(until)
                    .buildIssuedBy(root);
        } catch (Exception e) {
            throw new AssertionError(e);
        }
    }

    /** Issues a certificate into files. */
    public void write(String commonName, Path cert, Path key) throws IOException {
        write(issue(commonName), cert, key);
    }

    /** Writes what was issued into files. */
    public static void write(X509Bundle issued, Path cert, Path key) throws IOException {
        Files.writeString(key, issued.getPrivateKeyPEM());
        Files.writeString(cert, issued.getCertificatePathPEM());
    }

    /** Writes the CA's own certificate. */
    public void write(Path file) throws IOException {
        Files.writeString(file, root.getRootCertificatePEM());
    }

    /** A client that trusts this CA alone, and shows {@code own} if it is not null. */
    public SSLContext client(X509Bundle own) throws Exception {
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(
                own == null ? new KeyManager[0] : own.toKeyManagerFactory().getKeyManagers(),
                root.toTrustManagerFactory().getTrustManagers(),
                null);
        return context;
    }
}
