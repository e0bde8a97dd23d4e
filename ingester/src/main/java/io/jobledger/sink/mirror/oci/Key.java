package io.jobledger.sink.mirror.oci;

import com.oracle.bmc.http.client.pki.Pem;
import com.oracle.bmc.http.client.pki.PemEncryptionException;
import com.oracle.bmc.http.client.pki.PemException;
import io.jobledger.sink.mirror.MirrorException;
import java.io.IOException;
import java.math.BigInteger;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.MessageDigest;
import java.security.PrivateKey;
import java.security.interfaces.RSAPrivateCrtKey;
import java.security.spec.RSAPublicKeySpec;
import java.util.HexFormat;
import java.util.Locale;

/** Looks at an API key before it is used, since OCI answers every mistake with it by the same "not authenticated". */
final class Key {
    private Key() {}

    /**
     * Proves that {@code file} is a private key that can be used.
     *
     * @param passPhrase or null
     * @param fingerprint what the profile says that the key's fingerprint is, or null
     * @throws MirrorException lasting, naming the file
     */
    static void check(Path file, String passPhrase, String fingerprint) {
        String actual = fingerprint(read(file, passPhrase), file);
        if (fingerprint != null && !actual.equals(fingerprint.toLowerCase(Locale.ROOT))) {
            throw MirrorException.lasting(
                    "the private key " + file + " has the fingerprint " + actual + ", but the profile says "
                            + fingerprint
                            + ": the file is of another key, or the line is. Mend key_file or fingerprint in the"
                            + " profile",
                    null);
        }
    }

    private static RSAPrivateCrtKey read(Path file, String passPhrase) {
        if (!Files.exists(file)) {
            throw MirrorException.lasting(
                    "there is no private key " + file + ", which the profile names as key_file", null);
        }
        try (FileChannel channel = FileChannel.open(file);
                Pem.Passphrase secret = Pem.Passphrase.of(passPhrase == null ? null : passPhrase.toCharArray())) {
            PrivateKey key = Pem.decoder().with(secret).decodePrivateKey(channel);
            if (key instanceof RSAPrivateCrtKey rsa) {
                return rsa;
            }
            throw MirrorException.lasting("the private key " + file + " is not an RSA key: OCI takes no other", null);
        } catch (PemEncryptionException e) {
            // OCI's library also says so of a right pass phrase when the key is in OpenSSL's old form with AES-256.
            throw MirrorException.lasting(
                    "the private key " + file
                            + " is encrypted, and pass_phrase in the profile is missing or wrong. If it is right,"
                            + " rewrite the key in the newer form: openssl pkcs8 -topk8 -in "
                            + file + " -out NEW",
                    e);
        } catch (PemException | IllegalArgumentException e) {
            throw MirrorException.lasting(
                    "the private key " + file
                            + " is not a private key in PEM, the format that begins with -----BEGIN PRIVATE KEY-----",
                    e);
        } catch (IOException e) {
            throw MirrorException.lasting(
                    "the private key " + file + " cannot be read ("
                            + e.getClass().getSimpleName() + "). See that this user may read it",
                    e);
        }
    }

    /** MD5 over the public key in DER, in pairs of hex digits: what OCI's console shows. */
    private static String fingerprint(RSAPrivateCrtKey key, Path file) {
        try {
            BigInteger exponent = key.getPublicExponent();
            byte[] der = KeyFactory.getInstance("RSA")
                    .generatePublic(new RSAPublicKeySpec(key.getModulus(), exponent))
                    .getEncoded();
            return HexFormat.ofDelimiter(":")
                    .formatHex(MessageDigest.getInstance("MD5").digest(der));
        } catch (GeneralSecurityException e) {
            throw MirrorException.lasting(
                    "the private key " + file + " has no fingerprint that this Java could work out (" + e.getMessage()
                            + ")",
                    e);
        }
    }
}
