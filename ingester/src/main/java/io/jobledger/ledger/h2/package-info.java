/**
 * The embedded ledger: the log in files, and beside it two H2 files, one for the projections and one for what the
 * mirrors have.
 *
 * <p>Invariants: only {@code org.h2}'s JDBC is used; a projection never holds an entry that the log does not have; the
 * file of the projections may be deleted while the ledger is closed, and is computed again; only one thread writes it,
 * and H2 takes its own snapshots only while that thread rests.
 *
 * <p>Threads: {@code ledger-writer} appends to the log; {@code ledger-projector} reads it and writes the projections.
 */
package io.jobledger.ledger.h2;
