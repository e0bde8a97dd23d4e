package io.jobledger.oci.standin;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.MessageDigest;
import java.util.Base64;
import java.util.HexFormat;

/** A user with an API key, and the configuration file that says so. Immutable. */
public final class StandInAccount {
    private static final String TENANCY = "ocid1.tenancy.oc1..standin";
    private static final String USER = "ocid1.user.oc1..standin";

    private final KeyPair pair;

    /** Makes a new key. */
    public StandInAccount() {
        try {
            KeyPairGenerator generator = KeyPairGenerator.getInstance("RSA");
            generator.initialize(2048);
            this.pair = generator.generateKeyPair();
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }

    public KeyPair pair() {
        return pair;
    }

    /** What a client signs as. */
    public String keyId() {
        return TENANCY + "/" + USER + "/" + fingerprint();
    }

    /** As OCI's console shows it. */
    public String fingerprint() {
        try {
            return HexFormat.ofDelimiter(":")
                    .formatHex(MessageDigest.getInstance("MD5")
                            .digest(pair.getPublic().getEncoded()));
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }

    /** The private key in PEM. */
    public String pem() {
        return "-----BEGIN PRIVATE KEY-----\n"
                + Base64.getMimeEncoder(64, new byte[] {'\n'})
                        .encodeToString(pair.getPrivate().getEncoded()) + "\n-----END PRIVATE KEY-----\n";
    }

    /**
     * Writes {@code config} and {@code key.pem} into a directory, for the owner only.
     *
     * @return the configuration file
     */
    public Path write(Path directory, String profile) throws IOException {
        Path key = privateFile(directory.resolve("key.pem"), pem());
        return privateFile(
                directory.resolve("config"),
                "[" + profile + "]\nuser=" + USER + "\nfingerprint=" + fingerprint() + "\ntenancy=" + TENANCY
                        + "\nregion=us-ashburn-1\nkey_file=" + key + "\n");
    }

    private static Path privateFile(Path file, String text) throws IOException {
        Files.deleteIfExists(file);
        if (file.getFileSystem().supportedFileAttributeViews().contains("posix")) {
            Files.createFile(file, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
        }
        return Files.writeString(file, text);
    }
}
