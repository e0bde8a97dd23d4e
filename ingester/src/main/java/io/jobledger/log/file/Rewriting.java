package io.jobledger.log.file;

import io.jobledger.log.EventLog.Purge;
import io.jobledger.log.LogEntry;
import io.jobledger.log.LogException;
import io.jobledger.log.file.SegmentIndex.Blocks;
import java.io.IOException;
import java.util.UUID;
import java.util.concurrent.Executor;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Rewrites closed segments, one at a time: compresses them in the background, and purges. Thread-safe. */
final class Rewriting {
    private static final Logger LOG = LoggerFactory.getLogger(Rewriting.class);

    private final SegmentStore store;
    private final Executor executor;
    private final ThreadPoolExecutor own;
    private volatile boolean closed;
    /** What the last try to compress met; null when all is well. */
    private volatile LogException failure;

    /** @param given runs what is done in the background; null for a thread of its own */
    Rewriting(SegmentStore store, Executor given) {
        this.store = store;
        own = given != null
                ? null
                : new ThreadPoolExecutor(
                        1,
                        1,
                        10,
                        TimeUnit.SECONDS,
                        new LinkedBlockingQueue<>(),
                        work -> new Thread(work, "log-compressor"));
        if (own != null) {
            own.allowCoreThreadTimeOut(true);
        }
        executor = given != null ? given : own;
    }

    /** Compresses, some time, what is closed and not yet compressed. */
    void compress() {
        try {
            executor.execute(this::compressAll);
        } catch (RejectedExecutionException e) {
            // The log is being closed; the next start compresses it.
        }
    }

    private void compressAll() {
        try {
            for (Segment segment : store.catalog().closed()) {
                if (!segment.isPacked()) {
                    rewrite(segment.first(), Rewriter.Removing.NOTHING);
                }
            }
            failure = null;
        } catch (LogException e) {
            if (closed) {
                // It gave up; the next start does it.
                return;
            }
            failure = e;
            LOG.warn("a closed part of the log stays as it is for now: {}", e.getMessage());
        }
    }

    /** What keeps closed segments from being compressed, null when nothing does. */
    LogException failure() {
        return failure;
    }

    /** Returns how many entries lost their contents. The active segment has none of them. */
    long purge(Purge purge) {
        long removed = 0;
        for (Segment segment : store.catalog().closed()) {
            // One that is not compressed may have more behind what counts.
            if (!segment.isPacked() || concerns(purge, segment)) {
                removed += rewrite(segment.first(), new Purged(purge));
            }
        }
        try {
            store.disk().sync(store.directory());
        } catch (IOException e) {
            throw LogDamage.failed("could not sync", store.directory(), e);
        }
        return removed;
    }

    static boolean concerns(Purge purge, Segment segment) {
        return purge.entries().stream().anyMatch(entry -> entry >= segment.first() && entry <= segment.last())
                || purge.runs().stream().anyMatch(segment::mayHave);
    }

    private record Purged(Purge purge) implements Rewriter.Removing {
        @Override
        public boolean in(SegmentIndex index, Blocks blocks, int block) {
            long first = blocks.firsts()[block];
            long next = block + 1 < blocks.count() ? blocks.firsts()[block + 1] : Long.MAX_VALUE;
            for (long entry : purge.entries()) {
                if (entry >= first && entry < next) {
                    return true;
                }
            }
            for (UUID run : purge.runs()) {
                for (int having : index.blocks(run)) {
                    if (having == block) {
                        return true;
                    }
                }
            }
            return false;
        }

        @Override
        public boolean removes(LogEntry entry) {
            return purge.removes(entry);
        }
    }

    private synchronized long rewrite(long first, Rewriter.Removing removing) {
        Segment segment = store.catalog().holding(first);
        Rewriter rewriter = new Rewriter(store.disk(), segment, () -> closed);
        try {
            Segment now = rewriter.run(removing);
            if (now == null) {
                throw new LogException(LogException.Kind.FAILED, "the log is closed");
            }
            store.change(catalog -> catalog.replaced(now));
            return rewriter.removed();
        } catch (IOException e) {
            throw LogDamage.failed("could not rewrite the log's file", segment.file(), e);
        }
    }

    /** Returns when nothing is rewritten any more; what was under way is left as it was. */
    void close() {
        closed = true;
        if (own != null) {
            own.shutdown();
        }
        synchronized (this) {
            // A rewriting ends before the directory is somebody else's.
        }
    }
}
