package io.jobledger.ledger.h2;

import static io.jobledger.Wire.json;
import static io.jobledger.Wire.run;
import static io.jobledger.Wire.started;

import io.jobledger.Wire;
import io.jobledger.model.RunId;
import java.io.PrintStream;
import java.nio.file.Path;
import java.time.Clock;
import java.util.List;

/**
 * A program for {@link KillTest}: appends from several threads until it is killed, and prints {@code run seq} of what
 * was acknowledged, a line a batch.
 */
final class AppendForever {
    static final int WRITERS = 4;

    private AppendForever() {}

    /** @param args the ledger's path, and the number of the round, which makes the runs' ids */
    public static void main(String[] args) {
        EmbeddedLedger ledger = EmbeddedLedger.open(
                EmbeddedLedgerTest.options(Path.of(args[0])), List.of("file:///mirror"), Clock.systemUTC());
        PrintStream out = System.out;
        for (int writer = 0; writer < WRITERS; writer++) {
            RunId run = run(Integer.parseInt(args[1]) * WRITERS + writer);
            new Thread(() -> append(ledger, run, out)).start();
        }
    }

    private static void append(EmbeddedLedger ledger, RunId run, PrintStream out) {
        for (long seq = 1; ; seq += 2) {
            long last = seq + 1;
            ledger.sink()
                    .append(Wire.events(
                            started(run, seq, seq, "h", "p", "j" + run, run + "/" + seq),
                            json("run_alive", run, last, last)))
                    .join();
            synchronized (out) {
                out.println(run + " " + last);
                out.flush();
            }
        }
    }
}
