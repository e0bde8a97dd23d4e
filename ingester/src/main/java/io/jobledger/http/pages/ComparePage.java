package io.jobledger.http.pages;

import io.jobledger.http.pages.view.HostNames;
import io.jobledger.ledger.query.RunComparison;
import io.jobledger.ledger.query.RunSummary;

/**
 * Two runs beside each other.
 *
 * @param samePlaybook whether they are of one playbook, as far as is known
 * @param names of the hosts of both
 */
record ComparePage(
        RunSummary before, RunSummary after, boolean samePlaybook, RunComparison comparison, HostNames names) {
    /** A change in words, as a heading of the jobs that have it. */
    static String words(RunComparison.Change change) {
        return switch (change) {
            case FAILED_NOW -> "Failed now, and not before";
            case FAILED_AGAIN -> "Failed both times";
            case SLOWER -> "Took longer";
            case NEW -> "New";
            case GONE -> "Gone";
            case RECOVERED -> "Failed before, and not now";
            case FASTER -> "Took less long";
            case SAME -> "As before";
        };
    }
}
