package io.jobledger.ledger.project;

import io.jobledger.model.JobKey;

/**
 * A name whose newest record may be another now, so that mirrors must hear of it.
 *
 * @param entry the last entry that changed it
 */
public record Changed(JobKey key, long entry) {}
