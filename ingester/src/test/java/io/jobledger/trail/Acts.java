package io.jobledger.trail;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;

/** A trail in memory, for tests. Thread-safe. */
public final class Acts implements Trail {
    /** What was written down, the oldest first. */
    public final List<Act> all = new CopyOnWriteArrayList<>();

    @Override
    public void record(Act act) {
        all.add(act);
    }

    @Override
    public void each(Consumer<String> line) {
        throw new UnsupportedOperationException();
    }
}
