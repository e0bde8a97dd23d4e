package io.jobledger.sink.mirror.bucket;

/** Why a request failed, in one line for people. Pure. */
public final class Reasons {
    private Reasons() {}

    /** The innermost reason in one line. */
    public static String innermost(Throwable e) {
        Throwable cause = e;
        while (cause.getCause() != null && cause.getCause() != cause) {
            cause = cause.getCause();
        }
        return cause.getMessage() == null
                ? cause.getClass().getSimpleName()
                : cause.getClass().getSimpleName() + ": " + oneLine(cause.getMessage());
    }

    /** At most 300 characters, without breaks. */
    public static String oneLine(String text) {
        String line = text.replaceAll("\\s+", " ").strip();
        return line.length() > 300 ? line.substring(0, 300) + "…" : line;
    }
}
