package io.jobledger.ledger.move;

import com.zaxxer.hikari.HikariDataSource;
import io.jobledger.auth.Token;
import io.jobledger.config.LedgerLocation;
import io.jobledger.ledger.LedgerException;
import io.jobledger.ledger.h2.LedgerArchive;
import io.jobledger.ledger.postgres.PostgresConnections;
import io.jobledger.ledger.postgres.PostgresLedger;
import io.jobledger.ledger.postgres.PostgresProjecting;
import io.jobledger.ledger.postgres.PostgresTokens;
import io.jobledger.ledger.postgres.PostgresTrail;
import io.jobledger.ledger.rows.Failures;
import io.jobledger.log.LogException;
import io.jobledger.log.LogHead;
import io.jobledger.log.LogRecord;
import io.jobledger.log.postgres.HeadRow;
import io.jobledger.log.postgres.PostgresLog;
import io.jobledger.trail.Act;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Clock;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.jdbi.v3.core.Jdbi;
import org.jdbi.v3.core.JdbiException;

/**
 * Moves an embedded ledger, which no ingester has open, into an empty PostgreSQL database: every record of its log as
 * it is. What is interrupted goes on when it is started again. The tokens that opened the embedded ledger go first: no
 * ingester serves the new one before it is whole, and so never without them.
 */
public final class LedgerMove {
    private static final int ENTRIES = 2_000;
    private static final long CHARACTERS = 8 << 20;
    /** What both sides must say alike; the rest follows from these. */
    private static final List<String> TABLES = List.of("runs", "plays", "jobs", "job_docs", "job_keys", "job_labels");

    /** Is told how far it is. */
    public interface Progress {
        /** @param what is done now, {@code total} of it */
        void begin(String what, long total);

        void step(long done);
    }

    /** A part that is the same on both sides now. */
    public record Moved(String part, long rows, String digest) {}

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

    private final Path directory;
    private final LedgerLocation.Postgres target;
    private final Access access;
    private final Progress progress;

    /** @param directory the embedded ledger */
    public LedgerMove(Path directory, LedgerLocation.Postgres target, Access access, Progress progress) {
        this.directory = directory;
        this.target = target;
        this.access = access;
        this.progress = progress;
    }

    /**
     * Moves, and compares both sides.
     *
     * @throws LedgerException saying what to do; what was moved stays for the next try
     */
    public List<Moved> run() {
        try (LedgerArchive source = LedgerArchive.open(directory, true);
                HikariDataSource pool = PostgresConnections.patientPool(target)) {
            Jdbi to = prepared(pool);
            PostgresLog log = new PostgresLog(
                    to, UUID.randomUUID(), new PostgresProjecting(Clock.systemUTC()), Clock.systemUTC());
            log.beginCopy(directory.toString(), there -> requireBeginning(source, there));
            moveTokens(to);
            copy(source, log);
            List<Moved> moved = compare(source, log, to);
            log.finishCopy(source.log().head());
            return moved;
        } catch (LogException e) {
            throw new LedgerException(LedgerException.Kind.UNUSABLE, e.getMessage(), e);
        } catch (JdbiException | SQLException e) {
            throw Failures.of("the ledger could not be moved to " + target, e);
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

    /** What is there must be nothing, or what an interrupted move of this ledger left. */
    private void requireBeginning(LedgerArchive source, HeadRow there) {
        LogHead copied = there.head();
        if (there.movedFrom() == null && copied.entry() > 0) {
            throw refused("is not empty: a ledger is moved into an empty database only. Make another database, or name"
                    + " the one you meant");
        }
        boolean[] same = {copied.entry() == 0};
        source.log().read(copied.entry(), record -> {
            same[0] |= record.last() == copied.entry() && Arrays.equals(record.hash(), copied.hash());
            return false;
        });
        if (!same[0]) {
            throw refused("holds the beginning of another ledger, or of this one before something was removed from it."
                    + " Drop that database, make it again, and start again");
        }
    }

    private LedgerException refused(String why) {
        return new LedgerException(LedgerException.Kind.UNUSABLE, "the ledger " + target + " " + why);
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

    private void copy(LedgerArchive source, PostgresLog log) {
        List<LogRecord> page = new ArrayList<>();
        long[] size = new long[1];
        progress.begin("log", source.log().head().entry());
        source.log().read(log.end().head().entry() + 1, record -> {
            page.add(record);
            size[0] += record.entries().stream()
                    .mapToLong(entry -> entry.body() == null ? 0 : entry.body().length())
                    .sum();
            if (record.last() - page.get(0).first() >= ENTRIES || size[0] >= CHARACTERS) {
                store(page, source, log);
                size[0] = 0;
            }
            return true;
        });
        store(page, source, log);
    }

    private void store(List<LogRecord> page, LedgerArchive source, PostgresLog log) {
        if (!page.isEmpty()) {
            log.copy(page, source.log()::ranges);
            progress.step(page.get(page.size() - 1).last());
            page.clear();
        }
    }

    private List<Moved> compare(LedgerArchive source, PostgresLog log, Jdbi to) throws SQLException {
        List<Moved> moved = new ArrayList<>();
        progress.begin("check of log", source.log().head().entry());
        LogDigest before = LogDigest.of(source.log(), progress::step);
        LogDigest now = LogDigest.of(log, entry -> {});
        moved.add(same("log", before.entries(), before.hex(), now.entries(), now.hex()));
        Jdbi from = source.records(upTo -> {});
        for (String table : TABLES) {
            progress.begin("check of " + table, 1);
            List<String> columns = RowDigest.columns(from, table);
            RowDigest was = from.<RowDigest, SQLException>inTransaction(rows -> RowDigest.of(rows, table, columns));
            RowDigest is = to.<RowDigest, SQLException>inTransaction(rows -> RowDigest.of(rows, table, columns));
            moved.add(same(table, was.rows(), was.hex(), is.rows(), is.hex()));
            progress.step(1);
        }
        return moved;
    }

    private Moved same(String part, long before, String digestBefore, long now, String digest) {
        if (before != now || !digestBefore.equals(digest)) {
            throw new LedgerException(
                    LedgerException.Kind.UNUSABLE,
                    part + " differs after the move: " + before + " rows in " + directory + ", " + now + " in " + target
                            + ". Drop that database, make it again, and start again; if it happens twice, please"
                            + " report it");
        }
        return new Moved(part, now, digest);
    }
}
