package io.jobledger.ledger.postgres;

import io.jobledger.ledger.project.Changed;
import io.jobledger.ledger.project.Outboxes;
import io.jobledger.ledger.project.WriteTransaction;
import io.jobledger.model.JobKey;
import java.time.OffsetDateTime;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.jdbi.v3.core.Handle;

/** Writing records beside other ingesters, in a transaction that holds the lock of the log's head. */
record PostgresWriteTransaction(Handle handle, OffsetDateTime now) implements WriteTransaction {
    @Override
    public void changed(Map<UUID, Changed> names) {
        if (names.isEmpty()) {
            return;
        }
        // Which the others feed counts too: a mirror must not miss what this ingester is told.
        List<Integer> mirrors = handle.createQuery("SELECT mirror_id FROM mirrors ORDER BY mirror_id")
                .mapTo(Integer.class)
                .list();
        Map<UUID, JobKey> keys = new HashMap<>();
        names.forEach((id, changed) -> keys.put(id, changed.key()));
        Outboxes.enqueue(handle, mirrors, keys, now);
    }
}
