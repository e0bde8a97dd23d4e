/**
 * What both databases share when a ledger is put together: its ports, its outbox, and the thread that stores.
 *
 * <p>Invariants: callers are answered only after the commit, and the sync, of their group; what waits is bounded, and
 * who comes beyond that is told to come back.
 *
 * <p>Threads: {@code ledger-writer} is the only one that writes.
 */
package io.jobledger.ledger.jdbc;
