package io.jobledger.ledger.h2;

import static io.jobledger.Wire.json;
import static io.jobledger.Wire.run;
import static io.jobledger.Wire.started;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jobledger.ledger.LedgerContract;
import io.jobledger.ledger.LedgerException;
import io.jobledger.ledger.h2.H2Ledger.Medium;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.time.Clock;
import java.util.List;
import java.util.stream.IntStream;
import org.awaitility.Awaitility;
import org.h2.store.fs.FilePath;
import org.h2.store.fs.FilePathWrapper;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A part of the store that cannot be read makes the ledger not ready, for as long as it lasts. */
class StoreHealthTest {
    @TempDir
    Path directory;

    /** A disk on which the pages of a database are not what was written. Paths begin with {@code damageddisk:}. */
    public static final class DamagedDisk extends FilePathWrapper {
        private static volatile boolean damaged;

        @Override
        public String getScheme() {
            return "damageddisk";
        }

        @Override
        public FileChannel open(String mode) throws IOException {
            return new ForwardingChannel(getBase().open(mode)) {
                @Override
                public int read(ByteBuffer target, long position) throws IOException {
                    int from = target.position();
                    int read = super.read(target, position);
                    for (int at = from; damaged && at < target.position(); at++) {
                        target.put(at, (byte) 0);
                    }
                    return read;
                }
            };
        }
    }

    private H2Ledger open() {
        FilePath.register(new DamagedDisk());
        return H2Ledger.open(
                new H2Ledger.Options(directory.resolve("ledger"), 64, 1000, 100, 0),
                new Medium("damageddisk:", Medium.DISK.rhythm(), path -> Long.MAX_VALUE),
                List.of(),
                Clock.systemUTC());
    }

    @AfterEach
    void mend() {
        DamagedDisk.damaged = false;
    }

    @Test
    void damagedPages_makeTheLedgerNotReady_untilTheyCanBeReadAgain() {
        try (H2Ledger ledger = open()) {
            for (int i = 1; i <= 400; i += 100) {
                LedgerContract.append(
                        ledger,
                        IntStream.range(i, i + 100)
                                .mapToObj(n -> started(run(n), 1, n, "h" + n, "p", "job " + n, "id" + n))
                                .toArray(ObjectNode[]::new));
            }
        }
        try (H2Ledger ledger = open()) {
            assertThat(ledger.upkeep().damagedReads()).isZero();
            DamagedDisk.damaged = true;
            assertThatThrownBy(() -> all(ledger)).isInstanceOf(LedgerException.class);
            assertThat(ledger.upkeep().damagedReads()).isPositive();
            assertThatThrownBy(ledger::check)
                    .isInstanceOf(LedgerException.class)
                    .hasMessageContaining("damaged")
                    .hasMessageNotContaining("Exception");
            assertThatThrownBy(() -> LedgerContract.append(ledger, json("run_alive", run(1), 2, 500)))
                    .isInstanceOfSatisfying(
                            LedgerException.class, e -> assertThat(e.kind()).isEqualTo(LedgerException.Kind.AWAY))
                    .hasMessageContaining("nothing is stored");
            DamagedDisk.damaged = false;
            ledger.check();
            all(ledger);
            Awaitility.await()
                    .untilAsserted(() -> assertThat(LedgerContract.append(ledger, json("run_alive", run(1), 2, 500))
                                    .stored())
                            .isEqualTo(1));
        }
    }

    private static void all(H2Ledger ledger) {
        for (int i = 1; i <= 400; i++) {
            assertThat(ledger.audit().events(run(i), 0, 10)).isNotEmpty();
        }
    }
}
