/**
 * Events to rows: merges what events say of jobs and runs into theirs, and says to outboxes what changed.
 *
 * <p>Invariants: the merged row is the same in every order of events; an event that is known is not stored again; all
 * of it happens inside one transaction that the caller opens.
 *
 * <p>Threads: the ledger's writer alone.
 */
package io.jobledger.ledger.project;
