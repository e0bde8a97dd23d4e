package io.jobledger.ledger;

/**
 * Reading for an audit. Calls block on the database: not for an event loop. A question over the time limit fails with
 * kind {@code TOO_SLOW}. Thread-safe.
 */
public interface AuditQueries extends JobQueries, RunQueries, EventQueries {}
