package io.jobledger.terminal;

import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** What this process writes to: a terminal or not, and how wide. */
public final class Terminal {
    /** Where nobody looks at the width. */
    private static final int PIPE = 120;

    private static final int USUAL = 80;
    private static final int NARROWEST = 20;

    private Terminal() {}

    /** Whether standard output is a terminal. */
    public static boolean output() {
        return terminal(1);
    }

    /** Whether standard error is a terminal. */
    public static boolean error() {
        return terminal(2);
    }

    /** Whether standard input is a terminal. */
    public static boolean input() {
        return terminal(0);
    }

    private static boolean terminal(int descriptor) {
        Path link = Path.of("/proc/self/fd/" + descriptor);
        if (Files.isSymbolicLink(link)) {
            try {
                String target = Files.readSymbolicLink(link).toString();
                return target.startsWith("/dev/pts/") || target.startsWith("/dev/tty") || target.equals("/dev/console");
            } catch (IOException e) {
                return false;
            }
        }
        // Where there is no /proc, the Java library knows, as long as input and output are both a terminal.
        return System.console() != null;
    }

    /** Cells in a line: {@code COLUMNS}, or what the terminal says, or 120 when there is none. */
    public static int width(Map<String, String> environment) {
        try {
            int columns = Integer.parseInt(environment.getOrDefault("COLUMNS", ""));
            if (columns > 0) {
                return Math.max(NARROWEST, columns);
            }
        } catch (NumberFormatException e) {
            // Not a width: ask the terminal.
        }
        return output() ? asked()[1] : PIPE;
    }

    /** Lines that the terminal shows at once. */
    public static int height() {
        return output() ? asked()[0] : Integer.MAX_VALUE;
    }

    /** Rows and columns as {@code stty} sees them. */
    private static int[] asked() {
        int[] size = {24, USUAL};
        try {
            Process stty = new ProcessBuilder("stty", "size")
                    .redirectInput(new File("/dev/tty"))
                    .redirectError(ProcessBuilder.Redirect.DISCARD)
                    .start();
            String[] answer = new String(stty.getInputStream().readAllBytes(), StandardCharsets.US_ASCII)
                    .strip()
                    .split(" ");
            if (stty.waitFor(2, TimeUnit.SECONDS) && stty.exitValue() == 0 && answer.length == 2) {
                int rows = Integer.parseInt(answer[0]);
                int columns = Integer.parseInt(answer[1]);
                // A terminal that nobody told its size says 0.
                size[0] = rows > 0 ? rows : size[0];
                size[1] = columns > 0 ? Math.max(NARROWEST, columns) : size[1];
            }
        } catch (IOException | NumberFormatException e) {
            // No stty, or no terminal of its own: the usual size.
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        return size;
    }
}
