/**
 * Copies of each key's newest record outside of the ledger: the port, the relay that keeps them up to date, and the way
 * back from them.
 *
 * <p>Invariants: the outbox names keys only, so what is put is the newest record at that moment and never goes
 * backwards; a mirror that does not answer holds up nobody; a record's path is harmless whatever its names are.
 *
 * <p>Threads: {@code mirror-…} takes from the outbox, {@code mirror-put} puts; every call of a mirror may block.
 */
package io.jobledger.sink.mirror;
