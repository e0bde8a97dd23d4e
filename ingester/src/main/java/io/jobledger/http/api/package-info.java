/**
 * The routes below {@code /api/v1}, health and metrics: parameters in, JSON, lines or CSV out.
 *
 * <p>Invariants: an unknown or misspelt parameter is refused, never ignored; work that blocks goes to workers by
 * {@link io.jobledger.http.guard.Responses}; a list is one page, or a stream that holds one page.
 *
 * <p>Threads: handlers begin on an event loop and hand over to workers.
 */
package io.jobledger.http.api;
