package io.jobledger.sink.mirror.s3;

import io.jobledger.config.S3Settings;
import io.jobledger.files.PrivateFiles;
import io.jobledger.sink.mirror.MirrorException;
import io.jobledger.sink.mirror.bucket.ObjectStore;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.DigestInputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Base64;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Callable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import software.amazon.awssdk.auth.credentials.AwsCredentialsProvider;
import software.amazon.awssdk.core.ResponseInputStream;
import software.amazon.awssdk.core.sync.RequestBody;
import software.amazon.awssdk.http.SdkHttpClient;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.s3.S3Client;
import software.amazon.awssdk.services.s3.model.GetObjectResponse;
import software.amazon.awssdk.services.s3.model.ListObjectsV2Response;
import software.amazon.awssdk.services.s3.model.NoSuchKeyException;
import software.amazon.awssdk.services.s3.model.PutObjectRequest;
import software.amazon.awssdk.services.s3.model.S3Exception;
import software.amazon.awssdk.services.s3.model.S3Object;

/** One bucket of a store that speaks S3, and the few calls to it that a mirror makes. Thread-safe. */
final class S3Bucket implements ObjectStore {
    private static final Logger LOG = LoggerFactory.getLogger(S3Bucket.class);

    /** Put with a condition that does not hold: a store that takes it has no conditions. */
    private static final String CONDITIONS = ".jobledger/conditions";

    private static final byte[] WHY = "Jobledger puts this object to learn whether this store keeps conditions.\n"
            .getBytes(StandardCharsets.UTF_8);

    private final S3Uri uri;
    private final AwsCredentialsProvider credentials = S3Identity.chain();
    private final String identity;
    private final Region region;
    private final String endpoint;
    private final SdkHttpClient http;
    private final S3Client client;
    private Boolean conditional;

    /**
     * Finds credentials and region and makes the client, a second of work, without talking to the store.
     *
     * @throws MirrorException when the configuration cannot be used
     */
    S3Bucket(S3Uri uri, S3Settings settings) {
        this.uri = uri;
        this.region = S3Clients.region(settings);
        this.identity = S3Identity.describe(credentials);
        this.endpoint = settings.endpoint() == null ? "S3 in " + region.id() : settings.endpoint();
        this.http = S3Clients.http(settings);
        this.client = S3Clients.build(credentials, http, region, settings);
    }

    @Override
    public String description() {
        return identity + ", " + endpoint + ", region " + region.id();
    }

    private String key(String path) {
        return uri.prefix() + path;
    }

    @Override
    public synchronized boolean conditional() {
        if (conditional == null) {
            // The first of the two makes the object where it is not there yet.
            conditional = refuses(CONDITIONS, WHY) || refuses(CONDITIONS, WHY);
            if (!conditional) {
                LOG.warn(
                        "The store of the mirror {} has no conditional puts: each put reads first, and of two ingesters"
                                + " that put one record in the same moment the later stays. Feed it by one ingester",
                        uri);
            }
        }
        return conditional;
    }

    /** Whether a put over what is there is refused when it says that nothing may be there. */
    private boolean refuses(String path, byte[] content) {
        return call("put " + path, () -> {
            try {
                return unlessChanged(() -> client.putObject(
                                request(path, content, Map.of())
                                        .ifNoneMatch("*")
                                        .build(),
                                RequestBody.fromBytes(content)))
                        .isEmpty();
            } catch (S3Exception e) {
                // 501: a store that knows the header, and has it not.
                if (e.statusCode() == 501 || S3Errors.code(e).equals("NotImplemented")) {
                    client.putObject(request(path, content, Map.of()).build(), RequestBody.fromBytes(content));
                    return false;
                }
                throw e;
            }
        });
    }

    /** For a check: says in words whether the store keeps conditions; {@code path} is there. */
    String proveConditions(String path) {
        byte[] content = path.getBytes(StandardCharsets.UTF_8);
        return refuses(path, content)
                ? "the store keeps conditions: an older record never replaces a newer one"
                : "this store has NO conditional puts: each put reads first. Feed this prefix by one ingester only; a"
                        + " copy of the log cannot be kept here";
    }

    @Override
    public Optional<Held> get(String path, int limit) {
        return call("get " + path, () -> {
            try (ResponseInputStream<GetObjectResponse> body = fetch(path)) {
                if (body == null) {
                    return Optional.empty();
                }
                byte[] bytes = body.readNBytes(limit + 1);
                if (bytes.length > limit) {
                    body.abort();
                    return Optional.of(new Held(null, body.response().eTag()));
                }
                requireWhole(body.response(), bytes.length);
                return Optional.of(new Held(bytes, body.response().eTag()));
            }
        });
    }

    /** The answer, whose body is not read yet; null when there is no such object. */
    private ResponseInputStream<GetObjectResponse> fetch(String path) {
        try {
            return client.getObject(request -> request.bucket(uri.bucket()).key(key(path)));
        } catch (NoSuchKeyException e) {
            return null;
        }
    }

    /** A connection that breaks at the wrong moment can look like the end. */
    private static void requireWhole(GetObjectResponse answer, long size) throws IOException {
        if (answer.contentLength() != null && answer.contentLength() != size) {
            throw new IOException("the object ended after " + size + " of " + answer.contentLength() + " bytes");
        }
    }

    private PutObjectRequest.Builder request(String path, byte[] bytes, Map<String, String> metadata)
            throws NoSuchAlgorithmException {
        return PutObjectRequest.builder()
                .bucket(uri.bucket())
                .key(key(path))
                .contentType(path.endsWith(".json") ? "application/json" : "application/octet-stream")
                .contentMD5(Base64.getEncoder()
                        .encodeToString(MessageDigest.getInstance("MD5").digest(bytes)))
                .metadata(metadata);
    }

    @Override
    public Optional<String> put(String path, byte[] bytes, Map<String, String> metadata, String etag) {
        boolean condition = conditional();
        return call("put " + path, () -> {
            PutObjectRequest.Builder request = request(path, bytes, metadata);
            if (condition) {
                request = etag == null ? request.ifNoneMatch("*") : request.ifMatch(etag);
            }
            PutObjectRequest whole = request.build();
            return unlessChanged(() -> client.putObject(whole, RequestBody.fromBytes(bytes)))
                    .map(answer -> Objects.requireNonNullElse(answer.eTag(), ""));
        });
    }

    /** 409 is another request for the same object in this very moment; 404 is If-Match on what is gone. */
    private static <T> Optional<T> unlessChanged(Callable<T> write) throws Exception {
        try {
            return Optional.of(write.call());
        } catch (NoSuchKeyException e) {
            return Optional.empty();
        } catch (S3Exception e) {
            if (e.statusCode() == 412
                    || e.statusCode() == 409
                    || S3Errors.code(e).equals("NoSuchKey")) {
                return Optional.empty();
            }
            throw e;
        }
    }

    /** It is read twice: the store checks what arrives against its MD5. */
    @Override
    public void putFile(String path, Path file) {
        call("put " + path, () -> {
            MessageDigest md5 = MessageDigest.getInstance("MD5");
            try (InputStream in = new DigestInputStream(Files.newInputStream(file), md5)) {
                in.transferTo(OutputStream.nullOutputStream());
            }
            return client.putObject(
                    request -> request.bucket(uri.bucket())
                            .key(key(path))
                            .contentType("application/zip")
                            .contentMD5(Base64.getEncoder().encodeToString(md5.digest())),
                    RequestBody.fromFile(file));
        });
    }

    @Override
    public boolean getFile(String path, Path file) {
        return call("get " + path, () -> {
            try (ResponseInputStream<GetObjectResponse> body = fetch(path)) {
                if (body == null) {
                    return false;
                }
                try (FileChannel out = FileChannel.open(
                        file,
                        Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE),
                        PrivateFiles.fileAttributes(file))) {
                    try {
                        requireWhole(body.response(), body.transferTo(Channels.newOutputStream(out)));
                        out.force(true);
                    } catch (IOException e) {
                        Files.deleteIfExists(file);
                        throw e;
                    }
                }
                return true;
            }
        });
    }

    /** S3 answers alike whether there was an object; not every store heeds the condition of a deletion. */
    @Override
    public boolean delete(String path, String etag) {
        boolean condition = etag != null && conditional();
        return call("delete " + path, () -> {
            try {
                return unlessChanged(() -> client.deleteObject(request ->
                                request.bucket(uri.bucket()).key(key(path)).ifMatch(condition ? etag : null)))
                        .isPresent();
            } catch (S3Exception e) {
                if (condition && (e.statusCode() == 501 || S3Errors.code(e).equals("NotImplemented"))) {
                    client.deleteObject(request -> request.bucket(uri.bucket()).key(key(path)));
                    return true;
                }
                throw e;
            }
        });
    }

    @Override
    public Page list(String within, String next, int limit) {
        return call("list " + uri, () -> {
            ListObjectsV2Response page = client.listObjectsV2(request -> request.bucket(uri.bucket())
                    .prefix(key(within).isEmpty() ? null : key(within))
                    .continuationToken(next)
                    .maxKeys(limit));
            return new Page(
                    page.contents().stream()
                            .map(S3Object::key)
                            .map(name -> name.substring(uri.prefix().length()))
                            .toList(),
                    Boolean.TRUE.equals(page.isTruncated()) ? page.nextContinuationToken() : null);
        });
    }

    private <T> T call(String operation, Callable<T> task) {
        try {
            return task.call();
        } catch (Exception e) {
            throw new S3Errors(uri.bucket(), endpoint, region.id(), identity).of(operation, e);
        }
    }

    @Override
    public void close() {
        client.close();
        http.close();
    }
}
