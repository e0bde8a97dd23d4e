/**
 * Streams of what happens, for pages and {@code jobs watch}.
 *
 * <p>Invariants: a reader that is too slow is let go, never waited for; a stream that is taken up again misses nothing.
 *
 * <p>Threads: the workers named {@code live} read; the ledger's writer only says that there is something new.
 */
package io.jobledger.http.live;
