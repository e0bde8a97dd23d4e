package io.jobledger.cli.view;

/** The ingester answered, and did not do it. */
public final class Refused extends CommandFailed {
    private static final long serialVersionUID = 1;

    private final int status;

    /** @param status of the HTTP answer; 404 becomes the exit code for what is not there, 400 that for wrong use */
    public Refused(int status, String message) {
        super(status == 404 ? ExitCodes.NOT_FOUND : status == 400 ? ExitCodes.USAGE : ExitCodes.FAILED, message);
        this.status = status;
    }

    public int status() {
        return status;
    }
}
