package io.jobledger.sink.mirror;

import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * Named bytes that a mirror keeps beside its records, in a place of their own: no listing of records shows them, and no
 * record can have their names. The copy of the log is made of them. Calls block, are safe from any thread, and fail
 * with {@link MirrorException}. Somebody else may use the same place.
 *
 * <p>A <em>conditional put</em> replaces exactly the state of the object that the caller names, by the tag that reading
 * or putting it gave, or makes an object where there is none. Where the object is in another state, nothing happens,
 * and the caller is told. Of two such puts on one state one happens, whoever makes them and from whatever machine.
 * After it returns, the bytes survive a loss of power; while it runs, readers get the old bytes or the new ones, never
 * a part.
 */
public interface MirrorObjects {
    /** Where they are, below what the mirror's URI names. */
    String FOLDER = ".jobledger/log-copy/";

    /** Most bytes of an object. */
    int MOST = 64 << 20;

    Pattern NAME = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._-]*(/[A-Za-z0-9][A-Za-z0-9._-]*)*");

    /**
     * An object as it was read.
     *
     * @param tag names this state of it; an opaque text
     */
    record Held(byte[] bytes, String tag) {}

    /** Reads an object; empty when there is none. */
    Optional<Held> get(String name);

    /**
     * Puts an object in place of a state of it, as told above.
     *
     * @param name segments of letters, digits, dots, dashes and underscores, joined by slashes; 200 characters at most
     * @param tag of the state that it replaces; null when there must be none
     * @return the tag of its new state; empty when it was in another state than {@code tag} says. When the call fails
     *     otherwise, it may have happened all the same
     */
    Optional<String> put(String name, byte[] bytes, String tag);

    /** Deletes an object, whatever its state. One that is not there is deleted. */
    void delete(String name);

    /** The names of all objects, in no particular order. */
    List<String> list();

    /** Returns {@code name}, if it is one. */
    static String require(String name) {
        if (name.length() > 200 || !NAME.matcher(name).matches()) {
            throw new IllegalArgumentException("'" + name + "' is no name of an object");
        }
        return name;
    }
}
