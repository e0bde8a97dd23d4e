package io.jobledger.cli;

/** A command did not do what was asked, for a reason that the user can act on. The message is shown without a stack trace. */
class CommandFailed extends RuntimeException {
    private static final long serialVersionUID = 1;

    private final int exitCode;

    CommandFailed(String message) {
        this(ExitCodes.FAILED, message);
    }

    /** @param exitCode one of {@link ExitCodes} */
    CommandFailed(int exitCode, String message) {
        super(message);
        this.exitCode = exitCode;
    }

    int exitCode() {
        return exitCode;
    }
}
