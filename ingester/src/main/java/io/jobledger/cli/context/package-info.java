/**
 * Which ingester a command asks, and with what: contexts that {@code jobledger login} keeps, and the order in which
 * flags, environment, context and settings file count.
 *
 * <p>Invariants: what a context keeps is private to its user; a token goes to no ledger but the one that it was given
 * for.
 *
 * <p>Threads: none of its own; objects are immutable or belong to the command that made them.
 */
package io.jobledger.cli.context;
