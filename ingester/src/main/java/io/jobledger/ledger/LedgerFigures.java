package io.jobledger.ledger;

/**
 * The ledger in numbers.
 *
 * @param running open jobs that are not overdue
 * @param overdue open jobs past their deadline
 * @param lost jobs whose results file could not be found
 * @param bytes of the database on its disk, -1 where it is not known
 */
public record LedgerFigures(
        long running, long overdue, long lost, long runsRunning, long runsFinished, long runsInterrupted, long bytes) {}
