package io.jobledger.ledger.h2;

import io.jobledger.event.BatchDecoder;
import io.jobledger.files.PrivateFiles;
import io.jobledger.ledger.LedgerException;
import io.jobledger.ledger.Precondition;
import io.jobledger.ledger.chain.LedgerHead;
import io.jobledger.ledger.jdbc.JdbcLedger;
import io.jobledger.ledger.jdbc.Migrations;
import io.jobledger.ledger.project.LedgerWriter;
import io.jobledger.ledger.project.WriterMemory;
import io.jobledger.ledger.retention.JdbcRetention;
import io.jobledger.ledger.rows.Damage;
import io.jobledger.ledger.rows.Failures;
import io.jobledger.model.Event;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.sql.SQLException;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.zip.ZipOutputStream;
import javax.sql.DataSource;
import org.h2.mvstore.MVStore;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.HandleCallback;
import org.jdbi.v3.core.Jdbi;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The ledger in one embedded H2 file. A commit by itself promises little here: H2 writes it up to half a second later
 * and does not sync. So every group of batches is appended to a {@link Journal} and synced there before it is committed
 * and acknowledged; {@link Checkpoints} bring the file up to date every few seconds. docs/explanation/durability.md
 * tells what was measured.
 */
public final class H2Ledger extends JdbcLedger {
    private static final Logger LOG = LoggerFactory.getLogger(H2Ledger.class);
    private static final int FILE_IN_USE = 90020;
    /**
     * Bytes. What a checkpoint writes besides changed pages: H2's own tables, the list of its chunks, what rounds up to
     * blocks.
     */
    private static final long PAGES_BESIDES = 256 * 1024;
    /** Bytes of old pages that a snapshot moves together, so that their room can be used again. */
    private static final int COMPACTED = 4 << 20;

    /**
     * How to open a ledger.
     *
     * @param file path without H2's suffix {@code .mv.db}
     * @param cacheKib memory for H2's page cache
     * @param queueEvents most events waiting for a commit
     * @param maxGroup most events in one commit
     * @param minFree bytes of the disk below which nothing is written
     * @param queryTimeout longest time for one statement of an audit
     */
    public record Options(Path file, int cacheKib, int queueEvents, int maxGroup, long minFree, Duration queryTimeout) {
        /** With the usual time limit. */
        public Options(Path file, int cacheKib, int queueEvents, int maxGroup, long minFree) {
            this(file, cacheKib, queueEvents, maxGroup, minFree, Duration.ofSeconds(10));
        }
    }

    /**
     * Where the file lies and how it is brought to the disk; tests put another in its place to see what a loss of power
     * leaves.
     *
     * @param scheme of H2's file system
     * @param rhythm of the checkpoints
     * @param usable bytes that may still be written to the file system of a path
     */
    public record Medium(String scheme, Checkpoints.Rhythm rhythm, FreeRoom.Usable usable) {
        public static final Medium DISK = new Medium("file:", Checkpoints.Rhythm.USUAL, Medium::usable);

        /**
         * One system call. {@code Files.getFileStore} reads the table of mounts each time, which cost an eighth of the
         * time of storing a single event.
         */
        private static long usable(Path path) throws IOException {
            long bytes = path.toFile().getUsableSpace();
            if (bytes == 0 && !Files.exists(path)) {
                throw new NoSuchFileException(path.toString());
            }
            return bytes;
        }
    }

    /**
     * Files that this process has open: H2 would let a second ledger share the database unasked, and the first to close
     * would close both.
     */
    private static final Set<Path> OPEN = ConcurrentHashMap.newKeySet();

    private final Path file;
    private final H2Turn turn;
    private final H2Connections pool;
    private final Journal journal;
    private final LedgerMark mark;
    private final Checkpoints checkpoints;
    private final FreeRoom room;
    private final WriterMemory memory = new WriterMemory(1000);

    private H2Ledger(
            Options options,
            Medium medium,
            H2Connections pool,
            Journal journal,
            LedgerMark mark,
            Jdbi jdbi,
            H2Turn turn,
            List<String> mirrors,
            Clock clock) {
        super(
                jdbi,
                new H2Outbox(jdbi, clock, turn),
                mirrors,
                options.queueEvents(),
                options.maxGroup(),
                options.queryTimeout(),
                clock);
        this.file = H2Files.databaseFile(options.file());
        this.turn = turn;
        this.pool = pool;
        this.journal = journal;
        this.mark = mark;
        this.checkpoints = new Checkpoints(journal, this::sync, medium.rhythm());
        this.room = new FreeRoom(file, options.minFree(), medium.usable());
    }

    /**
     * Opens the ledger, makes it if it is not there, and brings it to this program's version.
     *
     * @param mirrors URIs of the mirrors to feed
     * @throws LedgerException of kind {@code UNUSABLE} that says what to do
     */
    public static H2Ledger open(Options options, List<String> mirrors, Clock clock) {
        return open(options, Medium.DISK, mirrors, clock);
    }

    public static H2Ledger open(Options options, Medium medium, List<String> mirrors, Clock clock) {
        Path file = H2Files.databaseFile(options.file());
        claim(file);
        H2Connections pool = null;
        LedgerMark mark = null;
        try {
            mark = LedgerMark.of(medium.scheme(), file);
            mark.requireAsClosed(file);
            H2Files.prepare(options.file(), base -> make(base, options.cacheKib()));
            mark.open();
            pool = new H2Connections(options.file(), options.cacheKib(), medium.scheme());
            migrate(pool.dataSource(), file);
            PrivateFiles.restrict(file);
            Leftovers.remove(file);
            Journal journal = new Journal(medium.scheme(), file);
            LedgerMark known = mark;
            pool.recover(connections -> replay(file, journal, known, connections));
            H2Ledger ledger = new H2Ledger(
                    options, medium, pool, journal, mark, JdbcLedger.jdbi(pool), new H2Turn(), mirrors, clock);
            ledger.settle();
            return ledger;
        } catch (Exception e) {
            if (pool != null) {
                pool.close();
            }
            if (mark != null) {
                mark.close();
            }
            release(file);
            throw unusable(file, e);
        }
    }

    /**
     * Brings to the file what came out of the journal, so that what is appended from now on does not lean on what
     * another process appended.
     */
    private void settle() {
        if (!journal.isEmpty()) {
            try {
                inTurn(() -> {
                    checkpoints.now();
                    return null;
                });
            } catch (LedgerException e) {
                LOG.warn("The ledger's file could not be brought up to date, its journal is kept: {}", e.getMessage());
            }
        }
        LedgerHead head = jdbi().withHandle(LedgerHead::read);
        try {
            mark.opened(head.entry(), head.removals());
        } catch (IOException e) {
            LOG.warn("What the ledger {} must contain could not be written down beside it: {}", file, Failures.text(e));
        }
    }

    /** Makes the file this caller's alone in this process, until {@link #release}; between processes H2 locks it. */
    public static void claim(Path file) {
        if (!OPEN.add(file)) {
            throw new LedgerException(
                    LedgerException.Kind.UNUSABLE, "the ledger " + file + " is already open in this process");
        }
    }

    public static void release(Path file) {
        OPEN.remove(file);
    }

    /** Stores what the journal has and the file has not, and makes sure that all is there that must be. */
    private static void replay(Path file, Journal journal, LedgerMark mark, DataSource connections) throws Exception {
        try (Handle handle = JdbcLedger.jdbi(connections::getConnection).open()) {
            LedgerHead head = LedgerHead.read(handle);
            LedgerMark.Facts known = mark.facts();
            if (head.removals() < known.removals()) {
                throw LedgerMark.lessThanKnown(file, head.entry(), known.events(), known.removals() - head.removals());
            }
            List<Integer> mirrors = handle.createQuery("SELECT mirror_id FROM mirrors")
                    .mapTo(Integer.class)
                    .list();
            long again = journal.replay(
                    head.entry(), known.events(), (step, events) -> store(handle, mirrors, step, events));
            if (!journal.isEmpty()) {
                LOG.info("The ledger was not closed properly; {} events were taken over from its journal", again);
            }
        } catch (IllegalArgumentException e) {
            throw new LedgerException(
                    LedgerException.Kind.UNUSABLE,
                    "the journal of the ledger cannot be taken over, an event in it is none of this version: "
                            + e.getMessage() + ". Start the version that wrote it once, or move " + journal.files()
                            + " away and do without what only they hold: 'jobledger accept-loss' then accepts that"
                            + " they are lost",
                    e);
        }
    }

    private static void store(Handle handle, List<Integer> mirrors, Takeover.Step step, List<String> events)
            throws SQLException {
        JournalRecord.Head head = step.place().head();
        handle.begin();
        LedgerWriter writer =
                new LedgerWriter(handle, new H2WriteTransaction(handle, mirrors, new WriterMemory(0)), head.received());
        writer.write(List.of(events.stream().map(BatchDecoder::again).toList()));
        if (writer.fresh().size() != head.events() || writer.lastEvent() != head.last()) {
            handle.rollback();
            throw new LedgerException(
                    LedgerException.Kind.UNUSABLE,
                    "the journal " + step.segment().file() + " and the ledger contradict each other at byte "
                            + step.place().position() + ": of the events " + head.first() + " to " + head.last()
                            + " the ledger has some under other numbers. Nothing was changed. " + LedgerMark.WAYS);
        }
        handle.commit();
    }

    private static void make(Path base, int cacheKib) {
        try (H2Connections pool = new H2Connections(base, cacheKib, Medium.DISK.scheme())) {
            migrate(pool.dataSource(), H2Files.databaseFile(base));
        }
    }

    private static void migrate(DataSource pool, Path file) {
        Migrations.run(pool, "the ledger " + file, "common");
    }

    /** Why a ledger cannot be opened, and what to do. */
    public static LedgerException unusable(Path file, Exception e) {
        if (e instanceof LedgerException known) {
            return known;
        }
        String why = "the ledger " + file + " cannot be opened: " + Failures.text(e);
        for (Throwable cause = e; cause != null; cause = cause.getCause()) {
            if (cause instanceof SQLException sql) {
                if (sql.getErrorCode() == FILE_IN_USE) {
                    why = "the ledger " + file
                            + " is in use by another process, most likely another ingester. Stop it, or give this one"
                            + " its own --data-dir";
                    return new LedgerException(LedgerException.Kind.UNUSABLE, why, e);
                }
            }
        }
        if (Damage.isIn(e)) {
            return H2Files.damaged(file, Damage.text(e), e);
        }
        return new LedgerException(LedgerException.Kind.UNUSABLE, why, e);
    }

    @Override
    protected List<Integer> commit(List<List<Event>> batches, Precondition precondition) throws Exception {
        room.require();
        AtomicLong last = new AtomicLong();
        AtomicReference<Journal.Appended> appended = new AtomicReference<>();
        List<Integer> stored = transaction(
                handle -> {
                    require(precondition, batches, handle);
                    LedgerWriter writer =
                            new LedgerWriter(handle, new H2WriteTransaction(handle, mirrors(), memory), now());
                    List<Integer> counts = writer.write(batches);
                    last.set(writer.lastEvent());
                    // Duplicates are in the file or in the journal: only what is in one of them was ever committed.
                    if (!writer.fresh().isEmpty()) {
                        appended.set(journal.append(
                                writer.received(),
                                writer.lastEvent() - writer.fresh().size() + 1,
                                writer.fresh()));
                    }
                    return counts;
                },
                () -> {
                    // A group of repeats alone appended nothing: what the journal has last is another group's, and
                    // acknowledged.
                    if (appended.get() != null) {
                        journal.retract(appended.get());
                    }
                });
        if (appended.get() != null) {
            mark.acknowledged(last.get());
        }
        committed(last.get());
        checkpoints.ifDue();
        return stored;
    }

    @Override
    protected void idle() throws Exception {
        // The writer runs before the constructor has ended; on a busy machine it is idle before there are checkpoints.
        if (checkpoints != null) {
            checkpoints.ifDue();
        }
    }

    @Override
    protected <T> T durably(JdbcRetention.Work<T> work) throws Exception {
        // What this removes must not come back, neither out of the journal nor out of the writer's memory.
        checkpoints.now();
        memory.forget();
        T done = transaction(work::in, () -> {});
        sync();
        mark.removed(jdbi().withHandle(LedgerHead::read).removals());
        return done;
    }

    /** What is to be done when a transaction whose work was done could not be committed. */
    private interface Undo {
        void run() throws Exception;
    }

    private <T> T transaction(HandleCallback<T, Exception> work, Undo undo) throws Exception {
        try {
            return turn.take(() -> jdbi().withHandle(handle -> {
                handle.begin();
                boolean worked = false;
                try {
                    T done = work.withHandle(handle);
                    worked = true;
                    handle.commit();
                    return done;
                } catch (Throwable e) {
                    try {
                        if (worked) {
                            undo.run();
                        }
                    } catch (Exception left) {
                        e.addSuppressed(left);
                    }
                    handle.rollback();
                    throw e;
                }
            }));
        } catch (Throwable e) {
            if (!(e instanceof LedgerException known && known.kind() == LedgerException.Kind.CONFLICT)) {
                memory.forget();
            }
            throw e;
        }
    }

    /**
     * Writes and syncs everything that is committed. Whoever stores meanwhile waits for the beginning alone, which only
     * looks what there is to write.
     */
    private void sync() throws SQLException, IOException {
        MVStore store = snapshot();
        // Waits until the snapshot is written. On the store that was asked for it: where that was closed by a failure,
        // a connection would have the one that was opened instead, which knows nothing of it.
        store.executeFilestoreOperation(() -> {});
        store.sync();
        if (store.isClosed() || store.getPanicException() != null) {
            throw new SQLException("the ledger's store was closed by a failure", "90098");
        }
        mark.sync();
    }

    /**
     * Puts everything that is committed in line to be written, and returns where; or nothing, where there is no room
     * for it, since a write without room would close the store.
     *
     * @throws LedgerException of kind {@code FULL}
     */
    private MVStore snapshot() throws SQLException {
        return turn.<MVStore, SQLException>take(() -> {
            return jdbi().<MVStore, SQLException>withHandle(handle -> {
                MVStore store = H2Connections.store(handle.getConnection());
                if (!room.has(store.getUnsavedMemory() + PAGES_BESIDES)) {
                    throw new LedgerException(
                            LedgerException.Kind.FULL,
                            "the disk of the ledger " + file
                                    + " has no room for what waits to be written; it is in the journal until there is");
                }
                // H2's own way to do it moves pages together beside the writer, and may then take a snapshot in the
                // middle of a transaction.
                store.compact(H2Connections.LEAST_FILL, COMPACTED);
                if (store.tryCommit() < 0 && store.hasUnsavedChanges()) {
                    store.commit();
                }
                return store;
            });
        });
    }

    @Override
    public long bytes() {
        try {
            return Files.size(file) + journal.bytes();
        } catch (IOException e) {
            throw new LedgerException(
                    LedgerException.Kind.FAILED,
                    "the size of the ledger " + file + " cannot be read: " + e.getMessage(),
                    e);
        }
    }

    @Override
    public void check() {
        health().check();
        room.require();
        try {
            sync();
        } catch (RuntimeException | SQLException | IOException e) {
            throw Failures.of("the ledger cannot be written", e);
        }
    }

    @Override
    public void backup(Path copy) {
        try {
            Files.createFile(copy, PrivateFiles.fileAttributes(copy));
            // H2's command for it would take a snapshot first, whatever goes on.
            sync();
            jdbi().<Exception>useHandle(handle -> copy(H2Connections.store(handle.getConnection()), copy));
        } catch (Exception e) {
            throw Failures.of("the ledger could not be copied to " + copy, e);
        }
    }

    /** What is written to the file meanwhile is written behind what the copy needs. */
    private static void copy(MVStore store, Path copy) throws IOException {
        try (FileChannel channel = FileChannel.open(copy, StandardOpenOption.WRITE);
                ZipOutputStream zip =
                        new ZipOutputStream(new BufferedOutputStream(Channels.newOutputStream(channel), 1 << 16))) {
            store.getFileStore().backup(zip);
            zip.finish();
            zip.flush();
            channel.force(true);
        }
    }

    @Override
    public String location() {
        return file.toString();
    }

    @Override
    public void close() {
        boolean idle = drain();
        boolean whole = false;
        try {
            if (idle) {
                // After it the file alone is the ledger, and there is no journal. A writer that still hangs may be
                // between its journal and its commit, so its journal stays.
                checkpoints.now();
                whole = true;
            }
            // Closing the last connection closes the file; saying so first makes H2 write and compact it now, within
            // its own time limit.
            jdbi().useHandle(handle -> handle.execute("SHUTDOWN"));
        } catch (Exception e) {
            // What was acknowledged is in the file or in the journal; opening it again recovers by itself.
        }
        checkpoints.close();
        journal.close();
        boolean closed = pool.shutDown();
        try {
            if (whole && closed) {
                mark.closed(file);
            }
        } catch (IOException e) {
            LOG.warn("The ledger {} is closed, and its checksum could not be written down: {}", file, Failures.text(e));
        }
        mark.close();
        release(file);
    }
}
