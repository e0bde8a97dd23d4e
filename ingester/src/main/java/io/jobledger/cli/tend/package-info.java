/**
 * Commands for those who look after a ledger: tokens, backup and restore, rebuild, verify, prune, erase, project,
 * moving it to PostgreSQL.
 *
 * <p>Invariants: a command that works on a ledger's files first makes sure that no ingester has them open; what removes
 * or replaces something says so and asks, unless it was told not to.
 *
 * <p>Threads: a command runs on the main thread; {@code rebuild} and {@code restore} start an ingester without HTTP.
 */
package io.jobledger.cli.tend;
