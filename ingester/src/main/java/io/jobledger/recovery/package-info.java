/** Filling an empty ledger again from what a mirror holds. */
package io.jobledger.recovery;
