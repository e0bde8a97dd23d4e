package io.jobledger.ledger.h2;

import io.jobledger.ledger.rows.Failures;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Copies of a ledger that a killed process left beside it: half a backup, a backup that was being restored. They bear
 * the ledger's name, so one that is in use elsewhere is not met.
 */
final class Leftovers {
    private static final Logger LOG = LoggerFactory.getLogger(Leftovers.class);
    private static final String UUID = "[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}";

    private Leftovers() {}

    /** Removes them; for whoever has the ledger open, so that nobody else can be at work on it. */
    static void remove(Path database) {
        String name = database.getFileName().toString();
        // Earlier versions left the ledger's name out of a backup's.
        Pattern left = Pattern.compile("\\." + Pattern.quote(name) + "\\.(backup-" + UUID + "\\.zip|restore-" + UUID
                + "\\.(mv\\.db|mark|new\\.mv\\.db|new\\.lock))|\\.backup-" + UUID + "\\.zip");
        try (Stream<Path> files = Files.list(database.getParent())) {
            for (Path file : files.filter(
                            each -> left.matcher(each.getFileName().toString()).matches())
                    .toList()) {
                Files.deleteIfExists(file);
                LOG.info("Removed {}, which a process that was killed had left", file);
            }
        } catch (IOException e) {
            LOG.warn("What killed processes left beside {} could not be removed: {}", database, Failures.text(e));
        }
    }
}
