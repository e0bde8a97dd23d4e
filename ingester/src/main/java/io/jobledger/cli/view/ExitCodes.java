package io.jobledger.cli.view;

/** What the program's end tells a script. 1 and 2 are picocli's too: it did not work, and the command line is wrong. */
public final class ExitCodes {
    public static final int OK = 0;
    public static final int FAILED = 1;
    public static final int USAGE = 2;
    /** What was named is not there. */
    public static final int NOT_FOUND = 3;
    /**
     * It worked, and there is something to look after: a job that {@code --exit-code} asked for, or one that was waited
     * for and did not end well.
     */
    public static final int ATTENTION = 4;
    /** The time was up: what was waited for is still open. */
    public static final int STILL_OPEN = 5;

    private ExitCodes() {}
}
