/**
 * The log in tables of a PostgreSQL database that several ingesters share.
 *
 * <p>Invariants: one row's lock lets one transaction append at a time, over all ingesters; an append and its projection
 * are one transaction, so neither is there without the other; an event that is removed leaves its number, and its
 * digest while anything of its record is left. Readers hold no transaction open while they hand out what they read.
 *
 * <p>Threads: the ledger's writer appends; its maintenance makes partitions and drops them; everybody may read.
 */
package io.jobledger.log.postgres;
