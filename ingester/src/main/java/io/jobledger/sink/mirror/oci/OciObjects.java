package io.jobledger.sink.mirror.oci;

import io.jobledger.sink.mirror.MirrorException;
import io.jobledger.sink.mirror.MirrorObjects;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;

/** Objects of a bucket; a tag is OCI's ETag. */
final class OciObjects implements MirrorObjects {
    private final Supplier<Bucket> bucket;

    /** @param bucket gives the bucket, when it is first needed */
    OciObjects(Supplier<Bucket> bucket) {
        this.bucket = bucket;
    }

    private static String path(String name) {
        return FOLDER + MirrorObjects.require(name);
    }

    @Override
    public Optional<Held> get(String name) {
        return bucket.get().get(path(name), MOST).map(held -> {
            if (held.bytes() == null) {
                throw MirrorException.lasting(
                        "the object " + path(name) + " is larger than " + MOST + " bytes: it is none of Jobledger's",
                        null);
            }
            return new Held(held.bytes(), held.etag());
        });
    }

    @Override
    public Optional<String> put(String name, byte[] bytes, String tag) {
        return bucket.get()
                .put(path(name), bytes, Map.of(), tag)
                .map(etag -> etag.isEmpty() ? asked(name, bytes) : etag);
    }

    /** OCI did not say the tag of what was put. */
    private String asked(String name, byte[] bytes) {
        return get(name)
                .filter(held -> Arrays.equals(held.bytes(), bytes))
                .map(Held::tag)
                .orElseThrow(() -> MirrorException.passing(
                        "the object " + path(name) + " was put, and is another right after that", null));
    }

    @Override
    public void delete(String name) {
        bucket.get().delete(path(name), null);
    }

    @Override
    public List<String> list() {
        List<String> names = new ArrayList<>();
        String start = null;
        do {
            Bucket.Page page = bucket.get().list(FOLDER, start, OciListing.PAGE);
            page.names().stream()
                    .map(name -> name.substring(FOLDER.length()))
                    .filter(name -> NAME.matcher(name).matches())
                    .forEach(names::add);
            start = page.next();
        } while (start != null);
        return names;
    }
}
