package io.jobledger.cli.tend;

import io.jobledger.cli.serve.Mirrors;
import io.jobledger.cli.serve.SettingFlags;
import io.jobledger.cli.view.CommandFailed;
import io.jobledger.config.Setting;
import io.jobledger.config.Settings;
import io.jobledger.sink.mirror.CheckStep;
import io.jobledger.sink.mirror.Mirror;
import java.io.PrintWriter;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/**
 * {@code mirror check}: proves each mirror of the settings, without an ingester. Exit code 1 when one does not work.
 */
@Command(
        name = "check",
        description = "Proves that the mirrors of the settings can be reached, read and written, step by step. Needs no"
                + " running ingester.",
        mixinStandardHelpOptions = true,
        sortOptions = false)
final class MirrorCheckCommand implements Callable<Integer> {
    @Spec
    private CommandSpec spec;

    private MirrorCheckCommand() {}

    static CommandLine commandLine() {
        CommandLine command = new CommandLine(new MirrorCheckCommand());
        List<Setting> settings = Arrays.stream(Setting.values())
                .filter(setting -> setting == Setting.MIRROR
                        || setting == Setting.DATA_DIR
                        || setting.name().startsWith("OCI_")
                        || setting.name().startsWith("S3_"))
                .toList();
        SettingFlags.add(command.getCommandSpec(), settings);
        return command;
    }

    @Override
    public Integer call() {
        Settings settings = SettingFlags.load(spec);
        if (settings.mirrors().isEmpty()) {
            throw new CommandFailed("no mirror is set; name one with --mirror");
        }
        boolean good = true;
        for (String uri : settings.mirrors()) {
            good &= check(uri, settings);
        }
        return good ? CommandLine.ExitCode.OK : CommandLine.ExitCode.SOFTWARE;
    }

    private boolean check(String uri, Settings settings) {
        PrintWriter out = spec.commandLine().getOut();
        try (Mirror mirror = Mirrors.of(uri, settings.buckets())) {
            out.println(mirror.uri());
            List<CheckStep> steps = mirror.probe();
            for (CheckStep step : steps) {
                String mark = switch (step.outcome()) {
                    case PASSED -> "✓";
                    case FAILED -> "✗";
                    case SKIPPED -> "-";
                };
                out.printf("  %s %-14s %s%n", mark, step.name(), step.text());
            }
            out.flush();
            return steps.stream().noneMatch(step -> step.outcome() == CheckStep.Outcome.FAILED);
        } catch (IllegalArgumentException e) {
            throw new CommandFailed(e.getMessage());
        }
    }
}
