/**
 * Moves an embedded ledger into PostgreSQL.
 *
 * <p>Invariants: the source is only read; both sides are compared row by row; what is interrupted goes on where it was,
 * or from the beginning when the source has changed.
 *
 * <p>Threads: its caller's.
 */
package io.jobledger.ledger.move;
