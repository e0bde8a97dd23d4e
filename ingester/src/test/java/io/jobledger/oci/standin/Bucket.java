package io.jobledger.oci.standin;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.NavigableMap;
import java.util.TreeMap;

/** The objects of one bucket, in memory. Thread-safe. */
final class Bucket {
    private static final int MAX_PAGE = 1000;
    /** OCI lists in the order of the names' bytes. */
    private static final Comparator<String> BYTES =
            (a, b) -> Arrays.compareUnsigned(a.getBytes(StandardCharsets.UTF_8), b.getBytes(StandardCharsets.UTF_8));

    private final NavigableMap<String, StoredObject> objects = new TreeMap<>(BYTES);
    private final List<String> conditions = new ArrayList<>();

    /**
     * A page of a listing.
     *
     * @param next the first name of the next page, null after the last
     */
    record Page(List<String> names, String next) {}

    synchronized StoredObject get(String name) {
        return objects.get(name);
    }

    synchronized StoredObject require(String name) {
        StoredObject object = objects.get(name);
        if (object == null) {
            throw new OciError(404, "ObjectNotFound", "The object '" + name + "' was not found in the bucket");
        }
        return object;
    }

    /** Stores when the conditions hold, in one step. */
    synchronized StoredObject put(String name, StoredObject object, String ifMatch, String ifNoneMatch) {
        checkName(name);
        conditions.add(ifMatch != null ? "if-match" : ifNoneMatch != null ? "if-none-match" : "none");
        StoredObject held = objects.get(name);
        if (ifMatch != null && (held == null || !ifMatch.equals("*") && !ifMatch.equals(held.etag()))) {
            throw new OciError(
                    412,
                    "IfMatchFailed",
                    "The If-Match header is '" + ifMatch + "' but the current ETag of the object is different");
        }
        if (ifNoneMatch != null && held != null) {
            throw new OciError(
                    412,
                    "IfNoneMatchFailed",
                    "The If-None-Match header is '" + ifNoneMatch + "' but the object exists");
        }
        objects.put(name, object);
        return object;
    }

    synchronized void store(String name, StoredObject object) {
        checkName(name);
        objects.put(name, object);
    }

    synchronized List<String> conditions() {
        return List.copyOf(conditions);
    }

    synchronized void delete(String name, String ifMatch) {
        if (ifMatch != null && !ifMatch.equals(require(name).etag())) {
            throw new OciError(
                    412,
                    "IfMatchFailed",
                    "The If-Match header is '" + ifMatch + "' but the current ETag of the object is different");
        }
        require(name);
        objects.remove(name);
    }

    synchronized Page list(String prefix, String start, int limit) {
        List<String> names = objects.tailMap(start, true).keySet().stream()
                .filter(name -> name.startsWith(prefix))
                .limit(Math.min(limit, MAX_PAGE) + 1L)
                .toList();
        boolean more = names.size() > Math.min(limit, MAX_PAGE);
        return new Page(more ? names.subList(0, names.size() - 1) : names, more ? names.get(names.size() - 1) : null);
    }

    synchronized List<String> names() {
        return List.copyOf(objects.keySet());
    }

    private static void checkName(String name) {
        int length = name.getBytes(StandardCharsets.UTF_8).length;
        if (length < 1 || length > 1024 || name.chars().anyMatch(c -> c == '\n' || c == '\r' || c == 0)) {
            throw new OciError(
                    400,
                    "InvalidObjectName",
                    "The object name is not valid: it has 1 to 1024 bytes and no line feed, carriage return or NUL");
        }
    }
}
