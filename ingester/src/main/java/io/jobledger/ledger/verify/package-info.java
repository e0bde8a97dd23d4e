/**
 * Proves that a ledger holds what it acknowledged: reads the log once, computes digests and hashes again, and holds
 * what was removed against the facts that say so.
 *
 * <p>Invariants: nothing is written; what cannot be read is said to be damaged, and what reads well and has another
 * hash to be changed; behind both the reading goes on.
 *
 * <p>Threads: the caller's.
 */
package io.jobledger.ledger.verify;
