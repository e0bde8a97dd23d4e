package io.jobledger.cli;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** The program as a process of its own, as a shell starts it. */
public final class Shell {
    private Shell() {}

    /** The words that start the program with these classes. */
    public static List<String> program(String... arguments) {
        List<String> words = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx96m",
                "-XX:+UseSerialGC",
                "-XX:TieredStopAtLevel=1",
                "-cp",
                System.getProperty("java.class.path"),
                Main.class.getName()));
        words.addAll(List.of(arguments));
        return words;
    }

    /** A process without the settings and the terminal of whoever runs the tests. */
    public static ProcessBuilder process(List<String> words) {
        ProcessBuilder builder = new ProcessBuilder(words);
        builder.environment()
                .keySet()
                .removeIf(name -> name.startsWith("JOBLEDGER_") || name.equals("COLUMNS") || name.equals("NO_COLOR"));
        builder.environment().put("LC_ALL", "C.UTF-8");
        return builder;
    }

    /** Runs it to its end; returns what it wrote to standard output, in UTF-8. */
    public static String output(ProcessBuilder builder) throws IOException {
        Process process = builder.redirectError(ProcessBuilder.Redirect.INHERIT).start();
        process.getOutputStream().close();
        return new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    }
}
