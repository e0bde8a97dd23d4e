package io.jobledger.ledger.h2;

import static io.jobledger.ledger.h2.Projector.LOG;

import io.jobledger.ledger.h2.LogSteps.Group;
import io.jobledger.ledger.project.Changed;
import io.jobledger.ledger.project.EntryFault;
import io.jobledger.ledger.rows.Failures;
import io.jobledger.log.LogHead;
import io.jobledger.log.LogStep;
import java.sql.SQLException;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.UUID;

/** Applies a group of steps to projections. What cannot be applied is set aside, and the rest goes on. */
final class GroupApply {
    private GroupApply() {}

    /** Hears what a transaction changed, after it is committed. */
    interface Applied {
        /** @param received when the last entry was received; null within a record */
        void upTo(Map<UUID, Changed> names, LogHead head, Instant received);
    }

    /** @param before where the projections are */
    static void run(Projections projections, LogHead before, Group group, Applied applied) throws SQLException {
        Map<UUID, Changed> names;
        try {
            names = projections.apply(group.head(), projection -> projection.applySteps(group.steps()));
        } catch (SQLException | RuntimeException e) {
            if (!EntryFault.isIn(e) || projections.contradicts(e)) {
                throw e;
            }
            LOG.warn("A group of entries cannot be projected and is tried one by one: {}", Failures.text(e));
            oneByOne(projections, before, group, applied);
            return;
        }
        applied.upTo(names, group.head(), group.received());
    }

    /**
     * Each entry in a transaction of its own. Until the last one the head's entry is between the ends of two records,
     * and its hash is that before.
     */
    private static void oneByOne(Projections projections, LogHead before, Group group, Applied applied)
            throws SQLException {
        LogHead at = before;
        for (LogStep step : group.steps()) {
            at = new LogHead(group.head().epoch(), step.entry(), before.hash());
            try {
                applied.upTo(projections.apply(at, projection -> projection.applySteps(List.of(step))), at, null);
            } catch (SQLException | RuntimeException e) {
                if (!EntryFault.isIn(e) || projections.contradicts(e)) {
                    throw e;
                }
                projections.setAside(at, step, Failures.text(e));
                applied.upTo(Map.of(), at, null);
            }
        }
        applied.upTo(projections.apply(group.head(), projection -> {}), group.head(), group.received());
    }
}
