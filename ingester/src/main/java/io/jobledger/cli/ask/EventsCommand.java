package io.jobledger.cli.ask;

import io.jobledger.cli.view.ExitCodes;
import io.jobledger.cli.view.Views;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** {@code events}: what a run reported, word for word. */
@Command(
        name = "events",
        description = "Lists the events of a run, in their order. Exits with 3 when the run is not there.",
        mixinStandardHelpOptions = true)
public final class EventsCommand implements Callable<Integer> {
    @Parameters(paramLabel = "RUN_ID", description = RunIds.MEANT)
    private String runId;

    @Mixin
    private Paging paging;

    @Mixin
    private Reading reading;

    @Override
    public Integer call() {
        new Listing(reading, paging)
                .print(
                        "/api/v1/runs/" + ApiClient.escape(RunIds.whole(reading.api(), runId)) + "/events",
                        new Query(),
                        "events",
                        Views.EVENTS);
        return ExitCodes.OK;
    }
}
