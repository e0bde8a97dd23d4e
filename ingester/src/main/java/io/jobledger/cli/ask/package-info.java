/**
 * Commands that ask a running ingester over HTTP, and the client that they share.
 *
 * <p>Invariants: a list is read page by page, so that no command holds more than a page in memory; a token is never
 * printed; what an ingester refuses is shown as it said it.
 *
 * <p>Threads: a command runs on the main thread.
 */
package io.jobledger.cli.ask;
