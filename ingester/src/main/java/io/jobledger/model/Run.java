package io.jobledger.model;

import java.time.Duration;
import java.time.Instant;

/**
 * All that is known of one run, merged from its events. Order of arrival does not matter.
 *
 * @param info what the run said of itself, null until that event arrives
 * @param firstAt earliest event
 * @param lastAt latest event, by the controller's clock
 * @param maxSeq highest sequence number seen
 * @param events how many different events were stored
 * @param finishedSeq the goodbye with the highest number, null when there was none
 * @param finishedAt its time
 * @param interruptedSeq the notice with the highest number that the run ended without a goodbye, null when there was
 *     none
 * @param lastReceivedAt when the ledger last heard of the run, by its own clock
 */
public record Run(
        RunId id,
        RunInfo info,
        Instant firstAt,
        Instant lastAt,
        long maxSeq,
        long events,
        Long finishedSeq,
        Instant finishedAt,
        Long interruptedSeq,
        Instant lastReceivedAt) {

    /** The run as one event shows it. */
    public static Run of(Event event, Instant receivedAt) {
        EventHead head = event.head();
        boolean finished = event instanceof Event.RunFinished;
        return new Run(
                head.run(),
                event instanceof Event.RunStarted started ? started.info() : null,
                head.at(),
                head.at(),
                head.seq(),
                1,
                finished ? head.seq() : null,
                finished ? head.at() : null,
                event instanceof Event.RunInterrupted ? head.seq() : null,
                receivedAt);
    }

    /** Joins two states of knowledge that come from different events of the same run. */
    public Run merge(Run other) {
        boolean othersGoodbye = finishedSeq == null || other.finishedSeq != null && other.finishedSeq > finishedSeq;
        return new Run(
                id,
                info != null ? info : other.info,
                firstAt.isBefore(other.firstAt) ? firstAt : other.firstAt,
                lastAt.isAfter(other.lastAt) ? lastAt : other.lastAt,
                Math.max(maxSeq, other.maxSeq),
                events + other.events,
                othersGoodbye ? other.finishedSeq : finishedSeq,
                othersGoodbye ? other.finishedAt : finishedAt,
                later(interruptedSeq, other.interruptedSeq),
                lastReceivedAt.isAfter(other.lastReceivedAt) ? lastReceivedAt : other.lastReceivedAt);
    }

    /** Whether the run said goodbye and nothing came after it: a run of several playbooks says it after each. */
    public boolean finished() {
        return finishedSeq != null && finishedSeq == maxSeq;
    }

    /** Whether it is known that the run ended without a goodbye, and nothing came after that notice. */
    public boolean interrupted() {
        return interruptedSeq != null && interruptedSeq == maxSeq;
    }

    private static Long later(Long a, Long b) {
        return a == null || b != null && b > a ? b : a;
    }

    /**
     * Whether both are of the same playbook, by its path or, where that is not known, its name; false when nobody says.
     */
    public boolean ofPlaybookOf(Run other) {
        if (info == null || other.info == null) {
            return false;
        }
        return info.playbookPath() != null && other.info.playbookPath() != null
                ? info.playbookPath().equals(other.info.playbookPath())
                : info.playbook() != null && info.playbook().equals(other.info.playbook());
    }

    /** Whether every event up to the highest number seen is there. */
    public boolean complete() {
        return events == maxSeq;
    }

    /**
     * The state at {@code now}: a run that is known to be gone, or that has been silent for longer than
     * {@code silence}, is interrupted.
     */
    public RunState state(Instant now, Duration silence) {
        if (finished()) {
            return RunState.FINISHED;
        }
        return interrupted() || lastReceivedAt.plus(silence).isBefore(now) ? RunState.INTERRUPTED : RunState.RUNNING;
    }
}
