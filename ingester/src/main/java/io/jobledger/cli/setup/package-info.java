/**
 * Commands that set up a person's machine, and say what is wrong with it: login, context, doctor.
 *
 * <p>Invariants: a token is never shown; what a login keeps has been tried before; doctor changes nothing.
 *
 * <p>Threads: a command runs on the main thread.
 */
package io.jobledger.cli.setup;
