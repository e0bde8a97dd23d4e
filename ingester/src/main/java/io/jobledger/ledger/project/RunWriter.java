package io.jobledger.ledger.project;

import io.jobledger.ledger.rows.RowBatch;
import io.jobledger.ledger.rows.Rows;
import io.jobledger.ledger.rows.Sql;
import io.jobledger.log.EventLog.Logged;
import io.jobledger.model.Event;
import io.jobledger.model.Run;
import java.sql.SQLException;
import java.sql.Types;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.stream.Collectors;
import org.jdbi.v3.core.Handle;

/** Merges what events say of runs into their rows. Used by the writer's thread, inside its transaction. */
final class RunWriter {
    private final Handle handle;
    private final WriterMemory memory;

    RunWriter(Handle handle, WriteTransaction writing) {
        this.handle = handle;
        this.memory = writing.memory();
    }

    /** Stores the plays that began. */
    static void insertPlays(Handle handle, List<? extends Event> events) {
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

    /** What a group of events says of one run, and where it is in the log. */
    record News(Run run, long firstEntry, long lastEntry) {
        static News of(Logged logged) {
            return new News(Run.of(logged.event(), logged.received()), logged.entry(), logged.entry());
        }

        News merge(News later) {
            return new News(run.merge(later.run), firstEntry, later.lastEntry);
        }
    }

    /** Stores what the events say of their runs. */
    void merge(List<Logged> events) throws SQLException {
        Map<UUID, News> news = new LinkedHashMap<>();
        for (Logged logged : events) {
            // A save is not part of a run: its run_id only makes it unique.
            if (logged.event().ofRun()) {
                news.merge(logged.event().head().run().value(), News.of(logged), News::merge);
            }
        }
        if (news.isEmpty()) {
            return;
        }
        Map<UUID, Run> old = WriterMemory.rows(memory.runs(), news.keySet(), asked -> read(handle, asked));
        RunRows rows = new RunRows(handle, memory);
        for (Map.Entry<UUID, News> fresh : news.entrySet()) {
            Run before = old.get(fresh.getKey());
            News said = fresh.getValue();
            Run now = before == null ? said.run : before.merge(said.run);
            rows.add(before, now, said.firstEntry, said.lastEntry);
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
