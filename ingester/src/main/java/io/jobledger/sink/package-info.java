/**
 * Whatever follows the ledger at its own pace. Here are the port of those that follow the log by a cursor
 * ({@link io.jobledger.sink.Sink}) and the relay that carries news to them ({@link io.jobledger.sink.SinkRelay}).
 * Mirrors, which need each name's newest record and not its history, have an outbox instead: {@code sink.mirror}.
 *
 * <p>Invariants: a sink gets all news that it wants, at least once, those of one job in their order; where it has them
 * up to is kept in the delivery state; a sink that fails holds up nobody but itself.
 *
 * <p>Threads: {@code sink-relay}, one a sink, reads news; {@code sink-deliver} delivers them. Every call of a sink may
 * block.
 */
package io.jobledger.sink;
