package io.jobledger.sink.mirror;

import io.jobledger.ledger.JobLookup;
import io.jobledger.ledger.LedgerException;
import io.jobledger.model.JobKey;
import io.jobledger.model.JobRecord;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Goes once through the files of a directory mirror and names those that are no records, or not those of their names.
 * What the ledger has of them is written again. Lookups are answered by the ledger meanwhile. Used by one thread.
 */
final class MirrorMending {
    private static final Logger LOG = LoggerFactory.getLogger(MirrorMending.class);

    private final MendableMirror mirror;
    private final JobLookup jobs;
    private final BooleanSupplier over;
    private int written;

    /** @param over says that nobody waits for the rest */
    MirrorMending(MendableMirror mirror, JobLookup jobs, BooleanSupplier over) {
        this.mirror = mirror;
        this.jobs = jobs;
        this.over = over;
    }

    /** Returns how many files were written again. */
    int run() {
        try {
            mirror.list(listed -> {
                if (over.getAsBoolean()) {
                    return;
                }
                if (listed instanceof Mirror.Listed.Damaged damaged) {
                    mend(damaged.path(), damaged.why());
                } else if (listed instanceof Mirror.Listed.Found found
                        && !RecordPath.of(found.record().key()).equals(found.path())) {
                    mend(
                            found.path(),
                            "it holds the record of " + found.record().key());
                }
            });
        } catch (MirrorException | LedgerException e) {
            LOG.warn("The files of the mirror {} were not all looked at: {}", mirror.uri(), e.getMessage());
        }
        return written;
    }

    private void mend(String path, String why) {
        Optional<JobRecord> newest = key(path).flatMap(key -> jobs.newest(key, JobLookup.Narrowing.NONE));
        if (newest.isEmpty()) {
            LOG.warn(
                    "The file {} of the mirror {} is damaged ({}), and the ledger has no record of that name: mend or"
                            + " remove it",
                    path,
                    mirror.uri(),
                    why);
            return;
        }
        mirror.replace(newest.get());
        written++;
        LOG.warn(
                "The file {} of the mirror {} was damaged ({}) and was written again from the ledger",
                path,
                mirror.uri(),
                why);
    }

    /** The names in a path; none where one was too long to be in it whole. */
    private static Optional<JobKey> key(String path) {
        String[] parts = path.split("/");
        try {
            JobKey key = new JobKey(
                    RecordPath.name(parts[0]),
                    RecordPath.name(parts[1]),
                    RecordPath.name(parts[2].substring(0, parts[2].length() - RecordPath.SUFFIX.length())));
            return Optional.of(key).filter(found -> RecordPath.of(found).equals(path));
        } catch (IllegalArgumentException e) {
            return Optional.empty();
        }
    }
}
