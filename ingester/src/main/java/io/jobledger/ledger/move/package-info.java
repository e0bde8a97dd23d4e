/**
 * Moves an embedded ledger into PostgreSQL: its log, record by record, and its tokens. The records are computed there
 * from the log, and compared with those of the embedded ledger.
 *
 * <p>Invariants: the source is not written to, but for records that are behind its log; numbers, times, hashes and
 * epochs are the same on both sides; until all of it is there and compared, no ingester serves the new ledger.
 *
 * <p>Threads: the caller's.
 */
package io.jobledger.ledger.move;
