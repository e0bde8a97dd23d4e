/**
 * How the commands show things: columns of records, times, and the ends of a command.
 *
 * <p>Invariant: nothing here asks an ingester or opens a file.
 *
 * <p>Threads: none of its own; objects belong to the command that made them.
 */
package io.jobledger.cli.view;
