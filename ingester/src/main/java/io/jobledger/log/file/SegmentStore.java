package io.jobledger.log.file;

import io.jobledger.log.LogHead;
import java.nio.file.Path;
import java.util.function.UnaryOperator;

/** What the log has now, for all its threads. What is in it is synced. Thread-safe. */
final class SegmentStore {
    private final LogDisk disk;
    private final Path directory;
    private volatile Catalog catalog;
    private volatile LogHead head;

    SegmentStore(LogDisk disk, Path directory, Catalog catalog, LogHead head) {
        this.disk = disk;
        this.directory = directory;
        this.catalog = catalog;
        this.head = head;
    }

    LogDisk disk() {
        return disk;
    }

    Path directory() {
        return directory;
    }

    /** Has all entries up to a head that was asked for before. */
    Catalog catalog() {
        return catalog;
    }

    LogHead head() {
        return head;
    }

    synchronized void change(UnaryOperator<Catalog> how) {
        catalog = how.apply(catalog);
    }

    /** The active segment grew. */
    synchronized void grew(Segment active, LogHead now) {
        catalog = catalog.withActive(active);
        head = now;
    }
}
