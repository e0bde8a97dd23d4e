package io.jobledger.sink.mirror.bucket;

import io.jobledger.sink.mirror.MirrorException;
import io.jobledger.sink.mirror.MirrorObjects;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;

/**
 * Objects of a bucket; a tag is the store's ETag. A store without conditional puts is refused: a copy of the log needs
 * them.
 */
final class BucketObjects implements MirrorObjects {
    private final Supplier<? extends ObjectStore> store;

    /** @param store gives the bucket, when it is first needed */
    BucketObjects(Supplier<? extends ObjectStore> store) {
        this.store = store;
    }

    private static String path(String name) {
        return FOLDER + MirrorObjects.require(name);
    }

    @Override
    public Optional<Held> get(String name) {
        return store.get().get(path(name), MOST).map(held -> {
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
        ObjectStore target = store.get();
        if (!target.conditional()) {
            throw MirrorException.lasting(
                    "cannot put " + path(name)
                            + ": this store has no conditional puts, and a copy of the log needs them" + " ("
                            + target.description() + ")",
                    null);
        }
        return target.put(path(name), bytes, Map.of(), tag).map(etag -> etag.isEmpty() ? asked(name, bytes) : etag);
    }

    /** The store did not say the tag of what was put. */
    private String asked(String name, byte[] bytes) {
        return get(name)
                .filter(held -> Arrays.equals(held.bytes(), bytes))
                .map(Held::tag)
                .orElseThrow(() -> MirrorException.passing(
                        "the object " + path(name) + " was put, and is another right after that", null));
    }

    @Override
    public void delete(String name) {
        store.get().delete(path(name), null);
    }

    @Override
    public List<String> list() {
        List<String> names = new ArrayList<>();
        String start = null;
        do {
            ObjectStore.Page page = store.get().list(FOLDER, start, ObjectListing.PAGE);
            page.names().stream()
                    .map(name -> name.substring(FOLDER.length()))
                    .filter(name -> NAME.matcher(name).matches())
                    .forEach(names::add);
            start = page.next();
        } while (start != null);
        return names;
    }
}
