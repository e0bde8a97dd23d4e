package io.jobledger.log.postgres;

import io.jobledger.log.LogChain;
import io.jobledger.log.LogEntry;
import io.jobledger.log.LogEntry.Kind;
import io.jobledger.log.LogHead;
import io.jobledger.log.LogRecord;
import java.io.ByteArrayOutputStream;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.Types;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.UUID;
import org.jdbi.v3.core.Handle;

/** Writes records as rows, in a transaction that holds the head's lock. Not thread-safe. */
final class RecordWriter {
    private final Handle handle;
    private final EventPartitions partitions;

    RecordWriter(Handle handle, EventPartitions partitions) {
        this.handle = handle;
        this.partitions = partitions;
    }

    /**
     * Writes entries that follow a head, as one record.
     *
     * @param epoch of the log from then on
     */
    LogHead append(LogHead head, int epoch, Instant received, List<LogEntry> entries) throws SQLException {
        long last = head.entry() + entries.size();
        List<byte[]> digests = entries.stream().map(LogEntry::digest).toList();
        byte[] hash = LogChain.next(head.hash(), head.entry() + 1, last, received, digests);
        write(new LogRecord(head.entry() + 1, last, received, entries, hash));
        LogHead now = new LogHead(epoch, last, hash);
        HeadRow.write(handle, now);
        return now;
    }

    /** Writes a record as it is. */
    void write(LogRecord record) throws SQLException {
        handle.createUpdate("INSERT INTO log_records (last_entry, first_entry, received_at, size, hash, digests) VALUES"
                        + " (?, ?, ?, ?, ?, ?)")
                .bind(0, record.last())
                .bind(1, record.first())
                .bind(2, record.received().atOffset(ZoneOffset.UTC))
                .bind(3, size(record.entries()))
                .bind(4, record.hash())
                .bind(5, record.isStub() ? null : digests(record.entries()))
                .execute();
        List<LogEntry> events = record.entries().stream()
                .filter(entry -> entry.kind() != Kind.FACT)
                // What is left of a fact has no number.
                .filter(entry -> entry.kind() == Kind.EVENT || entry.seq() > 0)
                .toList();
        insertEvents(events, record.received().atOffset(ZoneOffset.UTC).toLocalDate());
        insertFacts(record.entries().stream()
                .filter(entry -> entry.kind() == Kind.FACT)
                .toList());
    }

    private static long size(List<LogEntry> entries) {
        return entries.stream()
                .map(LogEntry::body)
                .filter(Objects::nonNull)
                .mapToLong(String::length)
                .sum();
    }

    private static byte[] digests(List<LogEntry> entries) {
        ByteArrayOutputStream digests = new ByteArrayOutputStream(entries.size() * LogChain.BYTES);
        entries.forEach(entry -> digests.writeBytes(entry.digest()));
        return digests.toByteArray();
    }

    private void insertEvents(List<LogEntry> events, LocalDate today) throws SQLException {
        if (events.isEmpty()) {
            return;
        }
        Set<UUID> runs = new LinkedHashSet<>();
        events.forEach(entry -> runs.add(entry.run()));
        Map<UUID, LocalDate> days = days(runs, today);
        try (PreparedStatement insert = handle.getConnection()
                .prepareStatement("INSERT INTO events (run_id, seq, entry, day, body) VALUES (?, ?, ?, ?, ?)")) {
            for (LogEntry entry : events) {
                insert.setObject(1, entry.run());
                insert.setLong(2, entry.seq());
                insert.setLong(3, entry.entry());
                insert.setObject(4, days.get(entry.run()));
                insert.setString(5, entry.body());
                insert.addBatch();
            }
            insert.executeBatch();
        }
    }

    /** The day of each run: that of its first event. */
    private Map<UUID, LocalDate> days(Set<UUID> runs, LocalDate today) throws SQLException {
        Map<UUID, LocalDate> days = new HashMap<>();
        handle.createQuery("WITH asked AS (SELECT run_id FROM unnest(?::uuid[]) AS a (run_id)), made AS (INSERT INTO"
                        + " run_days (run_id, day) SELECT run_id, ?::date FROM asked ON CONFLICT DO NOTHING"
                        + " RETURNING run_id, day) SELECT run_id, day FROM made UNION ALL SELECT d.run_id, d.day FROM"
                        + " asked JOIN run_days d USING (run_id)")
                .bindBySqlType(0, handle.getConnection().createArrayOf("uuid", runs.toArray()), Types.ARRAY)
                .bind(1, today)
                .map((rows, c) -> Map.entry(rows.getObject(1, UUID.class), rows.getObject(2, LocalDate.class)))
                .forEach(row -> days.put(row.getKey(), row.getValue()));
        days.values().stream().distinct().forEach(day -> partitions.cover(handle, day));
        return days;
    }

    private void insertFacts(List<LogEntry> facts) throws SQLException {
        if (facts.isEmpty()) {
            return;
        }
        try (PreparedStatement insert =
                handle.getConnection().prepareStatement("INSERT INTO facts (entry, body) VALUES (?, ?)")) {
            for (LogEntry entry : facts) {
                insert.setLong(1, entry.entry());
                insert.setString(2, entry.body());
                insert.addBatch();
            }
            insert.executeBatch();
        }
    }
}
