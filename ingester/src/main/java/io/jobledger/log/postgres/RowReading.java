package io.jobledger.log.postgres;

import io.jobledger.log.LogChain;
import io.jobledger.log.LogEntry;
import io.jobledger.log.LogEntry.Kind;
import io.jobledger.log.LogRecord;
import io.jobledger.log.SeqRanges;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.function.Predicate;
import org.jdbi.v3.core.Handle;

/** Reads records and entries, page by page. Thread-safe. */
final class RowReading {
    private static final int RECORDS = 500;
    private static final int ENTRIES = 1000;
    private static final long CHARACTERS = 4 << 20;
    private static final int OF_RUN = 200;

    private final Transactions transactions;

    RowReading(Transactions transactions) {
        this.transactions = transactions;
    }

    /** A row of {@code log_records}; {@code digests} is null in a stub. */
    private record Row(long first, long last, Instant received, long size, byte[] hash, byte[] digests) {}

    void read(long from, long upTo, Predicate<LogRecord> each) {
        for (long next = Math.max(1, from); next <= upTo; ) {
            long at = next;
            List<LogRecord> page = transactions.each("the log cannot be read", handle -> page(handle, at, upTo));
            if (page.isEmpty()) {
                return;
            }
            for (LogRecord record : page) {
                if (!each.test(record)) {
                    return;
                }
                next = record.last() + 1;
            }
        }
    }

    private static List<LogRecord> page(Handle handle, long from, long upTo) {
        List<Row> rows = rows(handle, from, upTo);
        if (rows.isEmpty()) {
            return List.of();
        }
        Map<Long, LogEntry> entries = entries(handle, rows.get(0).first, rows.get(rows.size() - 1).last);
        return rows.stream().map(row -> record(row, entries)).toList();
    }

    /** Those that fit into memory together, or one. */
    private static List<Row> rows(Handle handle, long from, long upTo) {
        List<Row> all = handle.createQuery("SELECT first_entry, last_entry, received_at, size, hash, digests FROM"
                        + " log_records WHERE last_entry >= ? AND last_entry <= ? ORDER BY last_entry LIMIT ?")
                .bind(0, from)
                .bind(1, upTo)
                .bind(2, RECORDS)
                .map((row, c) -> new Row(
                        row.getLong(1),
                        row.getLong(2),
                        row.getObject(3, OffsetDateTime.class).toInstant(),
                        row.getLong(4),
                        row.getBytes(5),
                        row.getBytes(6)))
                .list();
        int count = 0;
        long size = 0;
        while (count < all.size() && size < CHARACTERS && all.get(count).last - all.get(0).first < ENTRIES) {
            size += all.get(count++).size;
        }
        return all.subList(0, Math.max(Math.min(1, all.size()), count));
    }

    private static Map<Long, LogEntry> entries(Handle handle, long first, long last) {
        Map<Long, LogEntry> entries = new HashMap<>();
        handle.createQuery("SELECT run_id, seq, entry, body FROM events WHERE entry BETWEEN ? AND ?")
                .bind(0, first)
                .bind(1, last)
                .map((rows, c) ->
                        event(rows.getObject(1, UUID.class), rows.getLong(2), rows.getLong(3), rows.getString(4)))
                .forEach(entry -> entries.put(entry.entry(), entry));
        handle.createQuery("SELECT entry, body FROM facts WHERE entry BETWEEN ? AND ?")
                .bind(0, first)
                .bind(1, last)
                .map((rows, c) -> fact(rows.getLong(1), rows.getString(2)))
                .forEach(entry -> entries.put(entry.entry(), entry));
        return entries;
    }

    /** Without a digest where it is removed: the record has it. */
    private static LogEntry event(UUID run, long seq, long entry, String body) {
        return body == null
                ? new LogEntry(entry, Kind.REMOVED, run, seq, null, null)
                : new LogEntry(entry, Kind.EVENT, run, seq, body, LogChain.digest(Kind.EVENT, run, seq, body));
    }

    static LogEntry fact(long entry, String body) {
        byte[] digest = LogChain.digest(Kind.FACT, LogEntry.NO_RUN, 0, body);
        return new LogEntry(entry, Kind.FACT, LogEntry.NO_RUN, 0, body, digest);
    }

    private static LogRecord record(Row row, Map<Long, LogEntry> found) {
        List<LogEntry> entries = new ArrayList<>();
        if (row.digests != null) {
            for (long number = row.first; number <= row.last; number++) {
                LogEntry entry = found.get(number);
                entries.add(entry == null || entry.kind() == Kind.REMOVED ? removed(row, number, entry) : entry);
            }
        }
        return new LogRecord(row.first, row.last, row.received, entries, row.hash);
    }

    private static LogEntry removed(Row row, long number, LogEntry left) {
        int at = (int) (number - row.first) * LogChain.BYTES;
        return new LogEntry(
                number,
                Kind.REMOVED,
                left == null ? LogEntry.NO_RUN : left.run(),
                left == null ? 0 : left.seq(),
                null,
                Arrays.copyOfRange(row.digests, at, at + LogChain.BYTES));
    }

    void ofRun(UUID run, long from, long upTo, Predicate<LogEntry> each) {
        for (long next = from; next <= upTo; ) {
            long at = next;
            List<LogEntry> page = transactions.each(
                    "the events of run " + run + " cannot be read",
                    handle -> handle.createQuery(
                                    "SELECT seq, entry, body FROM events WHERE run_id = :run AND day = (SELECT day FROM"
                                            + " run_days WHERE run_id = :run) AND entry >= :from AND entry <= :upTo AND"
                                            + " body IS NOT NULL ORDER BY entry LIMIT " + OF_RUN)
                            .bind("run", run)
                            .bind("from", at)
                            .bind("upTo", upTo)
                            .map((rows, c) -> event(run, rows.getLong(1), rows.getLong(2), rows.getString(3)))
                            .list());
            for (LogEntry entry : page) {
                if (!each.test(entry)) {
                    return;
                }
            }
            if (page.size() < OF_RUN) {
                return;
            }
            next = page.get(page.size() - 1).entry() + 1;
        }
    }

    SeqRanges ranges(UUID run) {
        return transactions.each("the numbers of run " + run + " cannot be read", handle -> {
            SeqRanges ranges = new SeqRanges();
            handle.createQuery("SELECT MIN(seq), MAX(seq) FROM (SELECT seq, seq - row_number() OVER (ORDER BY seq) AS"
                            + " island FROM events WHERE run_id = :run AND day = (SELECT day FROM run_days WHERE run_id"
                            + " = :run)) numbers GROUP BY island UNION ALL SELECT from_seq, to_seq FROM"
                            + " forgotten_numbers WHERE run_id = :run")
                    .bind("run", run)
                    .map((rows, c) -> new SeqRanges.Range(rows.getLong(1), rows.getLong(2)))
                    .forEach(range -> ranges.add(range.from(), range.to()));
            return ranges;
        });
    }
}
