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
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import java.util.zip.CRC32C;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

/** {@code verify --ledger}: a file that no ingester has open, and anchors. */
class VerifyCommandTest {
    @TempDir
    Path directory;

    /** The mark at the beginning of a record. */
    private static final String RECORD = "\u004a\u00ff\u004c\u00fe";

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

    /** Changes bytes of the log, and the checksums too, as somebody can who means it. */
    private void tamper(String text, String other) throws Exception {
        Path file = directory.resolve("ledger/log/0000000000000000001.jlog");
        String all = new String(Files.readAllBytes(file), StandardCharsets.ISO_8859_1);
        assertThat(all).contains(text);
        ByteBuffer bytes = ByteBuffer.wrap(all.replace(text, other).getBytes(StandardCharsets.ISO_8859_1));
        for (int at = all.indexOf(RECORD); at >= 0; at = all.indexOf(RECORD, at + 1)) {
            CRC32C sum = new CRC32C();
            sum.update(bytes.slice(at + 12, bytes.getInt(at + 4)));
            bytes.putInt(at + 8, (int) sum.getValue());
        }
        Files.write(file, bytes.array());
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
        byte[] before = Files.readAllBytes(directory.resolve("ledger/log/0000000000000000001.jlog"));
        assertThat(verify()).as(err).isZero();
        assertThat(out)
                .contains("2 events and 0 facts in 1 records")
                .contains("intact")
                .doesNotContain("NOT");
        assertThat(verify("--deep")).as(err).isZero();
        assertThat(out).contains("rows follow from them");
        assertThat(Files.readAllBytes(directory.resolve("ledger/log/0000000000000000001.jlog")))
                .isEqualTo(before);
    }

    @Test
    void changedLedger_isNamed_andGetsNoAnchor() throws Exception {
        tamper("site.yml", "evil.yml");
        assertThat(verify("--write-anchor", directory.resolve("anchor").toString()))
                .isEqualTo(1);
        assertThat(err).contains(".jlog", "hash");
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
        // Another history, whole in itself, as somebody could compute it who can write the files.
        try (Stream<Path> files = Files.walk(directory.resolve("ledger"))) {
            files.sorted(Comparator.reverseOrder())
                    .forEach(file -> file.toFile().delete());
        }
        append(
                json("run_started", run(1), 1, 0, "playbook", "other.yml"),
                started(run(1), 2, 1, "h", "p", "j", "a"),
                json("run_alive", run(1), 3, 5));
        assertThat(verify()).as(err).isZero();
        assertThat(verify("--anchor", anchor)).isEqualTo(1);
        assertThat(err).contains("differs from the anchor").contains("entry 2 or one before it was rewritten");
    }

    @Test
    void whatIsNoAnchorAndNoLedger_isNamed() throws Exception {
        Path file = Files.writeString(directory.resolve("letter"), "{\"anchor\": {}}");
        assertThat(verify("--anchor", file.toString())).isEqualTo(1);
        assertThat(err).contains("is no anchor");
        Files.move(directory.resolve("ledger"), directory.resolve("elsewhere"));
        assertThat(verify()).isEqualTo(1);
        assertThat(err).contains("there is no ledger at");
    }
}
