package io.jobledger.cli.tend;

import static io.jobledger.Wire.json;
import static io.jobledger.Wire.run;
import static org.assertj.core.api.Assertions.assertThat;

import io.jobledger.Wire;
import io.jobledger.cli.Main;
import io.jobledger.ledger.h2.H2Ledger;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

/** {@code accept-loss}: done only when asked for with --yes, and written down. */
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

    private H2Ledger open() {
        return H2Ledger.open(
                new H2Ledger.Options(directory.resolve("ledger"), 8192, 1000, 100, 0), List.of(), Clock.systemUTC());
    }

    @Test
    void loss_isAcceptedOnlyWhenSaid_andTheTrailHasIt() throws Exception {
        try (H2Ledger ledger = open()) {
            ledger.sink().append(Wire.events(json("run_alive", run(1), 1, 1))).get();
        }
        byte[] older = Files.readAllBytes(directory.resolve("ledger.mv.db"));
        try (H2Ledger ledger = open()) {
            ledger.sink().append(Wire.events(json("run_alive", run(1), 2, 2))).get();
        }
        Files.write(directory.resolve("ledger.mv.db"), older);
        assertThat(execute("accept-loss", "--data-dir", directory.toString())).isNotZero();
        assertThat(directory.resolve("audit.jsonl")).doesNotExist();
        assertThat(execute("accept-loss", "--yes", "--data-dir", directory.toString()))
                .as(err.toString())
                .isZero();
        assertThat(out.toString())
                .contains("events up to 2 were acknowledged; its file had those up to 1, and 0 more came out of its"
                        + " journal")
                .contains(".damaged-");
        assertThat(Files.readAllLines(directory.resolve("audit.jsonl")))
                .singleElement()
                .asString()
                .contains("\"act\":\"ledger.accept-loss\"")
                .contains("ledger.mv.db");
        open().close();
    }
}
