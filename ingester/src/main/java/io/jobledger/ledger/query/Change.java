package io.jobledger.ledger.query;

import io.jobledger.model.JobRecord;
import io.jobledger.model.Run;

/**
 * What an event changed, for live views. The records are as they stand now, which may be later than the event.
 *
 * @param run its run; null for an event of no run (a save by name)
 * @param job the job that the event speaks of; null when it speaks of none
 */
public record Change(StoredEvent event, Run run, JobRecord job) {}
