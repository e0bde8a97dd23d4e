/**
 * The log: the ordered, synced, chained series of everything that the ledger has acknowledged. It is the ledger; all
 * else is computed from it.
 *
 * <p>Here are the port ({@link io.jobledger.log.EventLog}) and what both implementations share: what an entry is, how
 * entries are hashed into a chain ({@link io.jobledger.log.LogChain}), which numbers of a run are there
 * ({@link io.jobledger.log.SeqRanges}). {@code log.file} keeps it in segments of its own, {@code log.postgres} in
 * tables.
 *
 * <p>Invariants: what {@code append} returned is synced; entries count 1, 2, 3 … and no number is given twice; an event
 * of a run and number that the log has, or has had, is never appended again; what was removed leaves its digest, so the
 * chain over it still holds.
 *
 * <p>Threads: one thread appends; everybody may read. Every call may block, except {@code head}.
 */
package io.jobledger.log;
