/** The words of a question to the ledger: filters, sorting, pages, and the summaries that answer it. Values only, no I/O. */
package io.jobledger.ledger.query;
