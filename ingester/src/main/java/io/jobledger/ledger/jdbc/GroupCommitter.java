package io.jobledger.ledger.jdbc;

import io.jobledger.ledger.EventSink;
import io.jobledger.ledger.LedgerException;
import io.jobledger.ledger.WriteObserver;
import io.jobledger.ledger.rows.Failures;
import io.jobledger.model.Event;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Lets many callers share one commit. One thread takes whatever batches wait, up to a group's size, stores them in one
 * transaction with one sync, and only then answers them all. While it syncs, the next group gathers; so the group grows
 * with the load by itself.
 */
final class GroupCommitter implements EventSink, AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(GroupCommitter.class);

    /** Stores batches in one durable transaction, and returns how many events of each were new. */
    interface Committer {
        List<Integer> commit(List<List<Event>> batches) throws Exception;
    }

    /** A batch that waits; or, with {@code turn}, other work for the writer's thread, and then there are no events. */
    private record Waiting(List<Event> events, CompletableFuture<Appended> answer, Runnable turn) {}

    private final Committer committer;
    private final Runnable gate;
    private final int maxGroup;
    private final Semaphore room;
    private final LinkedBlockingQueue<Waiting> queue = new LinkedBlockingQueue<>();
    private final Thread thread = new Thread(this::run, "ledger-writer");
    private final int queueEvents;
    private volatile WriteObserver observer = WriteObserver.NONE;
    private volatile boolean closing;
    /** Whether the last word was that nothing can be stored at the moment; only the writer's thread looks. */
    private boolean refusing;

    /**
     * @param gate throws when nothing may be stored; is asked before each batch
     * @param queueEvents most events that may wait; beyond it callers are refused
     * @param maxGroup most events in one transaction, unless a single batch is larger
     */
    GroupCommitter(Committer committer, Runnable gate, int queueEvents, int maxGroup) {
        this.committer = committer;
        this.gate = gate;
        this.maxGroup = maxGroup;
        this.queueEvents = queueEvents;
        this.room = new Semaphore(queueEvents);
        thread.start();
    }

    /** Makes this the one that hears how storing goes. */
    void observe(WriteObserver heir) {
        observer = heir;
    }

    /** Events that wait or are just being stored. */
    int waitingEvents() {
        return queueEvents - room.availablePermits();
    }

    @Override
    public CompletableFuture<Appended> append(List<Event> events) {
        if (closing) {
            throw new LedgerException(
                    LedgerException.Kind.STOPPED, "the ingester is stopping; send the batch again later");
        }
        if (events.isEmpty()) {
            return CompletableFuture.completedFuture(new Appended(0, 0));
        }
        int size = events.size();
        try {
            gate.run();
        } catch (LedgerException e) {
            observer.refused(size, e.kind());
            throw e;
        }
        if (!room.tryAcquire(size)) {
            observer.refused(size, LedgerException.Kind.BUSY);
            throw new LedgerException(
                    LedgerException.Kind.BUSY,
                    "too many events are waiting to be stored; send the batch again in a moment");
        }
        Waiting waiting = new Waiting(events, new CompletableFuture<>(), null);
        waiting.answer.whenComplete((done, error) -> room.release(size));
        enqueue(waiting);
        return waiting.answer;
    }

    private void enqueue(Waiting waiting) {
        queue.add(waiting);
        if (closing && queue.remove(waiting)) {
            // The writer may have looked at the queue for the last time just before.
            waiting.answer.completeExceptionally(new LedgerException(
                    LedgerException.Kind.STOPPED, "the ingester is stopping; send the batch again later"));
        }
    }

    /**
     * Does other work on the writer's thread, after the batches that wait now, and waits for it. Keep it short: batches
     * that come meanwhile wait.
     *
     * @throws LedgerException as {@link #append}, or when the work failed
     */
    <T> T inTurn(Callable<T> work) {
        if (closing) {
            throw new LedgerException(LedgerException.Kind.STOPPED, "the ingester is stopping");
        }
        gate.run();
        CompletableFuture<T> done = new CompletableFuture<>();
        Waiting waiting = new Waiting(List.of(), new CompletableFuture<>(), () -> {
            try {
                done.complete(work.call());
            } catch (Throwable e) {
                // As for a batch: the caller must hear of it and the writer must live.
                done.completeExceptionally(e);
            }
        });
        waiting.answer.whenComplete((ignored, stopped) -> done.completeExceptionally(stopped));
        enqueue(waiting);
        try {
            return done.join();
        } catch (CompletionException e) {
            throw Failures.of("the ledger could not be changed", e.getCause());
        }
    }

    /** Stores a batch on its own, in its turn; {@code commit} returns how many of its events were new. */
    Appended alone(List<Event> events, Callable<Integer> commit) {
        long began = System.nanoTime();
        int stored = inTurn(commit);
        observer.committed(1, stored, events.size() - stored, Duration.ofNanos(System.nanoTime() - began));
        return new Appended(stored, events.size() - stored);
    }

    private void run() {
        while (!closing || !queue.isEmpty()) {
            try {
                Waiting first = queue.poll(100, TimeUnit.MILLISECONDS);
                if (first == null) {
                    continue;
                }
                if (first.turn != null) {
                    first.turn.run();
                } else {
                    store(group(first));
                }
            } catch (InterruptedException e) {
                closing = true;
            } catch (Exception e) {
                LOG.error("The ledger's writer failed at its own work, and goes on: {}", Failures.text(e), e);
            }
        }
    }

    private List<Waiting> group(Waiting first) {
        List<Waiting> group = new ArrayList<>();
        group.add(first);
        int events = first.events.size();
        for (Waiting next = queue.peek();
                next != null && next.turn == null && events + next.events.size() <= maxGroup;
                next = queue.peek()) {
            group.add(queue.poll());
            events += next.events.size();
        }
        return group;
    }

    private void store(List<Waiting> group) {
        long began = System.nanoTime();
        List<Integer> stored;
        try {
            stored = committer.commit(group.stream().map(Waiting::events).toList());
        } catch (Throwable e) {
            // Whatever it was, the callers must hear of it and the writer must live: without it nothing would ever be
            // stored or refused again.
            LedgerException failure = Failures.of("the ledger could not store the batch", e);
            if (failure.kind() == LedgerException.Kind.AWAY || failure.kind() == LedgerException.Kind.BUSY) {
                // No batch is at fault, and waiting for the database once for each would keep the next callers waiting,
                // too.
                away(failure);
                group.forEach(waiting -> waiting.answer.completeExceptionally(failure));
                return;
            }
            if (group.size() > 1) {
                // One batch that cannot be stored must not take the others with it.
                group.forEach(waiting -> store(List.of(waiting)));
                return;
            }
            if (failure.kind() == LedgerException.Kind.FAILED) {
                LOG.error(
                        "A batch of {} events was not stored and not acknowledged: {}",
                        group.get(0).events.size(),
                        failure.getMessage(),
                        e);
            } else if (failure.kind() == LedgerException.Kind.FULL) {
                away(failure);
            }
            observer.refused(group.get(0).events.size(), failure.kind());
            group.get(0).answer.completeExceptionally(failure);
            return;
        }
        if (refusing) {
            refusing = false;
            LOG.info("Batches are stored again");
        }
        int fresh = stored.stream().mapToInt(Integer::intValue).sum();
        observer.committed(
                group.size(),
                fresh,
                group.stream().mapToInt(waiting -> waiting.events.size()).sum() - fresh,
                Duration.ofNanos(System.nanoTime() - began));
        for (int i = 0; i < group.size(); i++) {
            Waiting waiting = group.get(i);
            waiting.answer.complete(new Appended(stored.get(i), waiting.events.size() - stored.get(i)));
        }
    }

    /** A time without room or without a database is said once when it begins and once when it ends. */
    private void away(LedgerException failure) {
        if (!refusing) {
            refusing = true;
            LOG.warn("Batches are refused for the time being: {}", failure.getMessage());
        }
    }

    /**
     * Takes no more batches, stores those that wait, and returns when that is done or after {@code patience}; says
     * whether it is done.
     */
    boolean drain(Duration patience) {
        closing = true;
        try {
            thread.join(patience.toMillis());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        Waiting left;
        while ((left = queue.poll()) != null) {
            left.answer.completeExceptionally(new LedgerException(
                    LedgerException.Kind.STOPPED, "the ingester stopped before the batch was stored; send it again"));
        }
        return !thread.isAlive();
    }

    @Override
    public void close() {
        drain(Duration.ofSeconds(5));
    }
}
