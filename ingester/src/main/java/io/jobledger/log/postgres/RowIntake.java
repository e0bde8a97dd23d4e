package io.jobledger.log.postgres;

import io.jobledger.log.EventLog.Repeat;
import io.jobledger.log.LogChain;
import io.jobledger.log.LogEntry;
import io.jobledger.log.LogEntry.Kind;
import io.jobledger.model.Event;
import java.sql.SQLException;
import java.sql.Types;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.UUID;
import org.jdbi.v3.core.Handle;

/** Tells what is new of some batches, in a transaction that holds the head's lock. One use. */
final class RowIntake {
    private static final byte[] UNKNOWN = {};

    private final Handle handle;
    private final long before;
    /** Events that the log has or has had, with their digests, as far as these are still known. */
    private final Map<Repeat, byte[]> known = new HashMap<>();

    private final List<Integer> stored = new ArrayList<>();
    private final List<Event> fresh = new ArrayList<>();
    private final List<LogEntry> entries = new ArrayList<>();
    private final Set<Repeat> changed = new LinkedHashSet<>();

    /** @param before number of the last entry of the log */
    RowIntake(Handle handle, long before) {
        this.handle = handle;
        this.before = before;
    }

    void take(List<List<Event>> batches) throws SQLException {
        Map<UUID, List<Long>> asked = new LinkedHashMap<>();
        batches.forEach(batch ->
                batch.forEach(event -> asked.computeIfAbsent(event.head().run().value(), run -> new ArrayList<>())
                        .add(event.head().seq())));
        if (asked.isEmpty()) {
            batches.forEach(batch -> stored.add(0));
            return;
        }
        lookUp(asked);
        for (List<Event> batch : batches) {
            int count = entries.size();
            batch.forEach(this::take);
            stored.add(entries.size() - count);
        }
    }

    private void take(Event event) {
        UUID run = event.head().run().value();
        long seq = event.head().seq();
        String body = event.head().body();
        byte[] digest = LogChain.digest(Kind.EVENT, run, seq, body);
        Repeat id = new Repeat(run, seq);
        byte[] had = known.putIfAbsent(id, digest);
        if (had == null) {
            entries.add(new LogEntry(before + entries.size() + 1, Kind.EVENT, run, seq, body, digest));
            fresh.add(event);
        } else if (had != UNKNOWN && !Arrays.equals(had, digest)) {
            changed.add(id);
        }
    }

    /** Rows go to the forgotten numbers in one transaction, so in this order of questions nothing is missed. */
    private void lookUp(Map<UUID, List<Long>> asked) throws SQLException {
        Map<LocalDate, List<UUID>> days = new TreeMap<>();
        handle.createQuery("SELECT run_id, day FROM run_days WHERE run_id = ANY(?)")
                .bindBySqlType(0, array("uuid", asked.keySet().toArray()), Types.ARRAY)
                .map((rows, c) -> Map.entry(rows.getObject(1, UUID.class), rows.getObject(2, LocalDate.class)))
                .forEach(row -> days.computeIfAbsent(row.getValue(), day -> new ArrayList<>())
                        .add(row.getKey()));
        for (Map.Entry<LocalDate, List<UUID>> day : days.entrySet()) {
            lookUp(day.getKey(), day.getValue(), asked);
        }
        handle.createQuery("SELECT run_id, from_seq, to_seq FROM forgotten_numbers WHERE run_id = ANY(?)")
                .bindBySqlType(0, array("uuid", asked.keySet().toArray()), Types.ARRAY)
                .map((rows, c) -> {
                    UUID run = rows.getObject(1, UUID.class);
                    long from = rows.getLong(2);
                    long to = rows.getLong(3);
                    asked.get(run).stream()
                            .filter(seq -> seq >= from && seq <= to)
                            .forEach(seq -> known.putIfAbsent(new Repeat(run, seq), UNKNOWN));
                    return run;
                })
                .list();
    }

    private void lookUp(LocalDate day, List<UUID> runsOfDay, Map<UUID, List<Long>> asked) throws SQLException {
        List<UUID> runs = new ArrayList<>();
        List<Long> seqs = new ArrayList<>();
        runsOfDay.forEach(run -> asked.get(run).forEach(seq -> {
            runs.add(run);
            seqs.add(seq);
        }));
        handle.createQuery("SELECT e.run_id, e.seq, substr(r.digests, ((e.entry - r.first_entry) * 32 + 1)::int, 32)"
                        + " FROM unnest(?::uuid[], ?::bigint[]) AS asked (run_id, seq)"
                        + " JOIN events e ON e.run_id = asked.run_id AND e.seq = asked.seq AND e.day = ?"
                        + " LEFT JOIN LATERAL (SELECT first_entry, digests FROM log_records WHERE last_entry >= e.entry"
                        + " ORDER BY last_entry LIMIT 1) r ON TRUE")
                .bindBySqlType(0, array("uuid", runs.toArray()), Types.ARRAY)
                .bindBySqlType(1, array("int8", seqs.toArray()), Types.ARRAY)
                .bind(2, day)
                .map((rows, c) -> {
                    byte[] digest = rows.getBytes(3);
                    return known.put(
                            new Repeat(rows.getObject(1, UUID.class), rows.getLong(2)),
                            digest == null ? UNKNOWN : digest);
                })
                .list();
    }

    private java.sql.Array array(String type, Object[] values) throws SQLException {
        return handle.getConnection().createArrayOf(type, values);
    }

    /** How many of each batch are new. */
    List<Integer> stored() {
        return stored;
    }

    /** The new events, in the order of {@link #entries}. */
    List<Event> fresh() {
        return fresh;
    }

    List<LogEntry> entries() {
        return entries;
    }

    /** Those that the log has with another content. */
    List<Repeat> changed() {
        return List.copyOf(changed);
    }
}
