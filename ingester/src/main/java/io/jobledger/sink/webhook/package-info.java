/**
 * Webhooks: what is in {@code hooks.yml}, the message that is made of news, its signature, and the way out.
 *
 * <p>Invariants: an address inside the network is not spoken to unless the hook allows it, and what is connected to is
 * the address that was checked; a redirect is not followed; of an answer some kilobytes are read; no message, and no
 * line of the log, holds a secret, a header's value, or more of a URL than its host.
 *
 * <p>Threads: one event loop of Vert.x for all hooks; {@code sink-deliver} waits for it.
 */
package io.jobledger.sink.webhook;
