/**
 * {@code jobs}: lists them, says what is overdue and how to resume it, and watches them while they change.
 *
 * <p>Threads: {@code feed} follows the ingester and hands its news over a queue; the main thread draws.
 */
package io.jobledger.cli.jobs;
