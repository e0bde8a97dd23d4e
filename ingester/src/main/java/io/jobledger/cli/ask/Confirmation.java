package io.jobledger.cli.ask;

import io.jobledger.cli.view.CommandFailed;
import io.jobledger.terminal.Printable;
import java.io.Console;

/** Asks before something is deleted. */
final class Confirmation {
    private Confirmation() {}

    /** Returns when the person at the terminal says yes; fails otherwise, and where there is nobody. */
    static void ask(Reading reading, String question) {
        Console console = System.console();
        if (console == null) {
            throw new CommandFailed(
                    "nothing was deleted: there is no terminal to ask at; --yes does it without a question");
        }
        reading.out().flush();
        String answer = console.readLine("%s [y/N] ", Printable.of(question));
        if (answer == null || !answer.strip().matches("(?i)y|yes")) {
            throw new CommandFailed("nothing was deleted");
        }
    }
}
