package io.jobledger.cli.tend;

import static io.jobledger.Wire.json;
import static io.jobledger.Wire.run;
import static io.jobledger.Wire.started;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jobledger.Wire;
import io.jobledger.cli.Main;
import io.jobledger.ledger.h2.EmbeddedLedger;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.Statement;
import java.time.Clock;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

/** {@code verify --ledger}: a file that no ingester has open, and anchors. */
class VerifyCommandTest {
    @TempDir
    Path directory;

    private String out;
    private String err;

    @BeforeEach
    void fill() throws Exception {
        append(json("run_started", run(1), 1, 0, "playbook", "site.yml"), started(run(1), 2, 1, "h", "p", "j", "a"));
    }

    private void append(ObjectNode... events) throws Exception {
        try (EmbeddedLedger ledger = EmbeddedLedger.open(
                new EmbeddedLedger.Options(directory.resolve("ledger"), 8192, 1000, 100, 0),
                List.of(),
                Clock.systemUTC())) {
            ledger.sink().append(Wire.events(events)).get(60, TimeUnit.SECONDS);
        }
    }

    private void tamper(String statement) throws Exception {
        try (Connection connection =
                        DriverManager.getConnection("jdbc:h2:file:" + directory.resolve("ledger"), "jobledger", "");
                Statement sql = connection.createStatement()) {
            assertThat(sql.executeUpdate(statement)).isPositive();
        }
    }

    private int verify(String... options) {
        CommandLine command = Main.commandLine();
        StringWriter outText = new StringWriter();
        StringWriter errText = new StringWriter();
        command.setOut(new PrintWriter(outText, true)).setErr(new PrintWriter(errText, true));
        String[] all = new String[options.length + 3];
        all[0] = "verify";
        all[1] = "--ledger";
        all[2] = directory.resolve("ledger").toString();
        System.arraycopy(options, 0, all, 3, options.length);
        int code = command.execute(all);
        out = outText.toString();
        err = errText.toString();
        return code;
    }

    @Test
    void intactLedger_isLeftAsItIs() throws Exception {
        byte[] before = Files.readAllBytes(directory.resolve("ledger.mv.db"));
        assertThat(verify()).as(err).isZero();
        assertThat(out)
                .contains("1 chains with 2 events, 1 jobs")
                .contains("intact")
                .doesNotContain("NOT");
        assertThat(Files.readAllBytes(directory.resolve("ledger.mv.db"))).isEqualTo(before);
    }

    @Test
    void changedLedger_isNamed_andGetsNoAnchor() throws Exception {
        tamper("UPDATE events SET body = REPLACE(body, 'site.yml', 'evil.yml') WHERE entry = 1");
        assertThat(verify("--write-anchor", directory.resolve("anchor").toString()))
                .isEqualTo(1);
        assertThat(out)
                .contains("event-changed run " + run(1) + " seq 1 entry 1")
                .contains("NOT intact");
        assertThat(directory.resolve("anchor")).doesNotExist();
    }

    @Test
    void anchor_agreesWhileTheLedgerGrows_andFindsWhatWasComputedAnew() throws Exception {
        String anchor = directory.resolve("anchor").toString();
        assertThat(verify("--write-anchor", anchor)).as(err).isZero();
        assertThat(verify("--write-anchor", anchor))
                .as("an anchor never replaces a file")
                .isEqualTo(1);
        append(json("run_alive", run(1), 3, 5));
        assertThat(verify("--anchor", anchor)).as(err).isZero();
        assertThat(out).contains("agrees with the anchor");
        // Another history, whole in itself, as somebody could compute it who can write the database.
        Files.delete(directory.resolve("ledger.mv.db"));
        Files.delete(directory.resolve("ledger.mark"));
        append(
                json("run_started", run(1), 1, 0, "playbook", "other.yml"),
                started(run(1), 2, 1, "h", "p", "j", "a"),
                json("run_alive", run(1), 3, 5));
        assertThat(verify()).as(err).isZero();
        assertThat(verify("--anchor", anchor)).isEqualTo(1);
        assertThat(err).contains("differs from the anchor").contains("chains 1 to 1 were rewritten");
    }

    @Test
    void whatIsNoAnchorAndNoLedger_isNamed() throws Exception {
        Path file = Files.writeString(directory.resolve("letter"), "{\"anchor\": {}}");
        assertThat(verify("--anchor", file.toString())).isEqualTo(1);
        assertThat(err).contains("is no anchor");
        Files.delete(directory.resolve("ledger.mv.db"));
        assertThat(verify()).isEqualTo(1);
        assertThat(err).contains("there is no ledger at");
    }
}
