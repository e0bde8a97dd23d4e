/**
 * The ledger: ports for writing ({@link io.jobledger.ledger.EventSink}), resuming ({@link io.jobledger.ledger.JobLookup}), auditing
 * ({@link io.jobledger.ledger.AuditQueries}), mirroring ({@link io.jobledger.ledger.Outbox}) and upkeep ({@link io.jobledger.ledger.Upkeep}), and their JDBC implementation. SQL stands only here.
 */
package io.jobledger.ledger;
