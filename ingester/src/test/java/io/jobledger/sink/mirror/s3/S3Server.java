package io.jobledger.sink.mirror.s3;

import io.jobledger.config.S3Settings;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.core.sync.RequestBody;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.s3.S3Client;

/**
 * A real server that speaks S3, not written here: moto, started by {@code ansible_plugins/s3_server.py} in an
 * environment of its own. It has one account, whose keys are given to the SDK as Java's system properties, the first
 * link of its chain.
 */
final class S3Server implements AutoCloseable {
    private static final Pattern READY = Pattern.compile(
            "ready endpoint=(\\S+) bucket=(\\S+) key=(\\S+) secret=(\\S+) reader=(\\S+) reader_secret=(\\S+)");

    /** An access key. */
    record Key(String id, String secret) {}

    private final Process process;
    private final String endpoint;
    final Key writer;
    final Key reader;
    private final S3Client behind;
    private int buckets;

    S3Server(String... options) throws IOException {
        Path checkout = Path.of(System.getProperty("jobledger.checkout"));
        List<String> command = new ArrayList<>(List.of(
                "python3", checkout.resolve("ansible_plugins/s3_server.py").toString(), "first"));
        command.addAll(List.of(options));
        process = new ProcessBuilder(command)
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        BufferedReader lines =
                new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
        String line = lines.readLine();
        Matcher ready = READY.matcher(line == null ? "" : line);
        if (!ready.matches()) {
            throw new IOException("ansible_plugins/s3_server.py did not start: " + line);
        }
        endpoint = ready.group(1);
        writer = new Key(ready.group(3), ready.group(4));
        reader = new Key(ready.group(5), ready.group(6));
        behind = S3Client.builder()
                .endpointOverride(URI.create(endpoint))
                .forcePathStyle(true)
                .region(Region.US_EAST_1)
                .credentialsProvider(
                        StaticCredentialsProvider.create(AwsBasicCredentials.create(writer.id(), writer.secret())))
                .build();
        signIn(writer);
    }

    /** Makes this key the one that the SDK's chain finds. */
    static void signIn(Key key) {
        System.setProperty("aws.accessKeyId", key.id());
        System.setProperty("aws.secretAccessKey", key.secret());
    }

    String endpoint() {
        return endpoint;
    }

    S3Settings settings() {
        return at(endpoint);
    }

    static S3Settings at(String endpoint) {
        return S3Settings.of(Map.of("AWS_ENDPOINT_URL_S3", endpoint));
    }

    /** A bucket that no other test uses. */
    String newBucket() {
        String name = "jobs-" + ++buckets;
        behind.createBucket(request -> request.bucket(name));
        return name;
    }

    S3Mirror mirror(String bucket) {
        return new S3Mirror("s3://" + bucket, settings());
    }

    /** Stores an object behind the mirror's back. */
    void store(String bucket, String key, byte[] bytes) {
        behind.putObject(request -> request.bucket(bucket).key(key), RequestBody.fromBytes(bytes));
    }

    /** For looking at what is there. */
    S3Client behind() {
        return behind;
    }

    @Override
    public void close() throws IOException {
        System.clearProperty("aws.accessKeyId");
        System.clearProperty("aws.secretAccessKey");
        behind.close();
        process.getOutputStream().close();
        try {
            if (!process.waitFor(20, TimeUnit.SECONDS)) {
                process.destroyForcibly();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            process.destroyForcibly();
        }
    }
}
