/**
 * What is taken out of the ledger: runs that are old, by rules or by name, and what was recorded by mistake.
 *
 * <p>Invariants: the log first gets facts that say who removes what and why, and what stays known; projecting obeys
 * them, so records that are computed again are the same; only then contents are purged from the log, and a purge that a
 * crash interrupted is taken up again at the next start or prune. Open jobs stay unless somebody forces it. Mirrors are
 * not touched by retention, and follow what is erased.
 *
 * <p>Threads: {@code retention}, or a request's worker, decides; acts have their turn between the writer's groups, and
 * purges go on beside them.
 */
package io.jobledger.ledger.retention;
