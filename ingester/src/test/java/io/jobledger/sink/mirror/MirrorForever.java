package io.jobledger.sink.mirror;

import static io.jobledger.Wire.run;
import static io.jobledger.Wire.started;

import io.jobledger.Wire;
import io.jobledger.ledger.h2.EmbeddedLedger;
import io.jobledger.sink.mirror.file.FileMirror;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.List;

/**
 * A program for {@link MirrorKillTest}: a newer job of each of a few names, again and again, mirrored until it is
 * killed. Prints the number of what was acknowledged.
 */
final class MirrorForever {
    static final int NAMES = 5;

    private MirrorForever() {}

    /** The ledger and mirror that the rounds share. */
    static EmbeddedLedger open(Path directory) {
        return EmbeddedLedger.open(
                new EmbeddedLedger.Options(directory.resolve("ledger"), 8 * 1024, 1000, 100, 0),
                List.of(new FileMirror(directory.resolve("mirror")).uri()),
                Clock.systemUTC());
    }

    static MirrorRelay relay(Path directory, EmbeddedLedger ledger) {
        return new MirrorRelay(
                new FileMirror(directory.resolve("mirror")),
                ledger.mirrors().get(0),
                ledger.outbox(),
                ledger.jobs(),
                4,
                Duration.ofMillis(1));
    }

    /** @param args the directory, the round, which makes the run's id, and the number to begin with */
    public static void main(String[] args) {
        Path directory = Path.of(args[0]);
        EmbeddedLedger ledger = open(directory);
        relay(directory, ledger).start();
        long seq = 0;
        for (long number = Long.parseLong(args[2]); ; number++) {
            seq++;
            ledger.sink()
                    .append(Wire.events(started(
                            run(Integer.parseInt(args[1])),
                            seq,
                            number,
                            "h",
                            "p",
                            "j" + number % NAMES,
                            "n" + number + ".1")))
                    .join();
            System.out.println(number);
            System.out.flush();
        }
    }
}
