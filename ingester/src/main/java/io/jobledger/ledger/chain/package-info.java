/**
 * The hashes that chain what the ledger keeps, and what proves them again.
 *
 * <p>Invariants: what is hashed is described in docs/reference/chain.md and never changes without a new first line; a
 * verification holds up nobody.
 *
 * <p>Threads: {@code LedgerHead} belongs to the writer's transaction; a verification runs on its caller's thread.
 */
package io.jobledger.ledger.chain;
