package io.jobledger.ledger.project;

import io.jobledger.ledger.query.Label;
import io.jobledger.ledger.rows.Facets;
import io.jobledger.log.EventLog.Logged;
import io.jobledger.model.Event;
import io.jobledger.model.RunId;
import io.jobledger.model.RunInfo;
import java.sql.SQLException;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.UUID;
import org.jdbi.v3.core.Handle;

/**
 * What runs said of themselves, for the jobs that are searched by it. Used by the writer's thread, inside its
 * transaction.
 */
public final class RunFacts {
    private final Map<UUID, RunInfo> infos = new HashMap<>();

    /** Reads what the ledger knows of {@code runs}; else what {@code events} say. */
    RunFacts(Handle handle, WriterMemory memory, Collection<UUID> runs, List<Logged> events) throws SQLException {
        for (Logged logged : events) {
            if (logged.event() instanceof Event.RunStarted started) {
                infos.putIfAbsent(started.head().run().value(), started.info());
            }
        }
        WriterMemory.rows(memory.runs(), runs, asked -> RunWriter.read(handle, asked))
                .forEach((id, run) -> {
                    if (run.info() != null) {
                        infos.put(id, run.info());
                    }
                });
    }

    /** Null while the run has not said it. */
    RunInfo of(RunId run) {
        return run == null ? null : infos.get(run.value());
    }

    /** The ids of a run's labels. */
    public static Set<Long> labels(RunInfo info) {
        Set<Long> ids = new TreeSet<>();
        if (info != null) {
            info.labels().forEach((key, value) -> ids.add(Facets.label(new Label(key, value))));
        }
        return ids;
    }
}
