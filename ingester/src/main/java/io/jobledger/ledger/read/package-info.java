/**
 * The answers to lookups and audits, by SQL.
 *
 * <p>Invariants: a list is one walk along one index from where the page before ended; text from outside is always a
 * bound value; a question that takes too long is stopped and says so.
 *
 * <p>Threads: callers' own; thread-safe.
 */
package io.jobledger.ledger.read;
