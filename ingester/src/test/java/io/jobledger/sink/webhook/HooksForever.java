package io.jobledger.sink.webhook;

import static io.jobledger.Wire.json;
import static io.jobledger.Wire.run;
import static io.jobledger.Wire.started;

import io.jobledger.Wire;
import io.jobledger.http.api.Filters;
import io.jobledger.ledger.h2.EmbeddedLedger;
import io.jobledger.sink.SinkRelays;
import java.nio.file.Path;
import java.time.Clock;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** An ingester with a hook that starts and ends jobs until it is killed, and prints each that was acknowledged. */
final class HooksForever {
    private HooksForever() {}

    /** @param args directory, file of hooks, number of the first job */
    public static void main(String[] args) throws Exception {
        EmbeddedLedger ledger = EmbeddedLedger.open(
                new EmbeddedLedger.Options(Path.of(args[0]), 16_384, 20_000, 1000, 0), List.of(), Clock.systemUTC());
        Webhooks hooks = new Webhooks(Path.of(args[1]), Filters::ofNews, 4, "test", Clock.systemUTC());
        SinkRelays relays = new SinkRelays(ledger, Clock.systemUTC());
        relays.replace("", hooks.read());
        for (int job = Integer.parseInt(args[2]); ; job++) {
            ledger.sink().append(Wire.events(start(job))).get(30, TimeUnit.SECONDS);
            ledger.sink().append(Wire.events(end(job))).get(30, TimeUnit.SECONDS);
            System.out.println(job);
        }
    }

    static com.fasterxml.jackson.databind.node.ObjectNode start(int job) {
        return started(run(job), 1, 1, "h", "p", "j", "id" + job);
    }

    static com.fasterxml.jackson.databind.node.ObjectNode end(int job) {
        return json(
                "job_ended",
                run(job),
                2,
                9,
                "host",
                "h",
                "play",
                "p",
                "job",
                "j",
                "ansible_job_id",
                "id" + job,
                "status",
                "failed");
    }
}
