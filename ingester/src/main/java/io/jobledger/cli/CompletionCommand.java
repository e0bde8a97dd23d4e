package io.jobledger.cli;

import io.jobledger.cli.view.ExitCodes;
import java.util.concurrent.Callable;
import picocli.AutoComplete;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code completion}: makes a shell complete the commands, options and their values. */
@Command(
        name = "completion",
        description =
                "Writes a script that makes a shell complete jobledger's commands, options and their values, wherever"
                        + " it is called from.",
        mixinStandardHelpOptions = true,
        footer = {
            "",
            "For this shell, and for later ones in ~/.bashrc or ~/.zshrc:",
            "  source <(./jobledger completion bash)",
            "  source <(./jobledger completion zsh)",
            "",
            "For fish:",
            "  ./jobledger completion fish > ~/.config/fish/completions/jobledger.fish"
        })
final class CompletionCommand implements Callable<Integer> {
    /** Those that it knows. One script does for bash and zsh: it asks which shell reads it. */
    enum Shell {
        bash,
        zsh,
        fish
    }

    @Spec
    private CommandSpec spec;

    @Parameters(paramLabel = "SHELL", description = "${COMPLETION-CANDIDATES}.")
    private Shell shell;

    @Override
    public Integer call() {
        String script = shell == Shell.fish
                ? FishCompletion.of(Main.commandLine())
                : AutoComplete.bash("jobledger", Main.commandLine());
        spec.commandLine().getOut().println(script);
        spec.commandLine().getOut().flush();
        return ExitCodes.OK;
    }
}
