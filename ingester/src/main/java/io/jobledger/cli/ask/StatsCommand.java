package io.jobledger.cli.ask;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jobledger.cli.view.ExitCodes;
import io.jobledger.cli.view.RecordColumn;
import io.jobledger.cli.view.Views;
import io.jobledger.terminal.ShortDurations;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** {@code stats}: jobs in numbers. */
@Command(
        name = "stats",
        description =
                "Shows jobs in numbers: by status, by day, how long they took, and how large the ledger is. It reads"
                        + " every job that fits: narrow it by --since.",
        mixinStandardHelpOptions = true,
        footer = {"", "Example:", "  jobledger stats --since 30d --play 'Upgrade databases'"})
public final class StatsCommand implements Callable<Integer> {
    private static final List<RecordColumn> DAYS = Stream.concat(
                    Stream.of(RecordColumn.whole("day", "DAY (UTC)", 0)), Views.counts())
            .toList();
    private static final long MIB = 1 << 20;

    @Mixin
    private JobFilters filters;

    @Mixin
    private Reading reading;

    @Override
    public Integer call() {
        JsonNode stats = reading.get("/api/v1/stats" + filters.query(reading));
        if (!reading.forPeople()) {
            reading.json(stats);
            return ExitCodes.OK;
        }
        JsonNode days = reading.rows(stats, "days");
        JsonNode durations = stats.path("durations");
        JsonNode runs = stats.path("runs");
        ObjectNode plain =
                ((ObjectNode) stats.deepCopy()).without(List.of("days", "durations", "runs", "ledger_bytes"));
        reading.show(plain);
        reading.line(
                "took",
                "median " + seconds(durations.path("median")) + ", 95 of 100 within " + seconds(durations.path("p95"))
                        + ", longest " + seconds(durations.path("max")));
        reading.line(
                "runs",
                runs.path("finished").asLong() + " finished, "
                        + runs.path("running").asLong() + " running, "
                        + runs.path("interrupted").asLong() + " interrupted");
        reading.line("ledger", (stats.path("ledger_bytes").asLong() + MIB - 1) / MIB + " MiB");
        if (!days.isEmpty()) {
            reading.out().println();
            reading.table(DAYS).print(days);
        }
        reading.out().flush();
        return ExitCodes.OK;
    }

    private static String seconds(JsonNode value) {
        return value.isNumber() ? ShortDurations.text(Duration.ofMillis((long) (value.asDouble() * 1000))) : "-";
    }
}
