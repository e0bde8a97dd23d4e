package io.jobledger.ledger;

import java.time.Duration;

/**
 * How far the records are behind the log.
 *
 * @param entries that are acknowledged and not in the records
 * @param behind how long ago the records were whole
 * @param trouble why they do not grow at the moment; null while they do
 */
public record ProjectionLag(long entries, Duration behind, String trouble) {}
