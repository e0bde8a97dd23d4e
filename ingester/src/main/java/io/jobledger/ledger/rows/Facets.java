package io.jobledger.ledger.rows;

import io.jobledger.ledger.query.Label;
import io.jobledger.model.Digests;

/**
 * Ids of what jobs and runs are searched by: 64 bits of SHA-256, so that an index row is small however long a name is.
 * They are stored: the algorithm must never change. Two names with one id are as likely as a broken disk, and would
 * only show up in each other's lists.
 */
public final class Facets {
    private Facets() {}

    /** The id of a name; null for none. */
    public static Long id(String name) {
        return name == null ? null : Digests.uuid(name).getMostSignificantBits();
    }

    /** A playbook is known by its file's name, whichever way it was named. */
    public static Long playbook(String playbook, String path) {
        String known = playbook != null ? playbook : path;
        return known == null ? null : id(known.substring(known.lastIndexOf('/') + 1));
    }

    public static long label(Label label) {
        return Digests.uuid(label.key(), label.value()).getMostSignificantBits();
    }

    /** The id of a row in {@code names}. */
    public static long host(String host) {
        return Digests.uuid("host", host).getMostSignificantBits();
    }

    /** The id of a row in {@code names}. */
    public static long play(String play, String playbook) {
        return Digests.uuid("play", play, playbook == null ? "" : playbook).getMostSignificantBits();
    }

    /** The number of binary digits of a duration in milliseconds; -1 for an open job, which has none yet. */
    public static int durationClass(Long millis) {
        return millis == null ? -1 : Long.SIZE - Long.numberOfLeadingZeros(millis);
    }
}
