package io.jobledger.sink.mirror;

import io.jobledger.log.LogHead;
import java.time.Duration;

/** A copy of the log that a mirror keeps beside its records. Never blocks. Thread-safe. */
public interface MirroredLog {
    /**
     * How it stands.
     *
     * @param head where the log in the copy ends; null while that is not known, or there is none
     * @param entries of the log that it lacks
     * @param behind how long ago it was whole; zero while it is
     * @param blocked whether it waits for an operator
     * @param error the latest failure; null when the last try succeeded
     */
    record Standing(LogHead head, long entries, Duration behind, boolean blocked, String error) {
        /** In a word: whole, behind, failing, blocked. */
        public String state() {
            return blocked ? "blocked" : error != null ? "failing" : behind.isZero() ? "whole" : "behind";
        }
    }

    Standing standing();

    /** Objects that were put since the start. */
    long puts();

    /** Tries that failed in a way that may pass. */
    long passingFailures();

    /** Tries that failed in a way that does not pass by itself. */
    long lastingFailures();

    /** Bytes that were put since the start. */
    long bytes();

    /** Tries again now; says whether it was blocked. */
    boolean retry();
}
