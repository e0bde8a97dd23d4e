package io.jobledger.ledger.query;

import io.jobledger.model.RunId;

/**
 * An event as the ledger has it.
 *
 * @param entry its number in the ledger, counting in the order of arrival
 * @param body the event as it was sent, compact JSON
 */
public record StoredEvent(long entry, RunId run, long seq, String type, String body) {}
