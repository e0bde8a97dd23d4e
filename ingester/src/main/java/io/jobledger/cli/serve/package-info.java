/**
 * The only place that puts the parts together: settings, ledger, mirrors, tokens, trail and HTTP.
 *
 * <p>Invariants: only this package chooses an implementation of a port; what was opened is closed in the opposite
 * order, also when a later part did not start.
 *
 * <p>Threads: it starts those of the parts; its own is the one that the end of the program runs.
 */
package io.jobledger.cli.serve;
