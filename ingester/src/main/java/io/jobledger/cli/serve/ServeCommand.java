package io.jobledger.cli.serve;

import io.jobledger.config.Setting;
import io.jobledger.config.Settings;
import io.jobledger.terminal.Hangup;
import java.time.Clock;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicReference;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/**
 * {@code serve}: the ingester in the foreground, until SIGTERM or SIGINT. SIGHUP has it read again what may change
 * while it runs.
 */
@Command(
        name = "serve",
        description = "Runs the ingester in the foreground. Every option can also be an environment variable"
                + " JOBLEDGER_<OPTION> or a line <option> = <value> in the settings file.",
        mixinStandardHelpOptions = true,
        sortOptions = false)
public final class ServeCommand implements Callable<Integer> {
    @Spec
    private CommandSpec spec;

    private ServeCommand() {}

    /** The command with one option for each setting of the table. */
    public static CommandLine commandLine() {
        CommandLine command = new CommandLine(new ServeCommand());
        SettingFlags.add(command.getCommandSpec(), List.of(Setting.values()));
        return command;
    }

    @Override
    public Integer call() throws InterruptedException {
        Settings settings = SettingFlags.load(spec);
        Logging.level(settings.logLevel());
        AtomicReference<Ingester> running = new AtomicReference<>();
        // Before the start: a signal that comes meanwhile must not end it.
        Hangup.onEach(() -> Optional.ofNullable(running.get())
                .ifPresent(ingester -> ingester.reread(() -> SettingFlags.load(spec))));
        Ingester ingester = Ingester.start(settings, Clock.systemUTC());
        running.set(ingester);
        CountDownLatch stopped = new CountDownLatch(1);
        Runtime.getRuntime()
                .addShutdownHook(new Thread(
                        () -> {
                            ingester.stop();
                            stopped.countDown();
                        },
                        "shutdown"));
        spec.commandLine().getOut().println(ingester.greeting());
        spec.commandLine().getOut().flush();
        stopped.await();
        return CommandLine.ExitCode.OK;
    }
}
