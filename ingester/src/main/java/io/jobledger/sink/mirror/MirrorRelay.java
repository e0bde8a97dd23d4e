package io.jobledger.sink.mirror;

import io.jobledger.ledger.JobLookup;
import io.jobledger.ledger.LedgerException;
import io.jobledger.ledger.Outbox;
import io.jobledger.model.JobKey;
import io.jobledger.model.JobRecord;
import io.jobledger.sink.Backoff;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.LongAdder;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Carries the outbox of one mirror to it. An entry only names a key: what is put is the newest record at that moment,
 * so a restart in the middle repeats a put but never goes backwards. Nobody waits for it.
 */
public final class MirrorRelay implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(MirrorRelay.class);
    private static final int PAGE = 200;
    private static final Duration OUTAGE_PAUSE = Duration.ofSeconds(5);

    private final Mirror mirror;
    private final int number;
    private final Outbox outbox;
    private final JobLookup jobs;
    private final Duration idle;
    private final ExecutorService workers;
    private final Thread thread;
    private final int concurrency;
    private final LongAdder puts = new LongAdder();
    private final LongAdder passingFailures = new LongAdder();
    private final LongAdder lastingFailures = new LongAdder();
    private final MirroredLog copy;
    private volatile boolean closing;
    private boolean failing;
    /** Rounds in a row in which puts failed, all of them and in a way that may pass. */
    private int outage;

    /**
     * @param number the mirror's number in the outbox
     * @param concurrency how many keys are put at once
     * @param idle how long to wait before looking for entries again when there were none
     */
    public MirrorRelay(Mirror mirror, int number, Outbox outbox, JobLookup jobs, int concurrency, Duration idle) {
        this(mirror, number, outbox, jobs, concurrency, idle, null);
    }

    /**
     * As the other.
     *
     * @param copy of the log, beside the records; null when there is none
     */
    public MirrorRelay(
            Mirror mirror,
            int number,
            Outbox outbox,
            JobLookup jobs,
            int concurrency,
            Duration idle,
            MirroredLog copy) {
        this.mirror = mirror;
        this.copy = copy;
        this.number = number;
        this.outbox = outbox;
        this.jobs = jobs;
        this.idle = idle;
        this.concurrency = concurrency;
        this.workers = Executors.newFixedThreadPool(concurrency, task -> daemon(task, "mirror-put"));
        this.thread = daemon(this::run, "mirror-relay");
    }

    private static Thread daemon(Runnable task, String name) {
        Thread thread = new Thread(task, name);
        thread.setDaemon(true);
        return thread;
    }

    /** Starts carrying. */
    public void start() {
        thread.start();
        if (mirror instanceof MendableMirror files) {
            daemon(() -> new MirrorMending(files, jobs, () -> closing).run(), "mirror-mending")
                    .start();
        }
    }

    public Mirror mirror() {
        return mirror;
    }

    /** The copy of the log that the mirror keeps beside the records. */
    public Optional<MirroredLog> copy() {
        return Optional.ofNullable(copy);
    }

    /** Records that were put since the start. */
    public long puts() {
        return puts.sum();
    }

    /** Puts that failed in a way that may pass. */
    public long passingFailures() {
        return passingFailures.sum();
    }

    /** Puts that failed in a way that does not pass by itself. */
    public long lastingFailures() {
        return lastingFailures.sum();
    }

    public Outbox.Backlog backlog() {
        return outbox.backlog(number);
    }

    /**
     * Tries every entry, and the copy of the log, again now, also what is blocked; returns how many were. Blocks on the
     * database.
     */
    public int retry() {
        int released = outbox.release(number) + (copy != null && copy.retry() ? 1 : 0);
        synchronized (this) {
            outage = 0;
            notifyAll();
        }
        return released;
    }

    private void run() {
        boolean outboxFails = false;
        while (!closing) {
            boolean more = false;
            try {
                more = relayOnce();
                outboxFails = false;
            } catch (RuntimeException e) {
                // The outbox itself did not answer; its entries are still there for the next round.
                if (!outboxFails) {
                    LOG.warn("The mirror {} waits: its outbox cannot be read: {}", mirror.uri(), e.getMessage());
                }
                outboxFails = true;
            }
            if (!more) {
                pause();
            }
        }
    }

    private synchronized void pause() {
        try {
            if (!closing) {
                // What failed may be one entry's own trouble; the others must not wait long for it.
                wait(
                        outage == 0
                                ? idle.toMillis()
                                : Math.min(
                                        OUTAGE_PAUSE.toMillis(),
                                        Backoff.after(outage - 1).toMillis()));
            }
        } catch (InterruptedException e) {
            closing = true;
        }
    }

    /** How one round of puts went. Safe for the workers to share. */
    private static final class Round {
        final List<Outbox.Entry> done = Collections.synchronizedList(new ArrayList<>());
        final List<Outbox.Entry> untried = Collections.synchronizedList(new ArrayList<>());
        final AtomicInteger passingFailures = new AtomicInteger();
        final AtomicInteger lastingFailures = new AtomicInteger();

        boolean hopeless(int limit) {
            return passingFailures.get() >= limit && done.isEmpty() && lastingFailures.get() == 0;
        }
    }

    /**
     * Carries one page of due entries; says whether there may be more at once. When nothing gets through, the rest of
     * the page is left alone, and in the next rounds only a few entries are tried: an outage must not cost a look into
     * the ledger and a note in the outbox for every key, again and again.
     */
    public boolean relayOnce() {
        int limit = outage() ? concurrency : PAGE;
        List<Outbox.Entry> entries = outbox.due(number, limit);
        Round round = new Round();
        List<Future<?>> puts = new ArrayList<>();
        for (Outbox.Entry entry : entries) {
            puts.add(workers.submit(() -> carry(entry, round)));
        }
        try {
            for (Future<?> put : puts) {
                put.get();
            }
        } catch (InterruptedException e) {
            closing = true;
        } catch (ExecutionException e) {
            throw new IllegalStateException(e.getCause());
        } finally {
            outbox.done(List.copyOf(round.done));
            outbox.leave(List.copyOf(round.untried));
        }
        learn(round);
        return entries.size() == limit && !round.done.isEmpty();
    }

    private synchronized boolean outage() {
        return outage > 0;
    }

    /** A round without entries teaches nothing. */
    private synchronized void learn(Round round) {
        if (round.hopeless(1)) {
            outage++;
        } else if (!round.done.isEmpty() || round.lastingFailures.get() > 0) {
            outage = 0;
        }
    }

    private void carry(Outbox.Entry entry, Round round) {
        if (closing || round.hopeless(concurrency) || !outbox.mine(entry)) {
            round.untried.add(entry);
            return;
        }
        try {
            put(entry.key());
            puts.increment();
            round.done.add(entry);
            recovered();
        } catch (MirrorException e) {
            (e.isPassing() ? passingFailures : lastingFailures).increment();
            if (e.isPassing()) {
                round.passingFailures.incrementAndGet();
                outbox.failed(entry, e.getMessage(), Backoff.after(entry.attempts()));
            } else {
                round.lastingFailures.incrementAndGet();
                outbox.block(entry, e.getMessage());
            }
            failedOnce(e);
        } catch (LedgerException e) {
            // It is not the mirror that failed; the entry stays as it is, for the next round.
            round.untried.add(entry);
            throw e;
        } catch (RuntimeException e) {
            // Nobody foresaw it. Tried again and again it would hold up every other key, so it waits for an operator.
            lastingFailures.increment();
            round.lastingFailures.incrementAndGet();
            outbox.block(entry, e.toString());
            LOG.error("The mirror {} cannot take {}; it waits until it is released", mirror.uri(), entry.key(), e);
        }
    }

    /** Puts what the name answers, with the other jobs that are open beside it. */
    private void put(JobKey key) {
        JobLookup.Known known = jobs.known(key, JobLookup.Narrowing.NONE).orElse(null);
        if (known == null) {
            takeOut(key);
            return;
        }
        JobRecord answer = OtherRecords.with(
                known.newest(),
                known.open().stream()
                        .filter(open -> !same(open, known.newest()))
                        .toList());
        if (!mirror.put(answer)) {
            // The held job may have ended since it was put: then the mirror first hears of that, and its record no
            // longer goes before the answer.
            JobRecord held =
                    mirror.get(key).filter(record -> record.jobId() != null).orElse(null);
            if (held != null
                    && jobs.job(held.executionHost(), held.jobId())
                            .filter(job -> job.keys().contains(key))
                            .map(job -> mirror.put(job.record(key)))
                            .orElse(false)) {
                mirror.put(answer);
            }
        }
    }

    private static boolean same(JobRecord a, JobRecord b) {
        return a.executionHost().equals(b.executionHost()) && Objects.equals(a.jobId(), b.jobId());
    }

    /**
     * The name was only a status check's guess, and the job's launch has named it better since; or it is a dry run's,
     * which earlier versions put.
     */
    private void takeOut(JobKey key) {
        mirror.get(key)
                .filter(held -> held.jobId() != null)
                .filter(held -> held.checkMode()
                        || jobs.job(held.executionHost(), held.jobId())
                                .filter(job -> !job.keys().contains(key))
                                .isPresent())
                .ifPresent(held -> mirror.delete(key, held.jobId()));
    }

    /** An outage is said once when it begins and once when it ends, not for every key. */
    private synchronized void failedOnce(MirrorException e) {
        if (!failing) {
            failing = true;
            LOG.warn(
                    "The mirror {} fails; entries wait in the outbox{}: {}",
                    mirror.uri(),
                    e.isPassing() ? " and are tried again" : " until they are released",
                    e.getMessage());
        }
    }

    private synchronized void recovered() {
        if (failing) {
            failing = false;
            LOG.info("The mirror {} works again", mirror.uri());
        }
    }

    /** Stops after the puts that are under way, or after a few seconds; what is left stays in the outbox. */
    @Override
    public void close() {
        closing = true;
        synchronized (this) {
            notifyAll();
        }
        workers.shutdown();
        try {
            thread.join(3000);
            workers.awaitTermination(3, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        mirror.close();
    }
}
