package io.jobledger.cli.setup;

/**
 * One line of what the doctor says. Immutable.
 *
 * @param subject what was looked at, in a word or two
 * @param outcome whether it is in order
 * @param text what was found
 * @param advice what to do; null unless something is wrong
 */
record Finding(String subject, Outcome outcome, String text, String advice) {
    /** Whether something is in order. */
    enum Outcome {
        GOOD("✓"),
        BAD("✗"),
        /** It is neither: it is not needed here, or cannot be seen. */
        NONE("-");

        private final String mark;

        Outcome(String mark) {
            this.mark = mark;
        }

        String mark() {
            return mark;
        }
    }

    static Finding good(String subject, String text) {
        return new Finding(subject, Outcome.GOOD, text, null);
    }

    static Finding bad(String subject, String text, String advice) {
        return new Finding(subject, Outcome.BAD, text, advice);
    }

    static Finding none(String subject, String text) {
        return new Finding(subject, Outcome.NONE, text, null);
    }
}
