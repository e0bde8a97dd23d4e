/** Copies of each key's newest record outside the ledger, and the relay that keeps them up to date. */
package io.jobledger.sink.mirror;
