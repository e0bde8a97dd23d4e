/**
 * The ledger in a PostgreSQL database that several ingesters share; and their tokens and trail, which live there too.
 *
 * <p>Invariants: one row's lock lets one ingester write at a time; a claim on an entry of the outbox ends by itself, so
 * that a dead ingester's entries come back. The driver's own classes are named only here.
 *
 * <p>Threads: {@code ledger-writer} writes; {@code ledger-news} hears what others stored; {@code ledger-maintenance}
 * makes partitions ahead and drops old ones.
 */
package io.jobledger.ledger.postgres;
