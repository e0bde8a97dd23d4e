package io.jobledger.sink.mirror;

/**
 * One step of proving a mirror, in the order in which they were taken.
 *
 * @param name one word: {@code configuration}, {@code put} …
 * @param detail what was found, or, when the step was not taken, why not; null when it failed
 * @param failure why it failed, with the way out; else null
 */
public record CheckStep(String name, Outcome outcome, String detail, MirrorException failure) {
    /** How a step ended. */
    public enum Outcome {
        PASSED,
        FAILED,
        /** Not taken, since a step before it failed. */
        SKIPPED
    }

    static CheckStep passed(String name, String detail) {
        return new CheckStep(name, Outcome.PASSED, detail, null);
    }

    static CheckStep failed(String name, MirrorException failure) {
        return new CheckStep(name, Outcome.FAILED, null, failure);
    }

    static CheckStep skipped(String name, String why) {
        return new CheckStep(name, Outcome.SKIPPED, why, null);
    }

    /** The step's result in one line: what was found, or the reason and the way out. */
    public String text() {
        return failure == null ? detail : failure.getMessage();
    }
}
