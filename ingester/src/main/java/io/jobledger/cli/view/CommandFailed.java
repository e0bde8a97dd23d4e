package io.jobledger.cli.view;

/**
 * A command did not do what was asked, for a reason that the user can act on. The message is shown without a stack
 * trace.
 */
public class CommandFailed extends RuntimeException {
    private static final long serialVersionUID = 1;

    private final int exitCode;

    public CommandFailed(String message) {
        this(ExitCodes.FAILED, message);
    }

    /** @param exitCode one of {@link ExitCodes} */
    public CommandFailed(int exitCode, String message) {
        super(message);
        this.exitCode = exitCode;
    }

    public int exitCode() {
        return exitCode;
    }
}
