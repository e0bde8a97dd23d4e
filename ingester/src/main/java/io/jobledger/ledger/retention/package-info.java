/**
 * What keeps the ledger small: which runs may go, and how they go.
 *
 * <p>Invariants: what goes, goes with its run, in one transaction, and leaves a stub that a verification accepts; open
 * jobs stay unless somebody forces it; mirrors are not touched.
 *
 * <p>Threads: {@code retention} decides; rows are removed in small steps between the writer's groups.
 */
package io.jobledger.ledger.retention;
