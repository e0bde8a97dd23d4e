package io.jobledger.sink.mirror.oci;

import com.oracle.bmc.model.BmcException;
import com.oracle.bmc.objectstorage.ObjectStorage;
import com.oracle.bmc.objectstorage.model.ListObjects;
import com.oracle.bmc.objectstorage.model.ObjectSummary;
import com.oracle.bmc.objectstorage.requests.DeleteObjectRequest;
import com.oracle.bmc.objectstorage.requests.GetNamespaceRequest;
import com.oracle.bmc.objectstorage.requests.GetObjectRequest;
import com.oracle.bmc.objectstorage.requests.HeadBucketRequest;
import com.oracle.bmc.objectstorage.requests.ListObjectsRequest;
import com.oracle.bmc.objectstorage.requests.PutObjectRequest;
import com.oracle.bmc.objectstorage.responses.GetObjectResponse;
import io.jobledger.config.OciSettings;
import io.jobledger.files.PrivateFiles;
import io.jobledger.sink.mirror.bucket.ObjectStore;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
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

/**
 * One bucket, and the few calls to it that a mirror makes. Building one reads the configuration and makes the SDK's
 * client, about a second of work, but does not talk to Object Storage. Thread-safe.
 */
final class Bucket implements ObjectStore {
    private final ObjectStorage client;
    private final Uri uri;
    private final Credentials credentials;
    private final String endpoint;
    private volatile String namespace;

    /** @throws MirrorException when the configuration cannot be used */
    Bucket(Uri uri, OciSettings options) {
        this.uri = uri;
        this.namespace = uri.namespace();
        this.credentials = Credentials.of(options);
        this.client = Client.build(credentials, options);
        this.endpoint = client.getEndpoint();
    }

    /** Who the ingester is to OCI and where it goes, for people. */
    @Override
    public String description() {
        return credentials.description() + ", " + endpoint;
    }

    String bucket() {
        return uri.bucket();
    }

    /** The namespace that was given, or that OCI says is the tenancy's. */
    String namespace() {
        String known = namespace;
        if (known == null) {
            known = call(
                    "ask for the namespace",
                    () -> client.getNamespace(GetNamespaceRequest.builder().build())
                            .getValue());
            namespace = known;
        }
        return known;
    }

    /** Asks for the namespace even when it is known: the one call that needs nothing but valid credentials. */
    String authenticate() {
        return call(
                "authenticate",
                () -> client.getNamespace(GetNamespaceRequest.builder().build()).getValue());
    }

    void head() {
        String ns = namespace();
        call(
                "find the bucket '" + bucket() + "'",
                () -> client.headBucket(HeadBucketRequest.builder()
                        .namespaceName(ns)
                        .bucketName(bucket())
                        .build()));
    }

    @Override
    public boolean conditional() {
        return true;
    }

    /**
     * Reads an object.
     *
     * @param limit most bytes to read
     */
    @Override
    public Optional<Held> get(String path, int limit) {
        String ns = namespace();
        return call("get " + path, () -> {
            GetObjectResponse answer = fetch(ns, path);
            if (answer == null) {
                return Optional.empty();
            }
            return Optional.of(new Held(read(answer, limit), answer.getETag()));
        });
    }

    /** The answer of OCI, whose body is not read yet, or null when there is no such object. */
    private GetObjectResponse fetch(String ns, String path) {
        try {
            return client.getObject(GetObjectRequest.builder()
                    .namespaceName(ns)
                    .bucketName(bucket())
                    .objectName(uri.prefix() + path)
                    .build());
        } catch (BmcException e) {
            if (notThere(e)) {
                return null;
            }
            throw e;
        }
    }

    private static boolean notThere(BmcException e) {
        return e.getStatusCode() == 404 && "ObjectNotFound".equals(e.getServiceCode());
    }

    /** The body, or null when it is larger than {@code limit}. */
    private static byte[] read(GetObjectResponse answer, int limit) throws IOException {
        try (InputStream body = answer.getInputStream()) {
            byte[] bytes = body.readNBytes(limit + 1);
            if (bytes.length > limit) {
                return null;
            }
            // A connection that breaks at the wrong moment can look like the end.
            if (answer.getContentLength() != null && answer.getContentLength() != bytes.length) {
                throw new IOException(
                        "the object ended after " + bytes.length + " of " + answer.getContentLength() + " bytes");
            }
            return bytes;
        }
    }

    /**
     * Puts an object in place of the state that was read.
     *
     * @param etag of the state that it replaces, null when there must be none
     * @return what names its new state, "" when OCI does not say; empty when the object changed in the meantime
     */
    @Override
    public Optional<String> put(String path, byte[] bytes, Map<String, String> metadata, String etag) {
        String ns = namespace();
        return call("put " + path, () -> {
            PutObjectRequest.Builder request = PutObjectRequest.builder()
                    .namespaceName(ns)
                    .bucketName(bucket())
                    .objectName(uri.prefix() + path)
                    .contentType(path.endsWith(".json") ? "application/json" : "application/octet-stream")
                    .contentLength((long) bytes.length)
                    .contentMD5(Base64.getEncoder().encodeToString(md5(bytes)))
                    .opcMeta(metadata)
                    .putObjectBody(new ByteArrayInputStream(bytes));
            return unlessChanged(() -> client.putObject(
                            etag == null
                                    ? request.ifNoneMatch("*").build()
                                    : request.ifMatch(etag).build()))
                    .map(answer -> Objects.requireNonNullElse(answer.getETag(), ""));
        });
    }

    /**
     * Puts a backup, a file of any size, whatever was there. It is read twice: OCI checks what arrives against its MD5.
     */
    @Override
    public void putFile(String path, Path file) {
        String ns = namespace();
        call("put " + path, () -> {
            MessageDigest md5 = MessageDigest.getInstance("MD5");
            try (InputStream in = new DigestInputStream(Files.newInputStream(file), md5)) {
                in.transferTo(OutputStream.nullOutputStream());
            }
            try (InputStream in = Files.newInputStream(file)) {
                return client.putObject(PutObjectRequest.builder()
                        .namespaceName(ns)
                        .bucketName(bucket())
                        .objectName(uri.prefix() + path)
                        .contentType("application/zip")
                        .contentLength(Files.size(file))
                        .contentMD5(Base64.getEncoder().encodeToString(md5.digest()))
                        .putObjectBody(in)
                        .build());
            }
        });
    }

    /**
     * Fetches an object of any size into a new, private file, synced; says whether there was one. The file is not there
     * when this fails.
     */
    @Override
    public boolean getFile(String path, Path file) {
        String ns = namespace();
        return call("get " + path, () -> {
            GetObjectResponse answer = fetch(ns, path);
            if (answer == null) {
                return false;
            }
            try (InputStream body = answer.getInputStream();
                    FileChannel out = FileChannel.open(
                            file,
                            Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE),
                            PrivateFiles.fileAttributes(file))) {
                try {
                    long size = body.transferTo(Channels.newOutputStream(out));
                    if (answer.getContentLength() != null && answer.getContentLength() != size) {
                        throw new IOException(
                                "the object ended after " + size + " of " + answer.getContentLength() + " bytes");
                    }
                    out.force(true);
                } catch (IOException e) {
                    Files.deleteIfExists(file);
                    throw e;
                }
            }
            return true;
        });
    }

    private static byte[] md5(byte[] bytes) throws NoSuchAlgorithmException {
        return MessageDigest.getInstance("MD5").digest(bytes);
    }

    /**
     * Deletes an object. One that is gone already is deleted.
     *
     * @param etag of the state that was read, null for any
     * @return false when it changed in the meantime
     */
    @Override
    public boolean delete(String path, String etag) {
        String ns = namespace();
        return call("delete " + path, () -> {
            try {
                return unlessChanged(() -> client.deleteObject(DeleteObjectRequest.builder()
                                .namespaceName(ns)
                                .bucketName(bucket())
                                .objectName(uri.prefix() + path)
                                .ifMatch(etag)
                                .build()))
                        .isPresent();
            } catch (BmcException e) {
                if (notThere(e)) {
                    return true;
                }
                throw e;
            }
        });
    }

    /** 409 is another request for the same object in this very moment. */
    private static <T> Optional<T> unlessChanged(Callable<T> write) throws Exception {
        try {
            return Optional.of(write.call());
        } catch (BmcException e) {
            if (e.getStatusCode() == 412 || e.getStatusCode() == 409) {
                return Optional.empty();
            }
            throw e;
        }
    }

    /**
     * A page of the names in the mirror, without the mirror's prefix.
     *
     * @param within what the names must begin with, after that prefix
     * @param start the first name, null for the first page
     */
    @Override
    public Page list(String within, String start, int limit) {
        String ns = namespace();
        return call("list " + uri, () -> {
            ListObjects page = client.listObjects(ListObjectsRequest.builder()
                            .namespaceName(ns)
                            .bucketName(bucket())
                            .prefix(uri.prefix().isEmpty() && within.isEmpty() ? null : uri.prefix() + within)
                            .start(start == null ? null : uri.prefix() + start)
                            .limit(limit)
                            .build())
                    .getListObjects();
            return new Page(
                    page.getObjects().stream()
                            .map(ObjectSummary::getName)
                            .map(this::withoutPrefix)
                            .toList(),
                    withoutPrefix(page.getNextStartWith()));
        });
    }

    private String withoutPrefix(String name) {
        return name == null ? null : name.substring(uri.prefix().length());
    }

    private <T> T call(String operation, Callable<T> task) {
        try {
            return task.call();
        } catch (Exception e) {
            throw new Errors(bucket(), namespace, endpoint, credentials.description()).of(operation, e);
        }
    }

    @Override
    public void close() {
        try {
            client.close();
        } catch (Exception e) {
            // Nothing is lost with a connection that does not close well.
        }
    }
}
