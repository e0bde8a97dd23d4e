package io.jobledger.ledger.project;

import io.jobledger.ledger.rows.RowBatch;
import io.jobledger.ledger.rows.Rows;
import io.jobledger.ledger.rows.Sql;
import io.jobledger.model.Event;
import io.jobledger.model.Run;
import java.sql.SQLException;
import java.sql.Types;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.stream.Collectors;
import org.jdbi.v3.core.Handle;

/** Merges what events say of runs into their rows. Used by the writer's thread, inside its transaction. */
final class RunWriter {
    private final Handle handle;
    private final WriteTransaction writing;
    private final WriterMemory memory;
    private final Instant received;

    RunWriter(Handle handle, WriteTransaction writing, Instant received) {
        this.handle = handle;
        this.writing = writing;
        this.memory = writing.memory();
        this.received = received;
    }

    /** Stores the plays that began. */
    void insertPlays(List<Event> events) {
        RowBatch rows = new RowBatch(
                handle, "INSERT INTO plays (run_id, seq, play, playbook, started_at) VALUES (?, ?, ?, ?, ?)");
        for (Event event : events) {
            if (event instanceof Event.PlayStarted play) {
                rows.add(
                        play.head().run().value(),
                        play.head().seq(),
                        play.play(),
                        play.playbook(),
                        Sql.utc(play.head().at()));
            }
        }
        rows.execute();
    }

    /** Stores what the events say of their runs. */
    void merge(List<Event> events) throws SQLException {
        Map<UUID, Run> news = new LinkedHashMap<>();
        for (Event event : events) {
            // A save is not part of a run: its run_id only makes it unique.
            if (event.ofRun()) {
                news.merge(event.head().run().value(), Run.of(event, received), Run::merge);
            }
        }
        if (news.isEmpty()) {
            return;
        }
        Map<UUID, Run> old = WriterMemory.rows(memory.runs(), news.keySet(), asked -> read(handle, asked));
        RunRows rows = new RunRows(handle, writing);
        for (Map.Entry<UUID, Run> fresh : news.entrySet()) {
            Run before = old.get(fresh.getKey());
            Run now = before == null ? fresh.getValue() : before.merge(fresh.getValue());
            rows.add(before, now);
            memory.remember(now);
        }
        rows.execute();
    }

    /** The rows of these runs, those that are there. */
    static Map<UUID, Run> read(Handle handle, List<UUID> ids) throws SQLException {
        return handle.createQuery("SELECT " + Rows.RUN_COLUMNS + " FROM runs WHERE run_id = ANY(?)")
                .bindBySqlType(0, Sql.array(handle, "UUID", ids), Types.ARRAY)
                .map(Rows::run)
                .collect(Collectors.toMap(run -> run.id().value(), run -> run));
    }
}
