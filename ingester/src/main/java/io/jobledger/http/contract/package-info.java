/**
 * The description of the HTTP API, for programs and for people: {@code /api/openapi.yaml} and the page {@code /api/}.
 *
 * <p>Invariants: both are of this program's version, say nothing of the ledger and need no token; the page runs no
 * script and loads nothing from elsewhere.
 *
 * <p>Threads: event loops only; everything is in memory.
 */
package io.jobledger.http.contract;
