package io.jobledger.cli.setup;

import io.jobledger.terminal.ShortDurations;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/** The spools of this user: whether they can be written, and what waits in them. Changes nothing. */
final class SpoolChecks {
    private final Path directory;
    private final Path fallback;
    private final Clock clock;

    /**
     * @param directory as the recorder would use it
     * @param fallback where it goes when it cannot use that
     */
    SpoolChecks(Path directory, Path fallback, Clock clock) {
        this.directory = directory;
        this.fallback = fallback;
        this.clock = clock;
    }

    List<Finding> all() {
        List<Finding> found = new ArrayList<>();
        found.add(place());
        found.add(waiting());
        return found;
    }

    private Finding place() {
        Path nearest = directory;
        while (!Files.exists(nearest) && nearest.getParent() != null) {
            nearest = nearest.getParent();
        }
        if (!Files.isDirectory(nearest) || !Files.isWritable(nearest)) {
            return Finding.bad(
                    "spool",
                    directory + " cannot be used: " + nearest + " is not writable for this user",
                    "name another with spool_dir in [jobledger] of ansible.cfg, or JOBLEDGER_SPOOL_DIR");
        }
        return Finding.good(
                "spool", directory + (Files.exists(directory) ? " is writable" : " is made by the first run"));
    }

    private Finding waiting() {
        List<Path> left = new ArrayList<>();
        int going = 0;
        for (Path file : spools()) {
            if (held(file)) {
                going++;
            } else {
                left.add(file);
            }
        }
        String runs = going == 0 ? "" : "; " + going + " more belong to runs that go on, or are being delivered";
        if (left.isEmpty()) {
            return Finding.good("waiting", "nothing waits to be delivered" + runs);
        }
        Instant oldest =
                left.stream().map(SpoolChecks::changed).min(Instant::compareTo).orElseThrow();
        return Finding.bad(
                "waiting",
                left.size() + (left.size() == 1 ? " run has" : " runs have") + " events that no ledger has yet, the"
                        + " oldest since " + ShortDurations.text(Duration.between(oldest, clock.instant())) + runs,
                "ansible-playbook jobledger.core.replay delivers them; so does the next run");
    }

    /** Of this ledger, of others, and of none by name: below the directory, and one deeper. */
    private List<Path> spools() {
        List<Path> files = new ArrayList<>();
        for (Path place : List.of(directory, fallback)) {
            try (Stream<Path> walked = Files.isDirectory(place) ? Files.walk(place, 2) : Stream.empty()) {
                walked.filter(file -> file.toString().endsWith(".spool")).forEach(files::add);
            } catch (IOException e) {
                // Another user's, most likely: what is in it is theirs.
                continue;
            }
        }
        return files;
    }

    /** Whether a process writes or delivers it: it holds a lock. */
    private static boolean held(Path file) {
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ);
                FileLock lock = channel.tryLock(0, Long.MAX_VALUE, true)) {
            return lock == null;
        } catch (IOException e) {
            return false;
        }
    }

    private static Instant changed(Path file) {
        try {
            return Files.getLastModifiedTime(file).toInstant();
        } catch (IOException e) {
            return Instant.MAX;
        }
    }
}
