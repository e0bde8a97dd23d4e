package io.jobledger.ledger.h2;

import io.jobledger.files.PrivateFiles;
import io.jobledger.ledger.AsOf;
import io.jobledger.ledger.DeliveryState;
import io.jobledger.ledger.JobLookup;
import io.jobledger.ledger.Ledger;
import io.jobledger.ledger.LedgerException;
import io.jobledger.ledger.Precondition;
import io.jobledger.ledger.jdbc.JdbcDeliveryState;
import io.jobledger.ledger.jdbc.JdbcLedger;
import io.jobledger.ledger.project.JobRows;
import io.jobledger.ledger.query.LogPlace;
import io.jobledger.ledger.retention.LedgerActs;
import io.jobledger.ledger.rows.Failures;
import io.jobledger.log.EventLog.Appended;
import io.jobledger.log.LogException;
import io.jobledger.log.LogFact;
import io.jobledger.log.LogHead;
import io.jobledger.log.file.FileLog;
import io.jobledger.model.Event;
import io.jobledger.model.Job;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import org.jdbi.v3.core.Handle;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The ledger in a directory: what is appended to the log and synced is acknowledged, and a {@link Projector} works it
 * into the records. A resume waits until what was acknowledged of its name is there.
 */
public final class EmbeddedLedger extends JdbcLedger {
    private static final Logger LOG = LoggerFactory.getLogger(EmbeddedLedger.class);
    /** Longest time that a question waits for the projector. */
    private static final Duration PATIENCE = Duration.ofSeconds(5);
    /** Longest time that a list waits for it; then it speaks of what there is. */
    private static final Duration LIST_PATIENCE = Duration.ofMillis(500);
    /** With so many entries that are not projected, nothing more is taken until there are fewer. */
    private static final long MOST_BEHIND = 500_000;
    /** Bytes that are left to the projector, whatever is kept free: what is acknowledged must get into the records. */
    private static final long RESERVE = 8 << 20;

    /**
     * How to open a ledger.
     *
     * @param directory of the ledger
     * @param cacheKib memory for H2's page cache
     * @param queueEvents most events waiting for a commit
     * @param maxGroup most events in one commit
     * @param minFree bytes of the disk below which nothing is appended
     * @param queryTimeout longest time for one statement of an audit
     */
    public record Options(
            Path directory, int cacheKib, int queueEvents, int maxGroup, long minFree, Duration queryTimeout) {
        /** With the usual time limit. */
        public Options(Path directory, int cacheKib, int queueEvents, int maxGroup, long minFree) {
            this(directory, cacheKib, queueEvents, maxGroup, minFree, Duration.ofSeconds(10));
        }
    }

    private final LedgerDirectory directory;
    private final FileLog log;
    private final Projections projections;
    private final H2Database delivery;
    private final Tail tail;
    private final Progress progress;
    private final Projector projector;
    private final JobLookup lookup;
    private final DeliveryState deliveryState;
    private volatile long impatientUntil = System.nanoTime();

    private EmbeddedLedger(
            Options options,
            FileLog log,
            Projections projections,
            H2Database delivery,
            H2Outbox outbox,
            List<String> mirrors,
            boolean deliveryLost,
            Clock clock) {
        super(
                projections.jdbi(),
                log,
                outbox,
                mirrors,
                options.queueEvents(),
                options.maxGroup(),
                options.queryTimeout(),
                () -> H2SecondPlace.below(options.directory()),
                clock);
        this.directory = new LedgerDirectory(options.directory());
        this.log = log;
        this.projections = projections;
        this.delivery = delivery;
        this.tail = new Tail(log.head().entry());
        this.progress = new Progress(LogSteps.asOf(log, projections.applied(), clock.instant()));
        this.projector = new Projector(log, projections, outbox, mirrors(), tail, progress, this::committed, clock);
        this.lookup = new WaitingLookup(super.jobs(), tail, progress, PATIENCE);
        this.deliveryState = new JdbcDeliveryState(
                delivery.jdbi(),
                UUID.randomUUID(),
                false,
                () -> new LogPlace(log.head().epoch(), log.head().entry()),
                deliveryLost,
                clock);
        projector.start();
    }

    /**
     * Opens the ledger, and makes it when there is none. Ingest is open when this returns; the records may still be
     * behind.
     *
     * @param mirrors URIs of the mirrors to feed
     * @throws LedgerException of kind {@code UNUSABLE} that says what to do
     */
    public static EmbeddedLedger open(Options options, List<String> mirrors, Clock clock) {
        LedgerDirectory directory = new LedgerDirectory(options.directory());
        FileLog log = null;
        Projections projections = null;
        H2Database delivery = null;
        try {
            refuseEarlier(directory);
            PrivateFiles.createDirectory(directory.path());
            log = FileLog.open(directory.log(), FileLog.Options.of(Math.max(options.minFree(), RESERVE)));
            projections = Projections.open(directory, options.cacheKib());
            delivery = delivery(directory);
            H2Outbox outbox = new H2Outbox(delivery.jdbi(), clock);
            boolean deliveryLost = log.head().entry() > 0 && outbox.enqueued() == 0;
            Startup.run(directory, log, projections, outbox);
            return new EmbeddedLedger(options, log, projections, delivery, outbox, mirrors, deliveryLost, clock);
        } catch (IOException | RuntimeException e) {
            close(projections, delivery, log);
            throw directory.unusable(e);
        }
    }

    private static H2Database delivery(LedgerDirectory directory) throws IOException {
        try {
            return directory.openDelivery();
        } catch (RuntimeException e) {
            LOG.warn("What the mirrors have cannot be read: {}", Failures.text(e));
            directory.setDeliveryAside();
            return directory.openDelivery();
        }
    }

    /** What a ledger of an earlier version holds must not be passed over for a new, empty one. */
    private static void refuseEarlier(LedgerDirectory directory) {
        Path earlier = directory.path().resolveSibling(directory.path().getFileName() + LedgerDirectory.SUFFIX);
        if (Files.exists(earlier) && !Files.exists(directory.path())) {
            throw new LedgerException(
                    LedgerException.Kind.UNUSABLE,
                    earlier + " is a ledger of a version before the log, which this program cannot read. Move it away,"
                            + " or start the version that wrote it");
        }
    }

    private static void close(AutoCloseable... parts) {
        for (AutoCloseable part : parts) {
            try {
                if (part != null) {
                    part.close();
                }
            } catch (Exception e) {
                LOG.warn("A part of the ledger could not be closed: {}", Failures.text(e));
            }
        }
    }

    @Override
    protected List<Integer> commit(List<List<Event>> batches, Precondition precondition) throws Exception {
        long behind = log.head().entry() - progress.applied();
        if (behind > MOST_BEHIND) {
            throw new LedgerException(
                    LedgerException.Kind.BUSY,
                    behind + " events are acknowledged and not yet worked into the records; send the batch again in a"
                            + " moment");
        }
        if (precondition != null) {
            progress.await(log.head().entry(), PATIENCE);
            try (Handle handle = jdbi().open()) {
                require(precondition, batches, handle);
            }
        }
        requireRoom(batches);
        Appended appended = log.append(batches, now());
        if (!appended.fresh().isEmpty()) {
            tail.add(appended.fresh(), appended.head());
            projector.appended();
        }
        return appended.stored();
    }

    /**
     * A job takes so much, and no more. Saves alone make it grow without end, so they are refused before they are
     * acknowledged.
     */
    private void requireRoom(List<List<Event>> batches) {
        for (List<Event> batch : batches) {
            for (Event event : batch) {
                if (event instanceof Event.JobSaved saved) {
                    Job job = saved.job();
                    JobRows.doc(lookup.job(job.executionHost(), job.jobId())
                            .map(known -> known.merge(job))
                            .orElse(job));
                }
            }
        }
    }

    /** The log has everything: the rows are computed again, while the ledger goes on. */
    @Override
    protected void damaged() {
        projector.computeAgain();
    }

    /** A list speaks of what is projected; for who asks right after an acknowledgement that is most often all. */
    @Override
    protected void settle() {
        if (System.nanoTime() - impatientUntil >= 0
                && !progress.awaitIfSoon(log.head().entry(), LIST_PATIENCE)) {
            // A page asks several questions, and should not wait before each of them.
            impatientUntil = System.nanoTime() + 2 * LIST_PATIENCE.toNanos();
        }
    }

    @Override
    protected <T> T record(LedgerActs.Work<T> work) throws Exception {
        progress.await(log.head().entry(), PATIENCE);
        List<LogFact> facts = new ArrayList<>();
        T result;
        try (Handle handle = jdbi().open()) {
            result = work.in(handle, facts);
        }
        if (!facts.isEmpty()) {
            log.append(now(), facts);
            projector.appended();
        }
        return result;
    }

    @Override
    protected void acted() {
        progress.awaitIfSoon(log.head().entry(), PATIENCE);
    }

    @Override
    public AsOf asOf() {
        AsOf now = progress.asOf();
        return new AsOf(log.head().epoch(), now.entry(), now.at());
    }

    @Override
    public DeliveryState deliveryState() {
        return deliveryState;
    }

    @Override
    public JobLookup jobs() {
        return lookup;
    }

    @Override
    public long bytes() {
        try {
            return log.bytes() + projections.bytes() + delivery.bytes();
        } catch (IOException e) {
            throw Failures.of("the size of the ledger " + directory.path() + " cannot be read", e);
        }
    }

    @Override
    protected String trouble() {
        return projector.trouble();
    }

    @Override
    public void check() {
        checkHeads();
        try {
            log.check();
        } catch (LogException e) {
            throw Failures.of("the ledger cannot be written", e);
        }
        String trouble = projector.trouble();
        if (trouble != null) {
            throw new LedgerException(
                    LedgerException.Kind.AWAY, "what is acknowledged is not worked into the records: " + trouble);
        }
    }

    @Override
    public void backup(Path copy) {
        try {
            LedgerBackup.write(log, delivery.jdbi(), now(), copy);
        } catch (IOException | RuntimeException e) {
            throw Failures.of("the ledger could not be copied to " + copy, e);
        }
    }

    @Override
    public Ledger.Copied files() {
        return new H2Files(log.files(), delivery.jdbi());
    }

    @Override
    public void computeAgain() {
        projector.computeAgain();
    }

    @Override
    public String location() {
        return directory.path().toString();
    }

    @Override
    public void close() {
        drain();
        if (projector.trouble() == null) {
            progress.awaitIfSoon(log.head().entry(), LIST_PATIENCE);
        }
        projector.close();
        LogHead applied = projections.applied();
        close(projections, delivery);
        try {
            directory.close(applied);
        } catch (IOException e) {
            LOG.warn("The ledger {} is closed, and that could not be written down: {}", directory.path(), e.toString());
        }
        close(log);
    }
}
