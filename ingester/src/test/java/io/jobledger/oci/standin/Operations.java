package io.jobledger.oci.standin;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.node.TextNode;
import io.vertx.core.http.HttpServerRequest;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;

/**
 * What OCI does for a request that is signed well. For one request.
 *
 * @param fault what else goes wrong, or null
 */
record Operations(String namespace, Map<String, Bucket> buckets, Clock clock, Fault fault) {
    private static final String META = "opc-meta-";

    /** Does it; throws OCI's refusal. */
    Answer perform(HttpServerRequest request, byte[] body) {
        failEarly();
        // Split before decoding: a slash inside a name comes as %2F.
        String[] path = request.path().split("/", -1);
        String method = request.method().name();
        if (path.length < 2 || !path[1].equals("n")) {
            throw new OciError(404, "NotFound", "Not Found");
        }
        if (path.length == 2 && method.equals("GET")) {
            return OciStandIn.json(200, TextNode.valueOf(namespace));
        }
        if (path.length >= 5 && path[3].equals("b")) {
            Bucket bucket = bucket(decode(path[2]), decode(path[4]));
            if (path.length == 5 && method.equals("HEAD")) {
                return new Answer(200, new byte[0]).header("ETag", "bucket");
            }
            if (path.length == 6 && path[5].equals("o") && method.equals("GET")) {
                return list(bucket, request);
            }
            if (path.length == 7 && path[5].equals("o")) {
                return object(bucket, decode(path[6]), method, request, body);
            }
        }
        throw new OciError(405, "MethodNotAllowed", "The stand-in has no " + method + " " + request.path());
    }

    private void failEarly() {
        if (fault == null) {
            return;
        }
        switch (fault) {
            case NOT_AUTHENTICATED ->
                throw OciError.notAuthenticated(
                        "The required information to complete authentication was not provided or was incorrect.");
            case TOO_MANY_REQUESTS ->
                throw new OciError(
                        429, "TooManyRequests", "Your request rate is too high. Please reduce your request rate.");
            case INTERNAL_ERROR -> throw new OciError(500, "InternalServerError", "An internal server error occurred.");
            case SERVICE_UNAVAILABLE ->
                throw new OciError(503, "ServiceUnavailable", "The service is currently unavailable.");
            default -> {}
        }
    }

    private Bucket bucket(String namespaceName, String name) {
        if (!namespaceName.equals(namespace)) {
            throw new OciError(
                    404,
                    "NamespaceNotFound",
                    "You do not have authorization to perform this request, or the requested resource could not be"
                            + " found.");
        }
        Bucket bucket = buckets.get(name);
        if (bucket == null || fault == Fault.BUCKET_NOT_FOUND) {
            throw OciError.bucketNotFound(name, namespaceName);
        }
        return bucket;
    }

    private Answer list(Bucket bucket, HttpServerRequest request) {
        refuse(fault == Fault.NOT_AUTHORIZED);
        String prefix = parameter(request, "prefix", "");
        String limit = parameter(request, "limit", "1000");
        if (!limit.matches("[1-9][0-9]{0,3}") || Integer.parseInt(limit) > 1000) {
            throw new OciError(400, "InvalidParameter", "limit must be from 1 to 1000");
        }
        Bucket.Page page = bucket.list(prefix, parameter(request, "start", prefix), Integer.parseInt(limit));
        ObjectNode json = OciStandIn.JSON.createObjectNode();
        ArrayNode objects = json.putArray("objects");
        page.names().forEach(name -> objects.addObject().put("name", name));
        json.putArray("prefixes");
        if (page.next() != null) {
            json.put("nextStartWith", page.next());
        }
        return OciStandIn.json(200, json);
    }

    private static String parameter(HttpServerRequest request, String name, String fallback) {
        String value = request.getParam(name);
        return value == null ? fallback : value;
    }

    private Answer object(Bucket bucket, String name, String method, HttpServerRequest request, byte[] body) {
        refuse(fault == Fault.NOT_AUTHORIZED || fault == Fault.DELETE_NOT_AUTHORIZED && method.equals("DELETE"));
        switch (method) {
            case "GET", "HEAD":
                return get(bucket.require(name), request);
            case "PUT":
                return put(bucket, name, request, body);
            case "DELETE":
                bucket.delete(name, request.getHeader("if-match"));
                return new Answer(204, new byte[0]).header("last-modified", HttpDate.format(clock.instant()));
            default:
                throw new OciError(405, "MethodNotAllowed", "The stand-in has no " + method + " for objects");
        }
    }

    private static void refuse(boolean refused) {
        if (refused) {
            throw new OciError(404, "NotAuthorizedOrNotFound", "Authorization failed or requested resource not found.");
        }
    }

    private static Answer get(StoredObject object, HttpServerRequest request) {
        String ifMatch = request.getHeader("if-match");
        if (ifMatch != null && !ifMatch.equals("*") && !ifMatch.equals(object.etag())) {
            throw new OciError(
                    412,
                    "IfMatchFailed",
                    "The If-Match header is '" + ifMatch + "' but the current ETag of the object is different");
        }
        Answer answer = new Answer(200, object.bytes())
                .header("Content-Type", object.contentType())
                .header("Content-MD5", object.md5())
                .header("ETag", object.etag())
                .header("Last-Modified", HttpDate.format(object.modified()));
        object.metadata().forEach((key, value) -> answer.header(META + key, value));
        return answer;
    }

    private Answer put(Bucket bucket, String name, HttpServerRequest request, byte[] body) {
        String md5 = request.getHeader("content-md5");
        if (request.getHeader("content-length") == null) {
            throw new OciError(411, "MissingContentLength", "The Content-Length header is required");
        }
        if (md5 != null && !md5.equals(StoredObject.md5(body))) {
            throw new OciError(
                    400,
                    "UnmatchedContentMD5",
                    "The computed MD5 of the request body does not match the Content-MD5 header");
        }
        String ifNoneMatch = request.getHeader("if-none-match");
        if (ifNoneMatch != null && !ifNoneMatch.equals("*")) {
            throw new OciError(400, "InvalidParameter", "If-None-Match takes only '*'");
        }
        Map<String, String> metadata = new LinkedHashMap<>();
        request.headers().forEach((key, value) -> {
            String lower = key.toLowerCase(Locale.ROOT);
            if (lower.startsWith(META)) {
                metadata.put(lower.substring(META.length()), value);
            }
        });
        if (metadata.entrySet().stream()
                        .mapToInt(entry ->
                                entry.getKey().length() + entry.getValue().length())
                        .sum()
                > 4000) {
            throw new OciError(400, "InvalidParameter", "The metadata is too large");
        }
        String type = request.getHeader("content-type");
        StoredObject stored = bucket.put(
                name,
                StoredObject.of(body, type == null ? "application/octet-stream" : type, metadata, clock.instant()),
                request.getHeader("if-match"),
                ifNoneMatch);
        return new Answer(200, new byte[0])
                .header("ETag", stored.etag())
                .header("opc-content-md5", stored.md5())
                .header("last-modified", HttpDate.format(stored.modified()));
    }

    /** A plus sign in a path is a plus sign. */
    private static String decode(String segment) {
        try {
            return URLDecoder.decode(segment.replace("+", "%2B"), StandardCharsets.UTF_8);
        } catch (IllegalArgumentException e) {
            throw new OciError(400, "InvalidParameter", "The path is not percent-encoded well");
        }
    }
}
