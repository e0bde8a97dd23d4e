package io.jobledger.cli.serve;

/** Sets up the log, before anything logs: slf4j-simple reads its settings once. It goes to standard error. */
public final class Logging {
    private static final String PREFIX = "org.slf4j.simpleLogger.";

    private Logging() {}

    /** For commands that talk to a person: warnings and errors only. */
    public static void quiet() {
        set("defaultLogLevel", "warn");
        set("showDateTime", "true");
        set("dateTimeFormat", "yyyy-MM-dd'T'HH:mm:ss.SSSXXX");
        set("showThreadName", "false");
        set("showShortLogName", "true");
        // The OCI SDK warns at every start of what is in order here; its failures come back as exceptions.
        set("log.com.oracle.bmc", "error");
        set("log.software.amazon.awssdk", "error");
        // Vert.x would look for other backends first and say that it found none.
        System.setProperty("vertx.logger-delegate-factory-class-name", "io.vertx.core.logging.SLF4JLogDelegateFactory");
    }

    /** For the ingester: its own messages at {@code level}, its libraries' only when something is wrong. */
    static void level(String level) {
        set("log.io.jobledger", level);
        if (level.equals("debug")) {
            set("defaultLogLevel", "info");
            set("log.com.oracle.bmc", "info");
        }
    }

    private static void set(String name, String value) {
        // What the operator set with -D stays.
        if (System.getProperty(PREFIX + name) == null || !name.startsWith("show")) {
            System.setProperty(PREFIX + name, value);
        }
    }
}
