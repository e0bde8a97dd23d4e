/**
 * The words of a question to the ledger: filters, sorting, pages, and the summaries that answer it.
 *
 * <p>Invariant: values only, immutable, without I/O. Threads: none.
 */
package io.jobledger.ledger.query;
