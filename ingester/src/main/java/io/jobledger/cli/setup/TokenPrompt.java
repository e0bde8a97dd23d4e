package io.jobledger.cli.setup;

import io.jobledger.auth.TokenText;
import io.jobledger.cli.view.CommandFailed;
import io.jobledger.cli.view.ExitCodes;
import io.jobledger.terminal.Terminal;
import java.io.BufferedReader;
import java.io.Console;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;

/** Gets a token from a person or a pipe, never from a command line. */
final class TokenPrompt {
    private TokenPrompt() {}

    /**
     * Asks on the terminal, without showing what is typed; elsewhere reads the first line of standard input.
     *
     * @throws CommandFailed when what comes is no token
     */
    static String ask(String url) {
        String text = Terminal.input() ? typed(url) : piped();
        if (!TokenText.isWellFormed(text)) {
            throw new CommandFailed(
                    ExitCodes.USAGE,
                    text.isEmpty()
                            ? url + " wants a token, and none was given; 'jobledger token create' makes one where the"
                                    + " ingester runs"
                            : "that is no token: one is " + TokenText.PREFIX + " and 64 hexadecimal digits");
        }
        return text;
    }

    private static String typed(String url) {
        Console console = System.console();
        if (console == null) {
            throw new CommandFailed(
                    ExitCodes.USAGE,
                    "standard output is no terminal, so a token would be shown while it is typed; pass it on standard"
                            + " input: jobledger login " + url + " < FILE");
        }
        char[] typed = console.readPassword("Token for %s (not shown): ", url);
        return typed == null ? "" : new String(typed).strip();
    }

    private static String piped() {
        try {
            String line = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8)).readLine();
            return line == null ? "" : line.strip();
        } catch (IOException e) {
            throw new CommandFailed("standard input cannot be read: " + e.getMessage());
        }
    }
}
