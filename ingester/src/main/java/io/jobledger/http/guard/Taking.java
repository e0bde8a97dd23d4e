package io.jobledger.http.guard;

/** Since when a client has left what it was answered. Used on its event loop. */
final class Taking {
    private static final long NEVER = Long.MAX_VALUE;

    private long pending;
    private long since = NEVER;

    /** Bytes that were not taken when it was last looked at. */
    long pending() {
        return pending;
    }

    /**
     * Notes how much is not taken now.
     *
     * @param patient whether it is enough that some of it is taken; else all of it must be
     */
    void look(long now, long pendingNow, boolean patient) {
        boolean takes = patient && pendingNow < pending;
        since = pendingNow == 0 ? NEVER : takes || since == NEVER ? now : since;
        pending = pendingNow;
    }

    /** Whether what waits has been left for longer than {@code most} nanoseconds. */
    boolean isLate(long now, long most) {
        return since != NEVER && now - since > most;
    }

    /** Nothing waits any more: the connection is closed. */
    void end() {
        pending = 0;
        since = NEVER;
    }
}
