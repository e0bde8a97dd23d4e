package io.jobledger.cli.tend;

import io.jobledger.cli.serve.AccessStores;
import io.jobledger.cli.view.CommandFailed;
import io.jobledger.config.Settings;
import io.jobledger.files.AtomicFiles;
import io.jobledger.files.PrivateFiles;
import io.jobledger.ledger.h2.LedgerRestore;
import io.jobledger.log.LogHead;
import io.jobledger.sink.copy.LogCopyReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeParseException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** Makes a ledger of the copy of a log, with tokens and audit trail where there are none. */
final class CopiedLedger {
    /** How a copy is named where backups have names. */
    static final String NAME = "log-copy";

    /** A copy that is fed says at least so often that it is. */
    private static final Duration HEARTBEAT = Duration.ofMinutes(70);

    private static final DateTimeFormatter STAMP =
            DateTimeFormatter.ofPattern("'ledger-'yyyyMMdd'T'HHmmss'Z.zip'").withZone(ZoneOffset.UTC);

    private final LogCopyReader copy;
    private final String uri;
    private final List<String> said = new ArrayList<>();

    CopiedLedger(LogCopyReader copy, String uri) {
        this.copy = copy;
        this.uri = uri;
    }

    /** Whether a backup, named as 'backup --to' does, is of a later time than the copy. */
    boolean olderThan(String backup) {
        try {
            Instant made = Instant.from(STAMP.parse(backup));
            return copy.asOf() == null || copy.asOf().plus(HEARTBEAT).isBefore(made);
        } catch (DateTimeParseException e) {
            return false;
        }
    }

    /** What it is, for people and for the log. */
    @Override
    public String toString() {
        return "the copy of the log in " + uri + ", as of "
                + (copy.asOf() == null ? "the middle of its first copying" : copy.asOf());
    }

    /**
     * Restores it.
     *
     * @return where the log ends now
     */
    LogHead restore(Path ledger, Settings settings, String by) throws IOException {
        Path data = settings.access().dataDir();
        PrivateFiles.createDirectory(data);
        List<Path> made = new ArrayList<>();
        try {
            // First: a ledger whose tokens are missing would be open to all.
            for (Map.Entry<String, Path> file : Map.of(
                            AccessStores.TOKENS,
                            settings.access().tokens(),
                            AccessStores.TRAIL,
                            settings.access().auditTrail())
                    .entrySet()) {
                beside(file.getKey(), file.getValue(), made);
            }
            AtomicFiles.sync(data);
            return LedgerRestore.restore(content(), ledger, by, "restored from " + this, Clock.systemUTC());
        } catch (IOException | RuntimeException e) {
            for (Path file : made) {
                Files.deleteIfExists(file);
            }
            throw e;
        }
    }

    private void beside(String name, Path file, List<Path> made) throws IOException {
        if (Files.exists(file)) {
            said.add(file + " is there already and stays as it is");
            return;
        }
        made.add(file);
        if (copy.file(name, file)) {
            said.add(file + " was restored, too");
        } else {
            made.remove(file);
        }
    }

    private LedgerRestore.Content content() {
        return new LedgerRestore.Content() {
            @Override
            public LogHead into(Path log, Path delivery) throws IOException {
                return copy.into(log, delivery);
            }

            @Override
            public String toString() {
                return CopiedLedger.this.toString();
            }
        };
    }

    /** What else there is to say. */
    List<String> said() {
        return said;
    }

    /** Refuses a name that is none of a backup. */
    static CommandFailed none(String uri) {
        return new CommandFailed(
                "the mirror " + uri + " keeps no copy of a log; 'jobledger serve --log-copy 5s' makes" + " one");
    }
}
