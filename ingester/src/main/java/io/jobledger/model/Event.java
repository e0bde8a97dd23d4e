package io.jobledger.model;

import java.util.UUID;

/** One observation that a recorder forwarded. docs/reference/events.md is the contract. */
public sealed interface Event {

    EventHead head();

    /** What it says of a job; null when it says nothing of one. */
    default Job job() {
        return null;
    }

    /** The id of the job that it speaks of; null when it speaks of none, or of one whose id was never shown. */
    default AnsibleJobId jobId() {
        return job() == null ? null : job().jobId();
    }

    /** The identity of the job that it speaks of; null when it speaks of none. */
    default UUID jobUid() {
        return job() == null ? null : job().uid();
    }

    /** Whether it belongs to a run; what a caller does by name has an identity of its own, which is no run's. */
    default boolean ofRun() {
        return true;
    }

    /** A run began. */
    record RunStarted(EventHead head, RunInfo info) implements Event {}

    /** A play, or one serial batch of it, began. All but the head and the play may be null. */
    record PlayStarted(EventHead head, String play, String playbook, String playbookPath, String strategy)
            implements Event {}

    /** A run is still going. */
    record RunAlive(EventHead head) implements Event {}

    /** A playbook of the run came to its end. */
    record RunFinished(EventHead head) implements Event {}

    /**
     * A run ended without a goodbye: the last thing that its own exit, or whoever delivered what it left, says of it.
     */
    record RunInterrupted(EventHead head) implements Event {}

    /**
     * A task is about to run that may start a job whose id is seen late or never, or was announced so and did not run.
     * Brings no knowledge of a job.
     */
    record JobIntended(EventHead head) implements Event {}

    /**
     * Something concerns a job, and says nothing new of it: its host could not be reached, or somebody asked to cancel
     * it.
     */
    record JobNoted(EventHead head, String executionHost, AnsibleJobId jobId) implements Event {
        @Override
        public UUID jobUid() {
            return Job.uid(executionHost, jobId);
        }

        @Override
        public boolean ofRun() {
            return !head.type().equals("job_cancel_requested");
        }
    }

    /** Something of a type that this version does not know: it is kept, and a later version may read it. */
    record Unknown(EventHead head) implements Event {}

    /** Somebody closed a job by hand; {@code job} is what that says. */
    record JobClosed(EventHead head, Job job) implements Event {
        @Override
        public boolean ofRun() {
            return false;
        }
    }

    /** Something was seen of a job; {@code job} is the knowledge this one event brings. */
    record JobObserved(EventHead head, Job job) implements Event {}

    /** A job was saved by name, by a caller and not by a run. */
    record JobSaved(EventHead head, Job job) implements Event {
        @Override
        public boolean ofRun() {
            return false;
        }
    }
}
