package io.jobledger.ledger.query;

import io.jobledger.model.Run;

/** A run, and how it went. */
public record RunSummary(Run run, RunOutcome outcome) {}
