package io.jobledger.sink.copy;

import io.jobledger.sink.mirror.MirrorObjects;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Consumer;

/** Objects in memory. The process that uses them can be killed at any call, just before it happens or just after. */
final class MemoryObjects implements MirrorObjects {
    /** The process was killed. */
    static final class Killed extends Error {
        private static final long serialVersionUID = 1;
    }

    final Map<String, Held> objects = new TreeMap<>();
    /** Hears the name of each object that was put. */
    Consumer<String> put = name -> {};

    private long tags;
    private int calls;
    private int dieAt = Integer.MAX_VALUE;
    private boolean after;

    /** Kills at a call that changes something, counted from now. */
    void dieAt(int call, boolean afterIt) {
        dieAt = calls + call;
        after = afterIt;
    }

    /** The next process. */
    void revive() {
        dieAt = Integer.MAX_VALUE;
    }

    private void change(Runnable change) {
        boolean dies = ++calls >= dieAt;
        if (!dies || after) {
            change.run();
        }
        if (dies) {
            throw new Killed();
        }
    }

    @Override
    public Optional<Held> get(String name) {
        return Optional.ofNullable(objects.get(MirrorObjects.require(name)));
    }

    @Override
    public Optional<String> put(String name, byte[] bytes, String tag) {
        Held held = objects.get(MirrorObjects.require(name));
        if (held == null ? tag != null : !held.tag().equals(tag)) {
            return Optional.empty();
        }
        String now = Long.toString(++tags);
        change(() -> {
            objects.put(name, new Held(bytes.clone(), now));
            put.accept(name);
        });
        return Optional.of(now);
    }

    @Override
    public void delete(String name) {
        change(() -> objects.remove(MirrorObjects.require(name)));
    }

    @Override
    public List<String> list() {
        return List.copyOf(objects.keySet());
    }
}
