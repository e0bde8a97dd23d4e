package io.jobledger.sink.mirror.bucket;

import io.jobledger.sink.mirror.MirrorException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * One bucket of an object store, and the few calls to it that a mirror makes. Paths are relative to the mirror's
 * prefix. Every call may block, is safe from any thread, and throws {@link MirrorException} with the way out.
 */
public interface ObjectStore extends AutoCloseable {
    /**
     * An object as it was read.
     *
     * @param bytes null when there are more than was asked for
     * @param etag names this state of it, for a conditional put
     */
    record Held(byte[] bytes, String etag) {}

    /**
     * A page of names.
     *
     * @param next what asks for the next page, null after the last
     */
    record Page(List<String> names, String next) {}

    /** Who the ingester is to the store and where it goes, for people; never a secret. */
    String description();

    /**
     * Whether a put replaces exactly the state that it names. Where it does not, the later of two puts stays, so a
     * caller reads first and hopes that nobody comes between. May ask the store.
     */
    boolean conditional();

    /**
     * Reads an object.
     *
     * @param limit most bytes to read
     */
    Optional<Held> get(String path, int limit);

    /**
     * Puts an object in place of the state that was read.
     *
     * @param etag of the state that it replaces, null when there must be none
     * @return what names its new state, "" when the store does not say; empty when the object changed in the meantime
     */
    Optional<String> put(String path, byte[] bytes, Map<String, String> metadata, String etag);

    /** Puts a file of any size, whatever was there. */
    void putFile(String path, Path file);

    /**
     * Fetches an object of any size into a new, private file, synced; says whether there was one. The file is not there
     * when this fails.
     */
    boolean getFile(String path, Path file);

    /**
     * Deletes an object. One that is gone already is deleted.
     *
     * @param etag of the state that was read, null for any
     * @return false when it changed in the meantime
     */
    boolean delete(String path, String etag);

    /**
     * A page of the names in the mirror, without the mirror's prefix.
     *
     * @param within what the names must begin with, after that prefix
     * @param next what the page before said, null for the first page
     */
    Page list(String within, String next, int limit);

    @Override
    void close();
}
