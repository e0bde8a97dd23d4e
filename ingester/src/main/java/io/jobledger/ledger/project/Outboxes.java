package io.jobledger.ledger.project;

import io.jobledger.ledger.rows.RowBatch;
import io.jobledger.model.JobKey;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.UUID;
import org.jdbi.v3.core.Handle;

/** The write side of the outbox, in the transaction of the records it speaks of. */
public final class Outboxes {
    private Outboxes() {}

    /** Makes each key due in each mirror; one entry a key, so a backlog grows with the keys and not with the events. */
    public static void enqueue(Handle handle, List<Integer> mirrors, Map<UUID, JobKey> keys, OffsetDateTime now) {
        if (mirrors.isEmpty() || keys.isEmpty()) {
            return;
        }
        // A blocked entry stays blocked and takes the newer record with it when it is released.
        RowBatch changed =
                new RowBatch(handle, "UPDATE outbox SET version = version + 1 WHERE mirror_id = ? AND key_id = ?");
        record Target(int mirror, UUID id, JobKey key) {}
        List<Target> targets = new ArrayList<>();
        for (int mirror : mirrors) {
            // In one order everywhere, so that two transactions that change the same entries wait for each other and do
            // not lock each other up.
            new TreeMap<>(keys).forEach((id, key) -> {
                targets.add(new Target(mirror, id, key));
                changed.add(mirror, id);
            });
        }
        int[] counts = changed.execute();
        RowBatch added = new RowBatch(
                handle,
                "INSERT INTO outbox (mirror_id, key_id, host, play, job, version, enqueued_at, attempts,"
                        + " next_attempt_at, blocked) VALUES (?, ?, ?, ?, ?, 1, ?, 0, ?, FALSE)");
        for (int i = 0; i < counts.length; i++) {
            if (counts[i] == 0) {
                Target target = targets.get(i);
                added.add(target.mirror, target.id, target.key.host(), target.key.play(), target.key.job(), now, now);
            }
        }
        added.execute();
    }
}
