package io.jobledger;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * A JVM of its own that prints a line for each thing it has acknowledged, and is killed with -9 in the middle of it.
 */
public final class KilledJvm {
    private KilledJvm() {}

    /**
     * Runs a main class, kills it after so many lines, and returns all that it printed in whole lines.
     *
     * @param log where its standard error goes, to be shown when it ends by itself
     */
    public static List<String> linesUntilKilled(Class<?> main, Path log, int afterLines, String... arguments)
            throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx128m",
                "-XX:+UseSerialGC",
                "-XX:TieredStopAtLevel=1",
                "-cp",
                System.getProperty("java.class.path"),
                main.getName()));
        command.addAll(Arrays.asList(arguments));
        Process process =
                new ProcessBuilder(command).redirectError(log.toFile()).start();
        StringBuilder printed = new StringBuilder();
        try (BufferedReader out =
                new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.US_ASCII))) {
            int lines = 0;
            for (int c; (c = out.read()) >= 0; ) {
                printed.append((char) c);
                if (c == '\n' && ++lines == afterLines) {
                    // By its handle: Process.destroyForcibly would also close the stream that is being read.
                    process.toHandle().destroyForcibly();
                }
            }
            assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
            assertThat(process.exitValue()).as(Files.readString(log)).isEqualTo(137);
        } finally {
            process.destroyForcibly();
        }
        // The kill may have cut the last line short.
        return printed.substring(0, printed.lastIndexOf("\n") + 1).lines().toList();
    }
}
