package io.jobledger.sink.mirror.oci;

import static io.jobledger.sink.mirror.Records.EARLY;
import static io.jobledger.sink.mirror.Records.key;
import static io.jobledger.sink.mirror.Records.running;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.jobledger.config.OciSettings;
import io.jobledger.model.JobRecord;
import io.jobledger.oci.standin.Fault;
import io.jobledger.oci.standin.StandInAccount;
import io.jobledger.sink.mirror.CheckStep;
import io.jobledger.sink.mirror.CheckStep.Outcome;
import io.jobledger.sink.mirror.Mirror;
import io.jobledger.sink.mirror.MirrorException;
import java.io.IOException;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/** The table of what OCI and the way there can refuse: each has its message, and is known to pass or to last. */
class OciFailuresTest {
    private static final JobRecord RECORD = running(key("db1", "play", "job"), "j1.1", EARLY);
    private static final boolean PASSES = true;
    private static final boolean LASTS = false;

    @TempDir
    private static Path directory;

    private static OciTestBed bed;
    private static String bucket;

    @BeforeAll
    static void start() {
        bed = new OciTestBed(directory);
        bucket = bed.newBucket();
    }

    @AfterEach
    void heal() {
        bed.standIn.heal();
    }

    @AfterAll
    static void stop() {
        bed.close();
    }

    private static MirrorException putFails(String uri, OciSettings options) {
        try (Mirror mirror = new OciMirror(uri, options)) {
            MirrorException e = catchThrowableOfType(MirrorException.class, () -> mirror.put(RECORD));
            assertThat(e).as("put must fail").isNotNull();
            return e;
        }
    }

    static Stream<Arguments> faults() {
        return Stream.of(
                Arguments.of(
                        Fault.NOT_AUTHENTICATED,
                        LASTS,
                        List.of(
                                "API key of the profile 'DEFAULT'",
                                "fingerprint",
                                "401 NotAuthenticated",
                                "opc-request-id")),
                Arguments.of(Fault.WRONG_CLOCK, PASSES, List.of("clock is wrong", "5 minutes", "NTP")),
                Arguments.of(
                        Fault.BUCKET_NOT_FOUND,
                        LASTS,
                        List.of("bucket '" + "jobs-1" + "' does not exist in the namespace 'acme'", "never created")),
                Arguments.of(
                        Fault.NOT_AUTHORIZED,
                        LASTS,
                        List.of(
                                "permission denied",
                                "Allow group <GROUP> to read buckets in compartment <COMPARTMENT> where"
                                        + " target.bucket.name='jobs-1'",
                                "Allow group <GROUP> to manage objects in compartment <COMPARTMENT> where"
                                        + " target.bucket.name='jobs-1'")),
                Arguments.of(
                        Fault.TOO_MANY_REQUESTS,
                        PASSES,
                        List.of("throttles", "mirror-concurrency", "429 TooManyRequests")),
                Arguments.of(Fault.INTERNAL_ERROR, PASSES, List.of("failure of its own", "500 InternalServerError")),
                Arguments.of(
                        Fault.SERVICE_UNAVAILABLE, PASSES, List.of("failure of its own", "503 ServiceUnavailable")),
                Arguments.of(Fault.CUT, PASSES, List.of("the connection to http://127.0.0.1:")));
    }

    @ParameterizedTest
    @MethodSource("faults")
    void put_serverRefuses_saysWhyAndWhetherItPasses(Fault fault, boolean passes, List<String> words) {
        bed.standIn.fail(fault);
        MirrorException e = putFails("oci://" + bucket + "@acme", bed.options());
        assertThat(e.isPassing()).as(e.getMessage()).isEqualTo(passes);
        assertThat(e.getMessage()).contains("db1/play/job.json").contains(words).doesNotContain("\n");
        bed.standIn.heal();
        try (Mirror mirror = bed.mirror(bucket)) {
            mirror.put(RECORD);
            assertThat(mirror.get(RECORD.key())).contains(RECORD);
        }
    }

    @ParameterizedTest
    @EnumSource(
            value = Fault.class,
            names = {"SLOW", "SILENT"})
    void put_noAnswerInTime_isATimeOutThatPasses(Fault fault) {
        bed.standIn.fail(fault);
        MirrorException e = putFails(
                "oci://" + bucket,
                new OciOptions(bed.options())
                        .timeouts(Duration.ofSeconds(2), Duration.ofMillis(300))
                        .settings());
        assertThat(e.isPassing()).isTrue();
        assertThat(e).hasMessageContaining("did not answer in time").hasMessageContaining(bed.standIn.endpoint());
    }

    @Test
    void put_storedButTheAnswerIsCut_putAgainIsHarmless() {
        String own = bed.newBucket();
        try (Mirror mirror = bed.mirror(own)) {
            assertThat(mirror.get(RECORD.key())).isEmpty();
            // The namespace is known now, so a put is a get and a put: it is the latter that is to be cut.
            bed.standIn.failNext(2, Fault.CUT);
            assertThatThrownBy(() -> mirror.put(RECORD)).isInstanceOf(MirrorException.class);
            bed.standIn.failNext(0, Fault.CUT);
            bed.standIn.onPut(() -> bed.standIn.failNext(1, Fault.CUT));
            assertThatThrownBy(() -> mirror.put(RECORD))
                    .isInstanceOfSatisfying(
                            MirrorException.class,
                            e -> assertThat(e.isPassing()).isTrue());
            bed.standIn.onPut(() -> {});
            assertThat(bed.standIn.names(own)).containsExactly("db1/play/job.json");
            mirror.put(RECORD);
            assertThat(mirror.get(RECORD.key())).contains(RECORD);
        }
    }

    @Test
    void put_nobodyListens_isNetworkDown() throws IOException {
        int port;
        try (ServerSocket socket = new ServerSocket(0)) {
            port = socket.getLocalPort();
        }
        MirrorException e = putFails(
                "oci://b",
                new OciOptions(bed.options())
                        .endpoint("http://127.0.0.1:" + port)
                        .settings());
        assertThat(e.isPassing()).isTrue();
        assertThat(e)
                .hasMessageContaining("http://127.0.0.1:" + port + " cannot be reached")
                .hasMessageContaining("network");
    }

    @Test
    void put_hostUnknown_saysSo() {
        MirrorException e = putFails(
                "oci://b",
                new OciOptions(bed.options())
                        .endpoint("http://object-storage.invalid")
                        .settings());
        assertThat(e.isPassing()).isTrue();
        assertThat(e)
                .hasMessageContaining("the host of http://object-storage.invalid is not known")
                .hasMessageContaining("DNS");
    }

    @Test
    void put_notTls_saysSo() {
        MirrorException e = putFails(
                "oci://b",
                new OciOptions(bed.options())
                        .endpoint(bed.standIn.endpoint().replace("http:", "https:"))
                        .settings());
        assertThat(e.isPassing()).isTrue();
        assertThat(e).hasMessageContaining("TLS");
    }

    @Test
    void put_otherNamespace_saysWhichOne() {
        MirrorException e = putFails("oci://" + bucket + "@other", bed.options());
        assertThat(e.isPassing()).isFalse();
        assertThat(e).hasMessageContaining("no namespace 'other'").hasMessageContaining("leave out @NAMESPACE");
    }

    @Test
    void put_keyThatIsNotUploaded_isNotAuthenticated(@TempDir Path own) throws IOException {
        MirrorException e = putFails(
                "oci://" + bucket,
                new OciOptions(bed.options())
                        .configFile(new StandInAccount().write(own, "DEFAULT"))
                        .settings());
        assertThat(e.isPassing()).isFalse();
        assertThat(e)
                .hasMessageContaining("ask for the namespace")
                .hasMessageContaining("that the key is uploaded to the user");
    }

    /** The server knows the key id but holds another public key: only a signature that is really checked can fail. */
    @Test
    void put_signatureOfAnotherKey_isNotAuthenticated(@TempDir Path own) throws IOException {
        StandInAccount forger = new StandInAccount();
        OciSettings options = new OciOptions(bed.options())
                .configFile(forger.write(own, "DEFAULT"))
                .settings();
        bed.standIn.accept(forger.keyId(), bed.account.pair().getPublic());
        assertThat(putFails("oci://" + bucket, options)).hasMessageContaining("401 NotAuthenticated");
        bed.standIn.accept(forger.keyId(), forger.pair().getPublic());
        try (Mirror mirror = new OciMirror("oci://" + bucket, options)) {
            mirror.put(RECORD);
        }
    }

    @ParameterizedTest
    @MethodSource("probes")
    void probe_oneThingIsWrong_thatStepFailsAndTheRestIsNotTried(Fault fault, List<Outcome> outcomes) {
        bed.standIn.fail(fault);
        try (Mirror mirror = bed.mirror(bucket)) {
            List<CheckStep> steps = mirror.probe();
            assertThat(steps).extracting(CheckStep::outcome).containsExactlyElementsOf(outcomes);
            assertThat(steps)
                    .filteredOn(step -> step.outcome() == Outcome.SKIPPED)
                    .allSatisfy(step -> assertThat(step.text()).contains("failed"));
            assertThatThrownBy(mirror::check).isInstanceOf(MirrorException.class);
        }
    }

    static Stream<Arguments> probes() {
        Outcome ok = Outcome.PASSED;
        Outcome no = Outcome.FAILED;
        Outcome skipped = Outcome.SKIPPED;
        return Stream.of(
                Arguments.of(Fault.NOT_AUTHENTICATED, List.of(ok, no, skipped, skipped, skipped, skipped, skipped)),
                Arguments.of(Fault.BUCKET_NOT_FOUND, List.of(ok, ok, no, skipped, skipped, skipped, skipped)),
                Arguments.of(Fault.NOT_AUTHORIZED, List.of(ok, ok, ok, no, skipped, skipped, skipped)),
                Arguments.of(Fault.DELETE_NOT_AUTHORIZED, List.of(ok, ok, ok, ok, ok, ok, no)));
    }

    @Test
    void probe_headOfAMissingBucket_namesBucketAndNamespaceThoughOciSaysNothing() {
        try (Mirror mirror = bed.mirror("no-such-bucket")) {
            assertThat(mirror.probe().get(2).text())
                    .contains("'no-such-bucket' does not exist in the namespace 'acme'");
        }
    }

    @Test
    void list_failsInTheMiddle_isAFailureAndNotAShortList() {
        String own = bed.newBucket();
        try (Mirror mirror = bed.mirror(own)) {
            for (int i = 0; i < 5; i++) {
                mirror.put(running(key("h" + i, "p", "j"), "j1", EARLY));
            }
            bed.standIn.onList(() -> bed.standIn.fail(Fault.INTERNAL_ERROR));
            assertThatThrownBy(() -> mirror.list(listed -> {}))
                    .isInstanceOf(MirrorException.class)
                    .hasMessageContaining("get h");
            bed.standIn.onList(() -> {});
        }
    }

    @Test
    void get_bodyIsCut_isAFailureAndNotADamagedRecord() {
        String own = bed.newBucket();
        try (Mirror mirror = bed.mirror(own)) {
            mirror.put(RECORD);
            bed.standIn.failNext(1, Fault.CUT);
            assertThatThrownBy(() -> mirror.get(RECORD.key()))
                    .isInstanceOfSatisfying(
                            MirrorException.class,
                            e -> assertThat(e.isPassing()).isTrue());
            assertThat(mirror.get(RECORD.key())).contains(RECORD);
        }
    }

    @Test
    void get_nobodyAnswers_theNextLookupsDoNotWait() {
        bed.standIn.fail(Fault.SILENT);
        try (Mirror mirror = new OciMirror(
                "oci://" + bucket,
                new OciOptions(bed.options())
                        .timeouts(Duration.ofSeconds(2), Duration.ofMillis(1200))
                        .settings())) {
            assertThatThrownBy(() -> mirror.get(RECORD.key())).hasMessageContaining("did not answer in time");
            int asked = bed.standIn.requests().size();
            assertThatThrownBy(() -> mirror.get(RECORD.key())).hasMessageContaining("not asked again");
            assertThat(bed.standIn.requests()).hasSize(asked);
        }
    }

    @Test
    void configuration_mendedLater_isReadAgain(@TempDir Path own) throws IOException {
        Path file = own.resolve("config");
        try (Mirror mirror = new OciMirror(
                "oci://" + bucket,
                new OciOptions(bed.options()).configFile(file).settings())) {
            assertThatThrownBy(() -> mirror.put(RECORD)).hasMessageContaining("no OCI configuration file " + file);
            Files.copy(bed.config, file);
            mirror.put(RECORD);
        }
    }
}
