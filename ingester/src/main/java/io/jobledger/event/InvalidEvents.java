package io.jobledger.event;

import java.util.List;

/** A batch that is refused whole. */
public final class InvalidEvents extends Exception {
    private static final long serialVersionUID = 1;

    /**
     * One fault.
     *
     * @param index which event of the batch, from 0; -1 when the batch itself cannot be read
     * @param field the field, or null when it is the event as a whole
     * @param detail the rule that is broken
     */
    public record Fault(int index, String field, String detail) {}

    /** A batch with a thousand faults is described well enough by the first of them. */
    static final int MOST = 100;

    private final transient List<Fault> faults;
    private final boolean tooLarge;

    InvalidEvents(String message, List<Fault> faults, boolean tooLarge) {
        super(message);
        this.faults = List.copyOf(faults.subList(0, Math.min(MOST, faults.size())));
        this.tooLarge = tooLarge;
    }

    public List<Fault> faults() {
        return faults;
    }

    /** Whether a smaller batch of the same events may be accepted. */
    public boolean tooLarge() {
        return tooLarge;
    }
}
