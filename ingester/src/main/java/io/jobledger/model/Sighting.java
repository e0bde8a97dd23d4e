package io.jobledger.model;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * A process of a job was seen on its host.
 *
 * @param facts what was read of it, as docs/reference/events.md names it; may be empty
 */
public record Sighting(Evidence evidence, Map<String, Object> facts) {
    public Sighting {
        facts = Collections.unmodifiableMap(new LinkedHashMap<>(facts));
    }

    /** The later of two; either may be null. */
    static Sighting later(Sighting a, Sighting b) {
        if (a == null || b == null) {
            return a == null ? b : a;
        }
        return a.evidence.compareTo(b.evidence) >= 0 ? a : b;
    }
}
