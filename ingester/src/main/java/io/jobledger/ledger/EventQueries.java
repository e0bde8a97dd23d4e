package io.jobledger.ledger;

import io.jobledger.ledger.query.Change;
import io.jobledger.ledger.query.Page;
import io.jobledger.ledger.query.PageRequest;
import io.jobledger.ledger.query.StoredEvent;
import io.jobledger.model.AnsibleJobId;
import io.jobledger.model.RunId;
import java.util.List;

/** Questions about events; see {@link AuditQueries}. */
public interface EventQueries {
    /**
     * A run's events by their numbers; their order is fixed. Of a run that is not yet in the records there are none.
     */
    Page<StoredEvent> events(RunId id, PageRequest page);

    /** JSON texts of a run's events after {@code afterSeq}, in their order. */
    List<String> events(RunId id, long afterSeq, int limit);

    /**
     * The life of one job: the events that speak of it, oldest first; where there are more than {@code limit}, those
     * that came first.
     */
    List<StoredEvent> eventsOf(String executionHost, AnsibleJobId jobId, int limit);

    /**
     * An event after which a job may have ended.
     *
     * @param ansibleJobId null where the job's id was never shown
     */
    record Ending(long entry, String ansibleJobId) {}

    /** Those of the entries after {@code afterEntry} up to {@code upTo}, in their order; at most {@code limit}. */
    List<Ending> endings(long afterEntry, long upTo, int limit);

    /**
     * Changes, and how far was looked.
     *
     * @param upTo there is no other change up to this entry; before the entry that was asked for never
     */
    record Changes(List<Change> changes, long upTo) {}

    /**
     * What came to the ledger after an entry, in the order of arrival; at most {@code limit}. What is not yet worked
     * into the records is not given: so the records are never older than the events.
     */
    Changes changes(long afterEntry, int limit);
}
