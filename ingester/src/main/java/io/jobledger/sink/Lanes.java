package io.jobledger.sink;

import io.jobledger.ledger.query.News;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;

/**
 * Delivers news side by side, those of one subject one after the other: each subject has its lane, and a lane stops at
 * its first failure. Used by one thread.
 */
final class Lanes implements AutoCloseable {
    private final Sink sink;
    private final int count;
    private final SinkFigures figures;
    private final BooleanSupplier closing;
    private final ExecutorService workers;

    Lanes(Sink sink, int count, SinkFigures figures, BooleanSupplier closing) {
        this.sink = sink;
        this.count = count;
        this.figures = figures;
        this.closing = closing;
        this.workers = Executors.newFixedThreadPool(count, task -> {
            Thread thread = new Thread(task, "sink-deliver");
            thread.setDaemon(true);
            return thread;
        });
    }

    /** A failure, and when that happened which was to be told. */
    record Failure(SinkException why, Instant oldest) {}

    /**
     * How it went.
     *
     * @param left ids of those that were not delivered
     * @param failure the gravest; null where none failed
     */
    record Outcome(Set<String> left, Failure failure) {
        static final Outcome GOOD = new Outcome(Set.of(), null);
    }

    /** @param until by {@code System.nanoTime}: no delivery begins later */
    Outcome deliver(List<News> news, long until) {
        List<List<News>> lanes = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            lanes.add(new ArrayList<>());
        }
        news.forEach(
                one -> lanes.get(Math.floorMod(one.subject().hashCode(), count)).add(one));
        Set<String> left = Collections.synchronizedSet(new HashSet<>());
        List<Failure> failures = Collections.synchronizedList(new ArrayList<>());
        List<Future<?>> running = new ArrayList<>();
        lanes.stream()
                .filter(lane -> !lane.isEmpty())
                .forEach(lane -> running.add(workers.submit(() -> deliver(lane, until, left, failures))));
        for (Future<?> lane : running) {
            await(lane);
        }
        return new Outcome(
                left,
                failures.stream()
                        .max((a, b) -> a.why.kind().compareTo(b.why.kind()))
                        .map(worst -> new Failure(
                                worst.why,
                                failures.stream()
                                        .map(Failure::oldest)
                                        .min(Instant::compareTo)
                                        .orElseThrow()))
                        .orElse(null));
    }

    private static void await(Future<?> lane) {
        try {
            lane.get();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted");
        } catch (ExecutionException e) {
            throw new IllegalStateException(e.getCause());
        }
    }

    private void deliver(List<News> lane, long until, Set<String> left, List<Failure> failures) {
        boolean stopped = false;
        for (News news : lane) {
            stopped = stopped || closing.getAsBoolean() || System.nanoTime() - until > 0;
            if (!stopped) {
                SinkException failure = attempt(news);
                if (failure == null) {
                    continue;
                }
                failures.add(new Failure(failure, news.at()));
                stopped = true;
            }
            left.add(news.id());
        }
    }

    /** Null when it arrived. */
    private SinkException attempt(News news) {
        try {
            sink.deliver(news);
            figures.sentOne();
            return null;
        } catch (SinkException e) {
            figures.failedOne();
            return e;
        } catch (RuntimeException e) {
            // Nobody foresaw it. It is as good as a refusal: tried again, and then shown to an operator.
            figures.failedOne();
            return new SinkException(SinkException.Kind.REFUSED, e.toString());
        }
    }

    @Override
    public void close() {
        workers.shutdownNow();
        try {
            workers.awaitTermination(1, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
