package io.jobledger.cli.tend;

import static io.jobledger.Wire.json;
import static io.jobledger.Wire.run;
import static org.assertj.core.api.Assertions.assertThat;

import io.jobledger.Wire;
import io.jobledger.cli.Main;
import io.jobledger.ledger.h2.EmbeddedLedger;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

/** {@code accept-loss}: only who says so, and the trail and the log have it. */
class AcceptLossCommandTest {
    @TempDir
    Path directory;

    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();

    private int execute(String... arguments) {
        CommandLine command = Main.commandLine(arguments);
        command.setOut(new PrintWriter(out));
        command.setErr(new PrintWriter(err));
        return command.execute(arguments);
    }

    private EmbeddedLedger open() {
        return EmbeddedLedger.open(
                new EmbeddedLedger.Options(directory.resolve("ledger"), 8192, 1000, 100, 0),
                List.of(),
                Clock.systemUTC());
    }

    @Test
    void loss_isAcceptedOnlyWhenSaid_andTheTrailHasIt() throws Exception {
        try (EmbeddedLedger ledger = open()) {
            ledger.sink().append(Wire.events(json("run_alive", run(1), 1, 1))).get();
            ledger.sink().append(Wire.events(json("run_alive", run(1), 2, 2))).get();
        }
        Path segment = directory.resolve("ledger/log/0000000000000000001.jlog");
        byte[] bytes = Files.readAllBytes(segment);
        Files.write(segment, java.util.Arrays.copyOf(bytes, bytes.length - 10));
        assertThat(execute("accept-loss", "--data-dir", directory.toString())).isNotZero();
        assertThat(directory.resolve("audit.jsonl")).doesNotExist();
        assertThat(execute("accept-loss", "--yes", "--data-dir", directory.toString()))
                .as(err.toString())
                .isZero();
        assertThat(out.toString()).contains("entries 2 to 2 were lost", "damaged-", "Epoch 2 has begun");
        assertThat(Files.readAllLines(directory.resolve("audit.jsonl")))
                .singleElement()
                .asString()
                .contains("\"act\":\"ledger.accept-loss\"");
        assertThat(execute("verify", "--data-dir", directory.toString(), "--removals"))
                .as(err.toString())
                .isZero();
        assertThat(out.toString()).contains("epoch 2 began with entry 2");
        open().close();
    }
}
