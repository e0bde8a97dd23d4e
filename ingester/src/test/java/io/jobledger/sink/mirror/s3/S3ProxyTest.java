package io.jobledger.sink.mirror.s3;

import static org.assertj.core.api.Assertions.assertThat;

import io.jobledger.config.S3Settings;
import io.jobledger.sink.mirror.Mirror;
import io.jobledger.sink.mirror.MirrorContract;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.ServerSocket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.core.sync.RequestBody;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.s3.S3Client;

/**
 * The contract against a second server that speaks S3: S3Proxy, in a process of its own, with its own libraries, which
 * are fetched once to {@code .tools/}. It checks every signature.
 */
class S3ProxyTest extends MirrorContract {
    private static final S3Server.Key KEY = new S3Server.Key("AKIDPROXY", "secret-of-the-proxy");
    private static final Path CHECKOUT = Path.of(System.getProperty("jobledger.checkout"));

    @TempDir
    private static Path folder;

    private static Process process;
    private static S3Settings settings;
    private static S3Client behind;
    private static int buckets;
    private String bucket;

    @BeforeAll
    static void start() throws Exception {
        Path libraries = CHECKOUT.resolve(".tools/s3proxy-4.1.0");
        if (!Files.exists(libraries.resolve("complete"))) {
            fetch(libraries);
        }
        int port;
        try (ServerSocket socket = new ServerSocket(0)) {
            port = socket.getLocalPort();
        }
        String endpoint = "http://127.0.0.1:" + port;
        Path properties = Files.writeString(
                folder.resolve("s3proxy.properties"),
                "s3proxy.endpoint=" + endpoint + "\ns3proxy.authorization=aws-v2-or-v4\ns3proxy.identity=" + KEY.id()
                        + "\ns3proxy.credential=" + KEY.secret() + "\njclouds.provider=transient-nio2\n");
        process = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-XX:TieredStopAtLevel=1",
                        "-Xmx256m",
                        "-cp",
                        libraries + "/*",
                        "org.gaul.s3proxy.Main",
                        "--properties",
                        properties.toString())
                .redirectErrorStream(true)
                .start();
        awaitStart();
        settings = S3Server.at(endpoint);
        behind = S3Client.builder()
                .endpointOverride(URI.create(endpoint))
                .forcePathStyle(true)
                .region(Region.US_EAST_1)
                .credentialsProvider(
                        StaticCredentialsProvider.create(AwsBasicCredentials.create(KEY.id(), KEY.secret())))
                .build();
    }

    private static void fetch(Path libraries) throws IOException, InterruptedException {
        Process maven = new ProcessBuilder(List.of(
                        CHECKOUT.resolve("mvnw").toString(),
                        "-q",
                        "-B",
                        "-ntp",
                        "-f",
                        CHECKOUT.resolve("ingester/src/test/s3/pom.xml").toString(),
                        "org.apache.maven.plugins:maven-dependency-plugin:3.11.0:copy-dependencies",
                        "-DoutputDirectory=" + libraries))
                .inheritIO()
                .start();
        assertThat(maven.waitFor()).as("S3Proxy and its libraries are fetched").isZero();
        Files.createFile(libraries.resolve("complete"));
    }

    /** Reads what it says until it serves; the rest is read, too, or it would stand still. */
    private static void awaitStart() throws IOException {
        BufferedReader said =
                new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
        String line = said.readLine();
        StringBuilder all = new StringBuilder();
        while (line != null && !line.contains("Server -- Started")) {
            all.append(line).append('\n');
            line = said.readLine();
        }
        assertThat(line).as(all.toString()).isNotNull();
        Thread rest = new Thread(() -> said.lines().forEach(more -> {}), "s3proxy-output");
        rest.setDaemon(true);
        rest.start();
    }

    @AfterAll
    static void stop() throws InterruptedException {
        System.clearProperty("aws.accessKeyId");
        System.clearProperty("aws.secretAccessKey");
        behind.close();
        process.destroy();
        if (!process.waitFor(20, TimeUnit.SECONDS)) {
            process.destroyForcibly();
        }
    }

    @Override
    protected Mirror open() {
        S3Server.signIn(KEY);
        bucket = "jobs-" + ++buckets;
        behind.createBucket(request -> request.bucket(bucket));
        return new S3Mirror("s3://" + bucket + "/team-a", settings);
    }

    /** S3Proxy 4.1.0 in memory does not; moto, asked one request after the other, shows it. */
    @Override
    protected boolean oneOfTwoPuts() {
        return false;
    }

    @Override
    protected void plant(String path, byte[] bytes) {
        behind.putObject(request -> request.bucket(bucket).key("team-a/" + path), RequestBody.fromBytes(bytes));
    }
}
