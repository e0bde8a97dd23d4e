/**
 * What all mirrors in buckets share: records as objects, conditional puts, backups, probing and listing, on the port of
 * an object store.
 *
 * <p>Invariants: a put replaces exactly the state that it was told of, so that two ingesters on one bucket never put an
 * older record over a newer one; where a store has no such puts, each is preceded by a read, and the check says so.
 *
 * <p>Threads: callers' own; {@code bucket-list} reads a bucket's records, a few at once.
 */
package io.jobledger.sink.mirror.bucket;
