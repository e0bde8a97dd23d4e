/**
 * The ports of the ledger: writing ({@link io.jobledger.ledger.EventSink}), resuming
 * ({@link io.jobledger.ledger.JobLookup}), auditing ({@link io.jobledger.ledger.AuditQueries}), mirroring
 * ({@link io.jobledger.ledger.Outbox}), upkeep ({@link io.jobledger.ledger.Upkeep}).
 *
 * <p>Invariants: outside of the ledger only this package and the words of {@code query} are named; what
 * {@code EventSink} acknowledged is on disk, synced; storing an event again changes nothing.
 *
 * <p>Threads: every call may block, so none is for an event loop; every port is thread-safe.
 */
package io.jobledger.ledger;
