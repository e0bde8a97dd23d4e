package io.jobledger.ledger.h2;

import static io.jobledger.Wire.run;
import static io.jobledger.Wire.started;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.jobledger.ledger.Ledger;
import io.jobledger.ledger.LedgerContract;
import io.jobledger.ledger.LedgerException;
import io.jobledger.ledger.LedgerException.Kind;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The embedded ledger, and how it refuses what it cannot use. */
public class EmbeddedLedgerTest extends LedgerContract {
    @TempDir
    Path directory;

    private int others;

    public static EmbeddedLedger.Options options(Path file) {
        return new EmbeddedLedger.Options(file, 16_384, 20_000, 1000, 0);
    }

    private Path base() {
        return directory.resolve("data/ledger");
    }

    @Override
    protected Ledger open(List<String> mirrors) {
        return EmbeddedLedger.open(options(base()), mirrors, clock);
    }

    @Override
    protected Ledger openAnother() {
        return EmbeddedLedger.open(options(directory.resolve("another" + ++others)), List.of(), clock);
    }

    private void assertUnusable(String... words) {
        assertThatThrownBy(() -> open(List.of()).close())
                .isInstanceOfSatisfying(
                        LedgerException.class, e -> assertThat(e.kind()).isEqualTo(Kind.UNUSABLE))
                .hasMessageContainingAll(words)
                .hasMessageNotContaining("Exception")
                .hasMessageNotContaining("\n");
    }

    @Test
    void filesAndDirectories_belongToTheirOwnerAlone() throws IOException {
        append(started(run(1), 1, 1, "h", "p", "j", "a"));
        reopen();
        try (Stream<Path> files = Files.walk(base())) {
            assertThat(files.toList())
                    .hasSizeGreaterThan(4)
                    .allSatisfy(file -> assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
                            .as(file.toString())
                            .isEqualTo(Files.isDirectory(file) ? "rwx------" : "rw-------"));
        }
    }

    @Test
    void secondLedgerInTheSameDirectory_isRefused_andTheFirstWorksOn() {
        assertUnusable(base().toString(), "in use");
        append(started(run(1), 1, 1, "h", "p", "j", "a"));
        assertThat(newest("h", "p", "j")).isNotNull();
    }

    @Test
    void directoryThatCannotBeMade_isNamed() throws IOException {
        Path blocked = Files.writeString(directory.resolve("blocked"), "a file");
        assertThatThrownBy(() -> EmbeddedLedger.open(options(blocked.resolve("ledger")), List.of(), clock))
                .isInstanceOfSatisfying(
                        LedgerException.class, e -> assertThat(e.kind()).isEqualTo(Kind.UNUSABLE))
                .hasMessageContaining(blocked.toString());
    }
}
