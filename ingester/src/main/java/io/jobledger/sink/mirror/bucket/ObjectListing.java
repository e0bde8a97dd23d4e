package io.jobledger.sink.mirror.bucket;

import io.jobledger.model.JobKey;
import io.jobledger.sink.mirror.Mirror;
import io.jobledger.sink.mirror.MirrorException;
import io.jobledger.sink.mirror.RecordFile;
import io.jobledger.sink.mirror.RecordPath;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.Consumer;

/**
 * Reads every record of a bucket. A listing has names only, so each record costs a request; a few are under way at
 * once, or a large bucket would take hours. For one use by one thread.
 */
final class ObjectListing {
    /** The most names that are listed at once. */
    static final int PAGE = 1000;

    private static final int CONCURRENCY = 8;
    /** How many records may be in memory before they are passed on. */
    private static final int WINDOW = 64;

    private final ObjectStore store;

    ObjectListing(ObjectStore store) {
        this.store = store;
    }

    /** Passes on every object that has a record's path, on the caller's thread. */
    void forEach(Consumer<Mirror.Listed> consumer) {
        ExecutorService readers = Executors.newFixedThreadPool(CONCURRENCY, task -> {
            Thread thread = new Thread(task, "bucket-list");
            thread.setDaemon(true);
            return thread;
        });
        try {
            String start = null;
            do {
                ObjectStore.Page page = store.list("", start, PAGE);
                for (int i = 0; i < page.names().size(); i += WINDOW) {
                    read(
                            page.names()
                                    .subList(
                                            i, Math.min(i + WINDOW, page.names().size())),
                            readers,
                            consumer);
                }
                start = page.next();
            } while (start != null);
        } finally {
            readers.shutdownNow();
        }
    }

    private void read(List<String> names, ExecutorService readers, Consumer<Mirror.Listed> consumer) {
        List<Future<Optional<Mirror.Listed>>> reads = new ArrayList<>();
        for (String name : names) {
            if (hasRecordPath(name)) {
                reads.add(readers.submit(() -> read(name)));
            }
        }
        for (Future<Optional<Mirror.Listed>> read : reads) {
            try {
                read.get().ifPresent(consumer);
            } catch (ExecutionException e) {
                throw e.getCause() instanceof MirrorException known ? known : new IllegalStateException(e.getCause());
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw MirrorException.passing("the listing was interrupted", e);
            }
        }
    }

    /** Other objects, such as a probe or a backup, are no records: a leading dot is escaped in every name. */
    private static boolean hasRecordPath(String path) {
        String[] segments = path.split("/", -1);
        return segments.length == 3
                && path.endsWith(RecordPath.SUFFIX)
                && Arrays.stream(segments).noneMatch(segment -> segment.startsWith("."));
    }

    private Optional<Mirror.Listed> read(String path) {
        // Gone since it was listed: then there is nothing to report.
        return store.get(path, RecordFile.MAX_BYTES).map(object -> listed(path, object));
    }

    private static Mirror.Listed listed(String path, ObjectStore.Held object) {
        String[] segments =
                path.substring(0, path.length() - RecordPath.SUFFIX.length()).split("/", -1);
        try {
            JobKey key = new JobKey(
                    RecordPath.name(segments[0]), RecordPath.name(segments[1]), RecordPath.name(segments[2]));
            if (object.bytes() == null) {
                throw new IllegalArgumentException("it is larger than " + RecordFile.MAX_BYTES + " bytes");
            }
            return new Mirror.Listed.Found(path, RecordFile.read(object.bytes(), key));
        } catch (IllegalArgumentException e) {
            return new Mirror.Listed.Damaged(path, e.getMessage());
        }
    }
}
