package io.jobledger.sink.mirror.oci;

import static io.jobledger.sink.mirror.Records.EARLY;
import static io.jobledger.sink.mirror.Records.key;
import static io.jobledger.sink.mirror.Records.running;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.sun.net.httpserver.HttpServer;
import io.jobledger.config.OciSettings;
import io.jobledger.oci.standin.Fault;
import io.jobledger.oci.standin.StandInAccount;
import io.jobledger.sink.mirror.CheckStep;
import io.jobledger.sink.mirror.Mirror;
import io.jobledger.sink.mirror.MirrorException;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.AlgorithmParameters;
import java.security.GeneralSecurityException;
import java.security.KeyPairGenerator;
import java.time.Duration;
import java.util.Base64;
import java.util.Map;
import javax.crypto.Cipher;
import javax.crypto.EncryptedPrivateKeyInfo;
import javax.crypto.SecretKeyFactory;
import javax.crypto.spec.PBEKeySpec;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What is read before anything is sent: the URI, the options, the configuration file and the key. */
class OciConfigurationTest {
    private static final String SECRET = "open-sesame";

    @TempDir
    private Path directory;

    private final StandInAccount account = new StandInAccount();
    private Path config;

    @BeforeEach
    void write() throws IOException {
        config = account.write(directory, "DEFAULT");
    }

    private OciSettings options() {
        return new OciOptions().configFile(config).settings();
    }

    /** The failure of the very first step: nothing was sent. */
    private static MirrorException refused(OciSettings options) {
        try (Mirror mirror = new OciMirror("oci://jobs", options)) {
            CheckStep step = mirror.probe().get(0);
            assertThat(step.name()).isEqualTo("configuration");
            assertThat(step.failure()).as("the configuration must be refused").isNotNull();
            assertThat(step.failure().isPassing()).isFalse();
            return step.failure();
        }
    }

    private void replace(String from, String to) throws IOException {
        String text = Files.readString(config);
        assertThat(text).contains(from);
        Files.writeString(config, text.replace(from, to));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "oci://",
                "oci:///prefix",
                "oci://a b",
                "oci://b@",
                "oci://b@n s",
                "oci://b/../x",
                "oci://b/a//b",
                "oci://b/.hidden",
                "oci://b/a?x=y",
                "oci://b/%2e",
                "s3://b"
            })
    void uri_cannotBeUsed_isRefusedWithAReason(String uri) {
        assertThatThrownBy(() -> new OciMirror(uri, options()))
                .isInstanceOf(IllegalArgumentException.class)
                .message()
                .isNotBlank();
    }

    @Test
    void uri_trailingSlash_isTheSameMirror() {
        assertThat(new OciMirror("oci://b@n/a/b/", options()).uri()).isEqualTo("oci://b@n/a/b");
        assertThat(new OciMirror("oci://b/", options()).uri()).isEqualTo("oci://b");
    }

    @Test
    void options_regionAndEndpoint_areRefusedTogether() {
        OciSettings region = new OciOptions(options()).region("eu-frankfurt-1").settings();
        assertThatThrownBy(() ->
                        new OciOptions(region).endpoint("https://example.com").settings())
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("eu-frankfurt-1")
                .hasMessageContaining("https://example.com")
                .hasMessageContaining("one of them");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "objectstorage.example.com",
                "ftp://example.com",
                "https://",
                "https://user:secret@example.com",
                "no url"
            })
    void options_endpointIsNoUrl_isRefused(String endpoint) {
        assertThatThrownBy(() -> new OciOptions(options()).endpoint(endpoint).settings())
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("is no URL");
    }

    @Test
    void options_environment_isRespected() {
        OciSettings options = OciSettings.of(Map.of("OCI_CONFIG_FILE", "~/elsewhere", "OCI_PROFILE", "CI"));
        assertThat(options.configFile()).isEqualTo(Path.of(System.getProperty("user.home"), "elsewhere"));
        assertThat(options.profile()).isEqualTo("CI");
        assertThat(OciSettings.of(Map.of()).configFile())
                .isEqualTo(Path.of(System.getProperty("user.home"), ".oci", "config"));
    }

    @Test
    void configFile_missing_isNamed() {
        assertThat(refused(new OciOptions(options())
                        .configFile(directory.resolve("absent"))
                        .settings()))
                .hasMessageContaining("there is no OCI configuration file " + directory.resolve("absent"));
    }

    @Test
    void configFile_lineIsNoSetting_isNamedByNumberAndNotShown() throws IOException {
        Files.writeString(config, "[DEFAULT]\nuser=x\n" + SECRET + "\n");
        assertThat(refused(options()))
                .hasMessageContaining(config.toString())
                .hasMessageContaining("line 3")
                .message()
                .doesNotContain(SECRET);
    }

    @Test
    void configFile_binary_isRefused() throws IOException {
        Files.write(config, new byte[] {(byte) 0xff, (byte) 0xfe, 0, 1});
        assertThat(refused(options()))
                .hasMessageContaining(config + " is invalid")
                .hasMessageContaining("UTF-8");
    }

    @Test
    void profile_unknown_listsThoseThereAre() throws IOException {
        Files.writeString(config, Files.readString(config) + "\n# more\n[STAGING]\nuser=x\n");
        assertThat(refused(new OciOptions(options()).profile("PROD").settings()))
                .hasMessageContaining("no profile 'PROD'")
                .hasMessageContaining("there are: DEFAULT, STAGING");
    }

    @ParameterizedTest
    @ValueSource(strings = {"user", "tenancy", "fingerprint", "key_file"})
    void profile_lacksAValue_saysWhich(String value) throws IOException {
        replace("\n" + value + "=", "\nsome_other=");
        assertThat(refused(options()))
                .hasMessageContaining("the profile 'DEFAULT'")
                .hasMessageContaining("has no '" + value + "'");
    }

    @Test
    void profile_otherOne_takesTheRestFromDefault() throws IOException {
        Files.writeString(config, Files.readString(config) + "\n[OTHER]\nregion = eu-frankfurt-1\n");
        try (Bucket bucket = new Bucket(
                Uri.parse("oci://jobs"),
                new OciOptions(options()).profile("OTHER").settings())) {
            assertThat(bucket.description())
                    .contains("profile 'OTHER'")
                    .contains("https://objectstorage.eu-frankfurt-1.oraclecloud.com");
        }
    }

    @Test
    void region_override_goesBeforeTheProfiles() {
        try (Bucket bucket = new Bucket(
                Uri.parse("oci://jobs"),
                new OciOptions(options()).region("ap-tokyo-1").settings())) {
            assertThat(bucket.description()).contains("https://objectstorage.ap-tokyo-1.oraclecloud.com");
        }
    }

    @Test
    void region_newerThanTheSdk_hasTheUsualEndpoint() {
        try (Bucket bucket = new Bucket(
                Uri.parse("oci://jobs"),
                new OciOptions(options()).region("xx-newtown-9").settings())) {
            assertThat(bucket.description()).contains("https://objectstorage.xx-newtown-9.oraclecloud.com");
        }
    }

    @Test
    void endpoint_override_goesBeforeTheProfilesRegion() {
        try (Bucket bucket = new Bucket(
                Uri.parse("oci://jobs"),
                new OciOptions(options()).endpoint("http://127.0.0.1:1").settings())) {
            assertThat(bucket.description()).contains("http://127.0.0.1:1");
        }
    }

    @Test
    void region_nowhere_isRefused() throws IOException {
        assumeTrue(System.getenv("OCI_REGION") == null);
        replace("region=us-ashburn-1\n", "");
        assertThat(refused(options())).hasMessageContaining("no OCI region is known");
    }

    @Test
    void key_missing_isNamed() throws IOException {
        Files.delete(directory.resolve("key.pem"));
        assertThat(refused(options())).hasMessageContaining("there is no private key " + directory.resolve("key.pem"));
    }

    @Test
    void key_notPem_isNamedAndNotShown() throws IOException {
        Files.writeString(directory.resolve("key.pem"), SECRET);
        assertThat(refused(options()))
                .hasMessageContaining("not a private key in PEM")
                .message()
                .doesNotContain(SECRET);
    }

    @Test
    void key_ofAnotherFingerprint_isFoundWithoutAskingOci() throws IOException {
        StandInAccount other = new StandInAccount();
        Files.writeString(directory.resolve("key.pem"), other.pem());
        assertThat(refused(options()))
                .hasMessageContaining("has the fingerprint " + other.fingerprint())
                .hasMessageContaining("the profile says " + account.fingerprint());
    }

    @Test
    void key_notRsa_isRefused() throws Exception {
        byte[] key = KeyPairGenerator.getInstance("EC")
                .generateKeyPair()
                .getPrivate()
                .getEncoded();
        Files.writeString(directory.resolve("key.pem"), pem("PRIVATE KEY", key));
        assertThat(refused(options())).hasMessageContaining("private key");
    }

    @Test
    void key_encrypted_needsItsPassPhrase() throws Exception {
        Files.writeString(
                directory.resolve("key.pem"),
                pem(
                        "ENCRYPTED PRIVATE KEY",
                        encrypted(account.pair().getPrivate().getEncoded())));
        assertThat(refused(options())).hasMessageContaining("pass_phrase");
        Files.writeString(config, Files.readString(config) + "pass_phrase=wrong\n");
        assertThat(refused(options()))
                .hasMessageContaining("pass_phrase")
                .message()
                .doesNotContain("wrong\n");
        replace("pass_phrase=wrong", "pass_phrase=" + SECRET);
        try (OciTestBed bed = new OciTestBed(Files.createDirectory(directory.resolve("server")));
                Mirror mirror = new OciMirror(
                        "oci://" + bed.newBucket(),
                        new OciOptions(options())
                                .endpoint(bed.standIn.endpoint())
                                .settings())) {
            bed.standIn.accept(account.keyId(), account.pair().getPublic());
            mirror.check();
            assertThat(mirror.probe().toString()).doesNotContain(SECRET);
        }
    }

    @Test
    void sessionToken_refreshedInItsFile_takesEffectAtOnce() throws Exception {
        Path token = Files.writeString(directory.resolve("token"), "first-token\n");
        Files.writeString(
                config,
                "[DEFAULT]\nfingerprint=" + account.fingerprint() + "\ntenancy=t\nregion=us-ashburn-1\nkey_file="
                        + directory.resolve("key.pem") + "\nsecurity_token_file=" + token + "\n");
        try (OciTestBed bed = new OciTestBed(Files.createDirectory(directory.resolve("server")))) {
            OciSettings options = new OciOptions(options())
                    .endpoint(bed.standIn.endpoint())
                    .auth(OciSettings.Auth.SESSION_TOKEN)
                    .settings();
            try (Mirror mirror = new OciMirror("oci://" + bed.newBucket(), options)) {
                bed.standIn.accept("ST$first-token", account.pair().getPublic());
                mirror.check();
                bed.standIn.forget("ST$first-token");
                MirrorException e = catchThrowableOfType(
                        MirrorException.class, () -> mirror.put(running(key("h", "p", "j"), "j1", EARLY)));
                assertThat(e)
                        .hasMessageContaining("session token has expired")
                        .hasMessageContaining("oci session refresh")
                        .message()
                        .doesNotContain("first-token");
                bed.standIn.accept("ST$second-token", account.pair().getPublic());
                Files.writeString(token, "second-token");
                mirror.check();
            }
        }
    }

    @Test
    void resourcePrincipal_notInOci_saysSo() {
        assumeTrue(System.getenv("OCI_RESOURCE_PRINCIPAL_VERSION") == null);
        assertThat(refused(new OciOptions(options())
                        .auth(OciSettings.Auth.RESOURCE_PRINCIPAL)
                        .timeouts(Duration.ofSeconds(1), Duration.ofSeconds(1))
                        .settings()))
                .hasMessageContaining("no resource principal")
                .hasMessageContaining("container instances");
    }

    @Test
    void instancePrincipal_noAnswerOrAnotherClouds_isSaidAtOnce() throws IOException {
        Duration limit = Duration.ofSeconds(2);
        try (OciTestBed bed = new OciTestBed(Files.createDirectory(directory.resolve("server")))) {
            // Another cloud has a metadata service at the same address, which knows no such path.
            assertThatThrownBy(() -> Instance.require(bed.standIn.endpoint() + "/opc/v2", limit))
                    .isInstanceOfSatisfying(
                            MirrorException.class,
                            e -> assertThat(e.isPassing()).isTrue())
                    .hasMessageContaining(bed.standIn.endpoint() + "/opc/v2/instance/")
                    .hasMessageContaining("only on an OCI compute instance");
            bed.standIn.fail(Fault.SILENT);
            assertThatThrownBy(() -> Instance.require(bed.standIn.endpoint(), Duration.ofMillis(200)))
                    .hasMessageContaining("SocketTimeoutException");
        }
        HttpServer instance = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        try {
            instance.createContext("/opc/v2/instance/", exchange -> {
                boolean good =
                        "Bearer Oracle".equals(exchange.getRequestHeaders().getFirst("Authorization"));
                exchange.sendResponseHeaders(good ? 200 : 401, -1);
                exchange.close();
            });
            instance.start();
            Instance.require("http://127.0.0.1:" + instance.getAddress().getPort() + "/opc/v2/", limit);
        } finally {
            instance.stop(0);
        }
    }

    @Test
    void auth_unknown_listsWhatThereIs() {
        assertThatThrownBy(() -> OciSettings.Auth.parse("password"))
                .hasMessageContaining("config-file, session-token, instance-principal, resource-principal");
    }

    private static String pem(String kind, byte[] der) {
        return "-----BEGIN " + kind + "-----\n"
                + Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(der) + "\n-----END " + kind + "-----\n";
    }

    private static byte[] encrypted(byte[] key) throws GeneralSecurityException, IOException {
        String algorithm = "PBEWithSHA1AndDESede";
        Cipher cipher = Cipher.getInstance(algorithm);
        cipher.init(
                Cipher.ENCRYPT_MODE,
                SecretKeyFactory.getInstance(algorithm).generateSecret(new PBEKeySpec(SECRET.toCharArray())));
        byte[] text = cipher.doFinal(key);
        AlgorithmParameters parameters = cipher.getParameters();
        return new EncryptedPrivateKeyInfo(parameters, text).getEncoded();
    }
}
