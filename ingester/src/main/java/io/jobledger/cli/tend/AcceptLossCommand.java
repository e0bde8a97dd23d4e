package io.jobledger.cli.tend;

import io.jobledger.cli.serve.AccessStores;
import io.jobledger.cli.serve.SettingFlags;
import io.jobledger.cli.view.CommandFailed;
import io.jobledger.config.LedgerLocation;
import io.jobledger.config.Settings;
import io.jobledger.ledger.h2.LedgerSalvage;
import io.jobledger.ledger.postgres.PostgresLedger;
import io.jobledger.log.LogHead;
import io.jobledger.trail.Act;
import io.jobledger.trail.TrailException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.time.Clock;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code accept-loss}: a ledger that is refused for what it has lost goes on with what is left. */
@Command(
        name = "accept-loss",
        description =
                "Lets a damaged ledger go on with what is left of it, when there is no backup and no mirror. Keeps"
                        + " the damaged files aside, begins a new epoch, stores again what is whole behind the damage,"
                        + " and writes into the audit trail that somebody decided so. Of a PostgreSQL ledger that was"
                        + " restored it begins the new epoch. Stop the ingesters first.",
        mixinStandardHelpOptions = true)
public final class AcceptLossCommand implements Callable<Integer> {
    @Spec
    private CommandSpec spec;

    @Option(
            names = "--yes",
            required = true,
            description = "Needed: what is lost is lost for good, unless it comes back from a copy.")
    private boolean yes;

    private AcceptLossCommand() {}

    public static CommandLine commandLine() {
        CommandLine command = new CommandLine(new AcceptLossCommand());
        SettingFlags.add(command.getCommandSpec(), SettingFlags.ACCESS);
        return command;
    }

    @Override
    public Integer call() {
        Settings settings = SettingFlags.load(spec);
        String by = "user " + System.getProperty("user.name", "?");
        try (AccessStores access = AccessStores.open(settings, Clock.systemUTC())) {
            access.trail()
                    .record(new Act(
                            "ledger.accept-loss",
                            by,
                            "local",
                            Map.of("ledger", settings.ledger().toString())));
        } catch (TrailException e) {
            throw new CommandFailed(e.getMessage());
        }
        PrintWriter out = spec.commandLine().getOut();
        if (settings.ledger() instanceof LedgerLocation.Postgres database) {
            LogHead head = PostgresLedger.acceptLoss(database, by, Clock.systemUTC());
            out.println(settings.ledger() + ": epoch " + head.epoch() + " has begun at entry " + head.entry()
                    + ". Start the ingesters");
            out.flush();
            return CommandLine.ExitCode.OK;
        }
        Path ledger = ((LedgerLocation.File) settings.ledger()).base();
        LedgerSalvage.Outcome outcome = LedgerSalvage.run(ledger, by, Clock.systemUTC());
        out.println(settings.ledger() + ": "
                + (outcome.from() > outcome.to()
                        ? "nothing that is known is lost"
                        : "entries " + outcome.from() + " to " + outcome.to() + " were lost, and " + outcome.stored()
                                + " events of them were stored again"));
        if (outcome.evidence() != null) {
            out.println("The damaged files are in " + outcome.evidence());
        }
        out.println("Epoch " + outcome.head().epoch() + " has begun. Start the ingester: it computes the records from"
                + " the log. 'jobledger verify' says whether what is left is as it was acknowledged");
        out.flush();
        return CommandLine.ExitCode.OK;
    }
}
