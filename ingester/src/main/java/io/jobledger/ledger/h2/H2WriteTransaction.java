package io.jobledger.ledger.h2;

import io.jobledger.ledger.project.EventId;
import io.jobledger.ledger.project.WriteTransaction;
import io.jobledger.ledger.project.WriterMemory;
import io.jobledger.ledger.rows.RowBatch;
import io.jobledger.ledger.rows.Sql;
import io.jobledger.model.Run;
import java.sql.Array;
import java.sql.SQLException;
import java.sql.Types;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import org.jdbi.v3.core.Handle;

/** Writing to H2: the file has one process, and that has one writer, so there is nobody to be kept out. */
record H2WriteTransaction(Handle handle, List<Integer> mirrors, WriterMemory memory) implements WriteTransaction {
    @Override
    public Set<EventId> known(Map<UUID, List<Long>> asked) throws SQLException {
        Set<EventId> known = new HashSet<>();
        for (Map.Entry<UUID, List<Long>> run : asked.entrySet()) {
            Run remembered = memory.runs().get(run.getKey());
            if (remembered != null && Collections.min(run.getValue()) > remembered.maxSeq()) {
                continue;
            }
            Array seqs = Sql.array(handle, "BIGINT", run.getValue());
            // The range is for H2, which does not use the index's second column for ANY: without it, every batch would
            // read all events of its run.
            handle.createQuery("SELECT seq FROM events WHERE run_id = ? AND seq >= ? AND seq <= ? AND seq = ANY(?)")
                    .bind(0, run.getKey())
                    .bind(1, Collections.min(run.getValue()))
                    .bind(2, Collections.max(run.getValue()))
                    .bindBySqlType(3, seqs, Types.ARRAY)
                    .mapTo(Long.class)
                    .forEach(seq -> known.add(new EventId(run.getKey(), seq)));
        }
        return known;
    }

    @Override
    public RowBatch updates(Handle writer, String table, List<String> columns, String key) {
        return new H2Updates(writer, table, columns, key);
    }
}
