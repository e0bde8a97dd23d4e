/**
 * The entry point, and what concerns all commands: help, complaints about a wrong command line, completion, the demo.
 *
 * <p>Commands themselves are in the packages below: {@code serve} runs the ingester, {@code ask} asks one, {@code jobs}
 * lists and watches jobs, {@code tend} looks after its files, {@code view} is how things are shown.
 *
 * <p>Threads: a command runs on the main thread.
 */
package io.jobledger.cli;
