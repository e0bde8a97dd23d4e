package io.jobledger.model;

import java.time.Instant;
import java.util.Comparator;

/**
 * Where a piece of knowledge comes from: the event's time and identity. The order is total, so that a choice by it is
 * the same everywhere.
 */
public record Evidence(Instant at, RunId run, long seq) implements Comparable<Evidence> {
    private static final Comparator<Evidence> ORDER =
            Comparator.comparing(Evidence::at).thenComparing(Evidence::run).thenComparing(Evidence::seq);

    @Override
    public int compareTo(Evidence other) {
        return ORDER.compare(this, other);
    }
}
