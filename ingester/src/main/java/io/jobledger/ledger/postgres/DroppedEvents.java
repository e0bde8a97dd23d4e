package io.jobledger.ledger.postgres;

import io.jobledger.ledger.retention.Snapshots;
import io.jobledger.log.LogFact;
import io.jobledger.log.LogFact.Forgotten;
import java.sql.SQLException;
import java.sql.Types;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import org.jdbi.v3.core.Handle;

/** What the log keeps of runs whose events are dropped while their records stay. */
final class DroppedEvents {
    private DroppedEvents() {}

    /** The facts to be appended. */
    static List<LogFact> facts(Handle handle, List<UUID> runs) throws SQLException {
        List<Forgotten> dropped = handle.createQuery("SELECT e.run_id, COUNT(e.body) FROM events e WHERE e.run_id ="
                        + " ANY(?) GROUP BY e.run_id ORDER BY e.run_id")
                .bindBySqlType(0, handle.getConnection().createArrayOf("uuid", runs.toArray()), Types.ARRAY)
                .map((rows, c) -> new Forgotten(rows.getObject(1, UUID.class), rows.getLong(2), 0))
                .list();
        if (dropped.isEmpty()) {
            return List.of();
        }
        List<LogFact> facts = new ArrayList<>();
        facts.add(new LogFact.EventsForgotten("jobledger", "event-retention", dropped));
        facts.addAll(Snapshots.of(handle, runs));
        return facts;
    }
}
