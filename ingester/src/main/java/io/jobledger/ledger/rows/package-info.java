/**
 * How rows are written and read, whatever database is under them: the JSON of jobs and runs in their columns, batches
 * of statements, ids of facets, failures in one line.
 *
 * <p>Invariants: what is stored by an algorithm of this package is read by it for ever, so an algorithm never changes;
 * fields that a newer version wrote are ignored.
 *
 * <p>Threads: none of its own; whatever holds a handle belongs to the thread of its transaction.
 */
package io.jobledger.ledger.rows;
