package io.jobledger.cli.ask;

import io.jobledger.cli.view.Views;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** {@code plays}: what jobs belong to. */
@Command(
        name = "plays",
        description = "Lists plays.",
        mixinStandardHelpOptions = true,
        synopsisSubcommandLabel = "(ls)")
public final class PlaysCommand {
    @Command(
            name = "ls",
            aliases = "list",
            description = "Lists plays with their jobs in numbers, by name.",
            mixinStandardHelpOptions = true)
    void ls(@Mixin Paging paging, @Mixin Reading reading) {
        new Listing(reading, paging).print("/api/v1/plays", new Query(), "plays", Views.PLAYS);
    }
}
