package io.jobledger.http;

import io.netty.pkitesting.CertificateBuilder;
import io.netty.pkitesting.X509Bundle;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import javax.net.ssl.KeyManager;
import javax.net.ssl.SSLContext;

/** A certificate authority for tests, and what it issues, as PEM files and as contexts of clients. */
public final class TestCa {
    private final X509Bundle root;

    public TestCa() {
        try {
            root = new CertificateBuilder().ecp256().subject("CN=Test CA").setIsCertificateAuthority(true).buildSelfSigned();
        } catch (Exception e) {
            throw new AssertionError(e);
        }
    }

    /** A certificate for loopback, with its key. */
    public X509Bundle issue(String commonName) {
        try {
            return new CertificateBuilder().ecp256().subject("CN=" + commonName).addSanIpAddress("127.0.0.1").addSanDnsName("localhost").buildIssuedBy(root);
        } catch (Exception e) {
            throw new AssertionError(e);
        }
    }

    /** Issues a certificate into files. */
    public void write(String commonName, Path cert, Path key) throws IOException {
        X509Bundle issued = issue(commonName);
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
        context.init(own == null ? new KeyManager[0] : own.toKeyManagerFactory().getKeyManagers(), root.toTrustManagerFactory().getTrustManagers(), null);
        return context;
    }
}
