package io.jobledger.bench;

import picocli.CommandLine;
import picocli.CommandLine.Command;

/**
 * The command line of {@code jobledger-bench.jar}. Results are one JSON object on standard output; what happens
 * meanwhile is told on standard error.
 */
@Command(
        name = "jobledger-bench",
        mixinStandardHelpOptions = true,
        subcommands = {Generate.class, Load.class, JdbcFloor.class, HttpFloor.class})
public final class Bench {
    private Bench() {}

    public static void main(String[] arguments) {
        System.setProperty("org.slf4j.simpleLogger.defaultLogLevel", "warn");
        System.exit(new CommandLine(new Bench()).execute(arguments));
    }
}
