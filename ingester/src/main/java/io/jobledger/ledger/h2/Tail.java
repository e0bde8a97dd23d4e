package io.jobledger.ledger.h2;

import io.jobledger.log.EventLog.Logged;
import io.jobledger.log.LogHead;
import io.jobledger.log.LogStep;
import io.jobledger.model.Event;
import io.jobledger.model.Job;
import io.jobledger.model.JobKey;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicLongArray;

/**
 * What is in the log and not yet projected: for each name, each job and each run that hides ids the last entry that
 * speaks of it, and the events themselves, as far as they fit. The place of a name is shared by others; so a question
 * may wait for another name's entry, and never too short. The writer adds, the projector takes, everybody asks.
 * Thread-safe.
 */
final class Tail {
    private static final int PLACES = 1 << 17;
    /** Characters of events that are kept; beyond it the projector reads them from the log. */
    private static final long MOST = 8 << 20;

    private final AtomicLongArray last = new AtomicLongArray(PLACES);
    private final Deque<Batch> batches = new ArrayDeque<>();
    private long characters;

    /** One record of the log that holds nothing but these events, and its end. */
    private record Batch(List<Logged> events, LogHead head) {
        long characters() {
            return events.stream()
                    .mapToLong(logged -> logged.event().head().body().length())
                    .sum();
        }
    }

    /** Everything up to this entry is taken for one that speaks of every name. */
    Tail(long unknownUpTo) {
        for (int i = 0; i < PLACES; i++) {
            last.set(i, unknownUpTo);
        }
    }

    /** The last entry that may speak of a name or a job and was added; 0 when there is none. */
    long last(UUID id) {
        return last.get(place(id));
    }

    private static int place(UUID id) {
        // Both kinds are digests: any of their bits will do.
        return (int) id.getLeastSignificantBits() & (PLACES - 1);
    }

    /**
     * Adds events that were appended, before their caller hears of it.
     *
     * @param head the end of the record that holds nothing else
     */
    void add(List<Logged> appended, LogHead head) {
        for (Logged logged : appended) {
            Job job = logged.event().job();
            if (job != null) {
                mark(job.uid(), logged.entry());
                if (job.jobId() == null) {
                    mark(job.run().value(), logged.entry());
                }
                for (JobKey key : job.keys()) {
                    mark(key.digest(), logged.entry());
                }
            } else if (logged.event() instanceof Event.JobNoted noted) {
                mark(Job.uid(noted.executionHost(), noted.jobId()), logged.entry());
            }
        }
        Batch batch = new Batch(appended, head);
        long size = batch.characters();
        synchronized (batches) {
            if (characters + size <= MOST) {
                batches.add(batch);
                characters += size;
            }
        }
    }

    private void mark(UUID id, long entry) {
        last.accumulateAndGet(place(id), entry, Math::max);
    }

    /**
     * Takes whole records that follow an entry without a gap.
     *
     * @param most events, or a record more
     * @return no steps when the next one is not here
     */
    LogSteps.Group take(LogHead after, int most) {
        List<LogStep> steps = new ArrayList<>();
        LogHead head = after;
        Instant received = null;
        synchronized (batches) {
            while (!batches.isEmpty() && batches.peek().head.entry() <= head.entry()) {
                drop();
            }
            while (steps.size() < most
                    && !batches.isEmpty()
                    && batches.peek().events.get(0).entry() == head.entry() + 1) {
                batches.peek().events.forEach(logged -> steps.add(LogStep.of(logged)));
                head = batches.peek().head;
                received = batches.peek().events.get(0).received();
                drop();
            }
        }
        return new LogSteps.Group(steps, head, received);
    }

    private void drop() {
        characters -= batches.poll().characters();
    }
}
