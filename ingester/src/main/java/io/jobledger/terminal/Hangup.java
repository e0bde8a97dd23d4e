package io.jobledger.terminal;

import org.jline.utils.Signals;

/**
 * The signal SIGHUP, which log rotation and service managers send to have files read again. It would end the process if
 * nobody took it.
 */
public final class Hangup {
    private Hangup() {}

    /**
     * Runs {@code action} at each SIGHUP from now on, on a thread of the JVM's. Does nothing where there is no such
     * signal, or where the process was told to pass it over, as by {@code nohup}.
     */
    public static void onEach(Runnable action) {
        // By JLine, which is here anyway: Java itself has no signals, but for a class that is not part of its API.
        Signals.register("HUP", action);
    }
}
