package io.jobledger.model;

import java.util.Locale;

/** How a run stands. */
public enum RunState {
    RUNNING,
    FINISHED,
    /** It never said goodbye, and is known to be gone or has been silent for longer than the operator's limit. */
    INTERRUPTED;

    /** The spelling in JSON and URLs. */
    public String wire() {
        return name().toLowerCase(Locale.ROOT);
    }
}
