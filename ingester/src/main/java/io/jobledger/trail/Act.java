package io.jobledger.trail;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * One administrative act. Immutable. Holds no secrets: it is written as it is.
 *
 * @param what a short name, like {@code token.create}
 * @param who a token's name and id, or a user of this machine
 * @param from an address, or {@code local}
 * @param details what else is worth knowing: text, numbers, booleans, or lists of them
 */
public record Act(String what, String who, String from, Map<String, Object> details) {
    public Act {
        details = Collections.unmodifiableMap(new LinkedHashMap<>(details));
    }
}
