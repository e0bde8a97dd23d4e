package io.jobledger.sink.mirror.bucket;

import io.jobledger.sink.mirror.RecordFile.Version;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * What this ingester saw last of its objects, so that a put need not read what it replaces: a put is one request then,
 * and not two. A memory that is wrong costs a request and never a record, since every put names the state that it
 * replaces. Thread-safe.
 */
final class Memory {
    /** Some hundred bytes each. A job's record is put a few times within hours; what is older is read again. */
    private static final int MOST = 5000;

    /**
     * What is under a path.
     *
     * @param etag names the object's state, null when there is no object
     * @param version of the record in it, null when there is none that can be read
     */
    record State(String etag, Version version) {
        static final State NOTHING = new State(null, null);
    }

    private final Map<String, State> states = Collections.synchronizedMap(new LinkedHashMap<>(16, 0.75f, true) {
        @Override
        protected boolean removeEldestEntry(Map.Entry<String, State> eldest) {
            return size() > MOST;
        }
    });
    private volatile boolean strangersAreNew = true;

    /** What is there, as far as is known or can be guessed; null when it should be read. */
    State guess(String path) {
        State known = states.get(path);
        return known == null && strangersAreNew ? State.NOTHING : known;
    }

    /**
     * Something was read. As it was with this path, so it most likely is with the next that is not known: names are
     * new, or they come back.
     */
    void read(State state) {
        strangersAreNew = state.etag == null;
    }

    /** This was put. */
    void put(String path, State state) {
        states.put(path, state);
    }

    /** Nothing is known of it any more. */
    void forget(String path) {
        states.remove(path);
    }
}
