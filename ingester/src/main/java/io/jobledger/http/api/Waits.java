package io.jobledger.http.api;

import io.jobledger.ledger.EventQueries;
import io.jobledger.ledger.LedgerException;
import io.jobledger.ledger.LedgerFeed;
import io.jobledger.resume.JobFinder.Found;
import io.vertx.core.Context;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Callers that wait for a job's end. One thread of its own reads which jobs ended since it last looked, however many
 * wait, and looks at a job again only when something was said of its end: waiting takes nothing from those who store
 * and resume. What is not said to be for that thread may be called from everywhere.
 */
public final class Waits implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Waits.class);
    private static final int PART = 500;
    /** At most so often the ledger is asked: a busy one commits some hundred times a second. */
    private static final long PAUSE_MILLIS = 100;

    private static final long AFTER_FAILURE_MILLIS = 1_000;

    private final EventQueries events;
    private final LedgerFeed feed;
    private final ScheduledExecutorService thread = Executors.newSingleThreadScheduledExecutor(work -> {
        Thread made = new Thread(work, "waits");
        made.setDaemon(true);
        return made;
    });
    private final AtomicLong told = new AtomicLong();
    private final AtomicBoolean due = new AtomicBoolean();
    /** By the job's id; for the thread alone. */
    private final Map<String, Set<Waiter>> waiting = new HashMap<>();

    private LedgerFeed.Subscription subscription;
    private long seen;

    public Waits(EventQueries events, LedgerFeed feed) {
        this.events = events;
        this.feed = feed;
    }

    /**
     * What a caller is told, on its event loop: what the name answers, empty for nothing, or why it cannot be said.
     * Once.
     */
    interface Answer {
        void found(Optional<Found> found);

        void failed(Throwable why);
    }

    private final class Waiter implements Runnable {
        private final Supplier<Optional<Found>> question;
        private final Answer answer;
        private final Context loop;
        private boolean over;
        private String id;

        Waiter(Supplier<Optional<Found>> question, Answer answer, Context loop) {
            this.question = question;
            this.answer = answer;
            this.loop = loop;
        }

        /** Looks, and waits on while the job is open. */
        @Override
        public void run() {
            look(false);
        }

        void look(boolean last) {
            if (over) {
                return;
            }
            try {
                Optional<Found> found = question.get();
                boolean open = found.isPresent()
                        && !found.get().ambiguous()
                        && found.get().record().status().open();
                if (open && !last) {
                    id = found.get().record().jobId() == null
                            ? ""
                            : found.get().record().jobId().value();
                    waiting.computeIfAbsent(id, unused -> new LinkedHashSet<>()).add(this);
                } else {
                    leave();
                    loop.runOnContext(unused -> answer.found(found));
                }
            } catch (RuntimeException e) {
                leave();
                loop.runOnContext(unused -> answer.failed(e));
            }
        }

        void leave() {
            over = true;
            Set<Waiter> with = id == null ? null : waiting.get(id);
            if (with != null && with.remove(this) && with.isEmpty()) {
                waiting.remove(id);
            }
        }
    }

    /**
     * Answers when the job that {@code question} finds has ended, at once where it has, where there is none or where
     * several are meant, and after {@code patience} in any case.
     *
     * @param question reads the ledger; runs on this object's thread
     * @param loop where the answer is given
     * @return to be run when the caller went away
     */
    Runnable until(Supplier<Optional<Found>> question, Duration patience, Context loop, Answer answer) {
        Waiter waiter = new Waiter(question, answer, loop);
        try {
            thread.execute(() -> {
                listen();
                waiter.run();
            });
            thread.schedule(() -> waiter.look(true), patience.toMillis(), TimeUnit.MILLISECONDS);
        } catch (RejectedExecutionException e) {
            answer.failed(
                    new LedgerException(LedgerException.Kind.STOPPED, "the ingester is stopping; ask again later"));
        }
        return () -> {
            try {
                thread.execute(waiter::leave);
            } catch (RejectedExecutionException e) {
                // It is closed, and nobody waits any more.
            }
        };
    }

    /** How many wait; for tests and metrics. */
    public int count() {
        try {
            return thread.submit(
                            () -> waiting.values().stream().mapToInt(Set::size).sum())
                    .get(10, TimeUnit.SECONDS);
        } catch (Exception e) {
            throw new IllegalStateException("the thread of those who wait does not answer", e);
        }
    }

    private void listen() {
        if (subscription == null) {
            seen = feed.committed();
            told.accumulateAndGet(seen, Math::max);
            subscription = feed.subscribe(entry -> {
                told.accumulateAndGet(entry, Math::max);
                schedule(PAUSE_MILLIS);
            });
            // What was committed between the two lines.
            told.accumulateAndGet(feed.committed(), Math::max);
            schedule(0);
        }
    }

    private void schedule(long millis) {
        if (due.compareAndSet(false, true)) {
            try {
                thread.schedule(this::pass, millis, TimeUnit.MILLISECONDS);
            } catch (RejectedExecutionException e) {
                // It is closed.
            }
        }
    }

    private void pass() {
        due.set(false);
        long upTo = told.get();
        if (waiting.isEmpty()) {
            seen = upTo;
            return;
        }
        try {
            Set<Waiter> again = new LinkedHashSet<>();
            while (seen < upTo) {
                List<EventQueries.Ending> endings = events.endings(seen, upTo, PART);
                endings.forEach(ending -> again.addAll(
                        waiting.getOrDefault(ending.ansibleJobId() == null ? "" : ending.ansibleJobId(), Set.of())));
                seen = endings.size() < PART
                        ? upTo
                        : endings.get(endings.size() - 1).entry();
            }
            again.forEach(waiter -> waiter.look(false));
        } catch (RuntimeException e) {
            LOG.warn("Those who wait for jobs wait for the ledger: {}", e.getMessage());
            schedule(AFTER_FAILURE_MILLIS);
        }
    }

    /** Answers everybody as things stand, and takes nobody more. */
    @Override
    public void close() {
        try {
            thread.execute(() -> {
                if (subscription != null) {
                    subscription.close();
                }
                List<Waiter> all = new ArrayList<>();
                waiting.values().forEach(all::addAll);
                all.forEach(waiter -> waiter.look(true));
            });
        } catch (RejectedExecutionException e) {
            return;
        }
        thread.shutdown();
    }
}
