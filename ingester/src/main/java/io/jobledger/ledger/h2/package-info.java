/**
 * The ledger in one embedded H2 file.
 *
 * <p>Invariants: a group is in the journal, synced, before it is committed and acknowledged; a file that has lost its
 * contents is refused, never filled anew. What is used of H2 below its public API is listed in ArchitectureTest, and
 * goes when the log is the ledger.
 *
 * <p>Threads: {@code ledger-writer} appends to the journal and writes; {@code ledger-checkpoint} brings the file up to
 * date, and then the journal is dropped.
 */
package io.jobledger.ledger.h2;
