package io.jobledger.ledger.move;

import com.zaxxer.hikari.HikariDataSource;
import com.zaxxer.hikari.pool.HikariPool;
import io.jobledger.auth.Token;
import io.jobledger.config.LedgerLocation;
import io.jobledger.ledger.LedgerException;
import io.jobledger.ledger.chain.LedgerHead;
import io.jobledger.ledger.h2.H2Connections;
import io.jobledger.ledger.h2.H2Files;
import io.jobledger.ledger.h2.H2Ledger;
import io.jobledger.ledger.h2.Journal;
import io.jobledger.ledger.h2.LedgerMark;
import io.jobledger.ledger.jdbc.JdbcLedger;
import io.jobledger.ledger.jdbc.Migrations;
import io.jobledger.ledger.postgres.EventPartitions;
import io.jobledger.ledger.postgres.PostgresConnections;
import io.jobledger.ledger.postgres.PostgresLedger;
import io.jobledger.ledger.postgres.PostgresTokens;
import io.jobledger.ledger.postgres.PostgresTrail;
import io.jobledger.ledger.postgres.PostgresWriteTransaction;
import io.jobledger.ledger.rows.Failures;
import io.jobledger.trail.Act;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.flywaydb.core.api.FlywayException;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.Jdbi;
import org.jdbi.v3.core.JdbiException;

/**
 * Moves an embedded ledger, which no ingester has open, into an empty PostgreSQL database: every row as it is, the
 * numbers and times of its events too. What is interrupted goes on when it is started again; if the source has changed
 * since, from the beginning. The source is only read, and stays. The tokens that opened the embedded ledger go first:
 * no ingester serves the new one before it is whole, and so never without them.
 */
public final class LedgerMove {
    private static final int PAGE = 2_000;
    private static final int CACHE_KIB = 32 * 1024;
    /** The part that is done when everything is. */
    private static final String WHOLE = "whole ledger";

    /** Is told how far it is. */
    public interface Progress {
        /** @param what is done now, {@code total} rows of it */
        void begin(String what, long total);

        void step(long done);
    }

    /** A table that is the same on both sides now. */
    public record Moved(String table, long rows, String digest) {}

    private final Path file;
    private final LedgerLocation.Postgres target;
    private final Access access;
    private final Progress progress;
    private final EventPartitions partitions = new EventPartitions();

    /**
     * Who may come in at the embedded ledger.
     *
     * @param tokens those that are moved with it
     * @param by who moves them, for the trail
     */
    public record Access(List<Token> tokens, String by) {
        public Access {
            tokens = List.copyOf(tokens);
        }
    }

    /** @param base the embedded ledger, without its suffix */
    public LedgerMove(Path base, LedgerLocation.Postgres target, Access access, Progress progress) {
        this.file = base;
        this.target = target;
        this.access = access;
        this.progress = progress;
    }

    /**
     * Moves, and compares both sides row by row.
     *
     * @throws LedgerException saying what to do; what was moved stays for the next try
     */
    public List<Moved> run() {
        Path database = H2Files.databaseFile(file);
        if (!Files.exists(database)) {
            throw new LedgerException(LedgerException.Kind.UNUSABLE, "there is no ledger at " + database);
        }
        H2Ledger.claim(database);
        try (HikariDataSource pool = PostgresConnections.patientPool(target)) {
            Jdbi to = prepared(pool);
            H2Files.prepare(file, base -> {});
            Journal.refuseLeft(database);
            return LedgerMark.keeping(database, () -> {
                try (H2Connections connections = new H2Connections(file, CACHE_KIB, H2Ledger.Medium.DISK.scheme())) {
                    Migrations.run(connections.dataSource(), "the ledger " + database, "common");
                    return JdbcLedger.jdbi(connections).withHandle(from -> move(from, to));
                }
            });
        } catch (JdbiException e) {
            throw Failures.of("the ledger could not be moved to " + target, e);
        } catch (HikariPool.PoolInitializationException | FlywayException e) {
            throw H2Ledger.unusable(database, e);
        } catch (RuntimeException e) {
            throw e;
        } catch (Exception e) {
            throw H2Ledger.unusable(database, e);
        } finally {
            H2Ledger.release(database);
        }
    }

    private Jdbi prepared(HikariDataSource pool) {
        try {
            PostgresLedger.migrate(target);
            return PostgresLedger.jdbi(pool);
        } catch (RuntimeException e) {
            throw PostgresLedger.unusable(target, e);
        }
    }

    private List<Moved> move(Handle from, Jdbi to) throws SQLException {
        // Rows as they are read, not all of them first.
        from.execute("SET LAZY_QUERY_EXECUTION 1");
        List<MovePart> parts = MovePart.of(from);
        begin(to, parts, fingerprint(from, parts));
        moveTokens(to);
        for (MovePart part : parts) {
            copy(part, from, to);
        }
        List<Moved> moved = new ArrayList<>();
        for (MovePart part : parts) {
            moved.add(compare(part, from, to));
        }
        to.useTransaction(handle -> {
            PostgresWriteTransaction.lock(handle);
            LedgerHead.read(from).writeTo(handle);
            handle.execute("UPDATE ledger_move SET done = TRUE");
        });
        return moved;
    }

    private void moveTokens(Jdbi to) {
        if (!access.tokens().isEmpty()) {
            new PostgresTrail(to, target.toString(), Clock.systemUTC())
                    .record(new Act(
                            "token.move",
                            access.by(),
                            "local",
                            Map.of(
                                    "ids",
                                    access.tokens().stream().map(Token::id).toList())));
            new PostgresTokens(to, target.toString()).adopt(access.tokens());
        }
    }

    /** Changes whenever something was stored in the source. */
    private static String fingerprint(Handle from, List<MovePart> parts) {
        long last = from.createQuery("SELECT COALESCE(MAX(entry), 0) FROM events")
                .mapTo(Long.class)
                .one();
        return last + parts.stream().map(part -> " " + part.count(from)).reduce("", String::concat);
    }

    private void begin(Jdbi to, List<MovePart> parts, String source) {
        to.useTransaction(handle -> {
            PostgresWriteTransaction.lock(handle);
            String begun = handle.createQuery("SELECT source FROM ledger_move WHERE part = ? AND NOT done")
                    .bind(0, WHOLE)
                    .mapTo(String.class)
                    .findOne()
                    .orElse(null);
            if (Objects.equals(begun, source)) {
                return;
            }
            if (begun == null
                    && handle.createQuery("SELECT EXISTS (SELECT 1 FROM events) OR EXISTS (SELECT 1 FROM jobs)")
                            .mapTo(Boolean.class)
                            .one()) {
                throw new LedgerException(
                        LedgerException.Kind.UNUSABLE,
                        "the ledger " + target
                                + " is not empty: a ledger is moved into an empty database only. Make another"
                                + " database, or name the one you meant");
            }
            parts.forEach(part -> handle.execute("TRUNCATE " + part.table()));
            handle.execute("TRUNCATE run_days");
            handle.execute("DELETE FROM ledger_move");
            parts.forEach(part -> note(handle, part.table(), source));
            note(handle, WHOLE, source);
        });
    }

    private static void note(Handle handle, String part, String source) {
        handle.execute("INSERT INTO ledger_move (part, source, after, done) VALUES (?, ?, 0, FALSE)", part, source);
    }

    private void copy(MovePart part, Handle from, Jdbi to) throws SQLException {
        record State(long after, boolean done) {}
        State state = to.withHandle(handle -> handle.createQuery("SELECT after, done FROM ledger_move WHERE part = ?")
                .bind(0, part.table())
                .map((rows, c) -> new State(rows.getLong(1), rows.getBoolean(2)))
                .one());
        if (state.done) {
            return;
        }
        progress.begin(part.table(), part.count(from));
        long after = state.after;
        long copied = 0;
        try (PreparedStatement sql = from.getConnection().prepareStatement(part.select())) {
            if (part.numbered()) {
                sql.setLong(1, after);
                copied = from.createQuery("SELECT COUNT(*) FROM " + part.table() + " WHERE entry < ?")
                        .bind(0, after)
                        .mapTo(Long.class)
                        .one();
            }
            try (ResultSet rows = sql.executeQuery()) {
                List<List<Object>> page = new ArrayList<>();
                for (boolean more = rows.next(); more; ) {
                    List<Object> row = new ArrayList<>();
                    for (int i = 1; i <= part.columns().size(); i++) {
                        row.add(rows.getObject(i));
                    }
                    page.add(row);
                    more = rows.next();
                    if (page.size() == PAGE || !more) {
                        after = store(part, page, after, to);
                        copied += page.size();
                        progress.step(copied);
                        page.clear();
                    }
                }
            }
        }
        to.useHandle(handle -> handle.execute("UPDATE ledger_move SET done = TRUE WHERE part = ?", part.table()));
    }

    /** Stores a page and how far that is, in one transaction; returns the last number. */
    private long store(MovePart part, List<List<Object>> page, long after, Jdbi to) throws SQLException {
        long last = part.number(page.get(page.size() - 1));
        to.useTransaction(handle -> {
            PostgresWriteTransaction.lock(handle);
            if (handle.execute(
                            "UPDATE ledger_move SET after = ? WHERE part = ? AND after = ?", last, part.table(), after)
                    != 1) {
                throw new LedgerException(
                        LedgerException.Kind.UNUSABLE,
                        "another process is moving a ledger to " + target + ": let it finish");
            }
            part.insert(handle, page, partitions);
        });
        return last;
    }

    private Moved compare(MovePart part, Handle from, Jdbi to) throws SQLException {
        progress.begin("check of " + part.table(), part.count(from));
        RowDigest before = part.digest(from);
        // In a transaction the driver hands out rows as it reads them.
        RowDigest now = to.<RowDigest, SQLException>inTransaction(part::digest);
        progress.step(before.rows());
        if (before.rows() != now.rows() || !before.hex().equals(now.hex())) {
            throw new LedgerException(
                    LedgerException.Kind.UNUSABLE,
                    part.table() + " differs after the move: " + before.rows() + " rows in "
                            + H2Files.databaseFile(file) + ", " + now.rows() + " in " + target
                            + ". Empty that database and start again; if it happens twice, please report it");
        }
        return new Moved(part.table(), now.rows(), now.hex());
    }
}
