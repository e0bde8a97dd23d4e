package io.jobledger.oci.standin;

/** Which fault the next request meets. Thread-safe. */
final class Faults {
    private Fault fault;
    private int left;

    synchronized void set(Fault next, int times) {
        fault = next;
        left = times;
    }

    /** The fault for one request; null for none. */
    synchronized Fault take() {
        if (left == 0) {
            return null;
        }
        if (left != Integer.MAX_VALUE) {
            left--;
        }
        return fault;
    }
}
