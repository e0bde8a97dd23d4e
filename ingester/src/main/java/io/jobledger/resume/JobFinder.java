package io.jobledger.resume;

import io.jobledger.ledger.JobLookup;
import io.jobledger.ledger.JobLookup.Known;
import io.jobledger.ledger.JobLookup.Narrowing;
import io.jobledger.mirror.Mirror;
import io.jobledger.mirror.MirrorException;
import io.jobledger.model.JobKey;
import io.jobledger.model.JobRecord;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;

/** Answers a resume. Blocks on the database and on mirrors. Thread-safe. */
public final class JobFinder {
    /** Where the ledger's records come from, as {@link Found#source} says it. */
    public static final String LEDGER = "ledger";

    private final JobLookup ledger;
    private final List<Mirror> mirrors;
    private final Consumer<Result> watch;

    /** How a lookup ended. */
    public enum Result { LEDGER, MIRROR, AMBIGUOUS, ABSENT, FAILED }

    /**
     * The answer to a resume.
     *
     * @param record the newest record of the key
     * @param candidates when open jobs of several playbooks share the key, the newest of each; else empty
     * @param source {@value #LEDGER} or the URI of the mirror that had the record
     */
    public record Found(JobRecord record, List<JobRecord> candidates, String source) {
        /** Whether the caller must say which playbook is meant. */
        public boolean ambiguous() {
            return !candidates.isEmpty();
        }
    }

    /** @param watch hears how each lookup ended, on its thread */
    public JobFinder(JobLookup ledger, List<Mirror> mirrors, Consumer<Result> watch) {
        this.ledger = ledger;
        this.mirrors = List.copyOf(mirrors);
        this.watch = watch;
    }

    /**
     * Finds the newest record of a key. The mirrors are asked only where the ledger has nothing.
     *
     * @throws MirrorException when no place has the record and a mirror could not be asked: "not known" must never read as "not there", because the caller would
     *     start the job a second time
     */
    public Optional<Found> find(JobKey key, Narrowing narrowing) {
        Result result = Result.FAILED;
        try {
            Optional<Found> found = search(key, narrowing);
            result = found.map(JobFinder::result).orElse(Result.ABSENT);
            return found;
        } finally {
            watch.accept(result);
        }
    }

    private static Result result(Found found) {
        return found.ambiguous() ? Result.AMBIGUOUS : found.source.equals(LEDGER) ? Result.LEDGER : Result.MIRROR;
    }

    private Optional<Found> search(JobKey key, Narrowing narrowing) {
        Known known = ledger.known(key, narrowing).orElse(null);
        if (known != null) {
            // A job whose playbook nobody knows is no evidence of a second playbook.
            List<JobRecord> open = known.open().stream().filter(record -> record.playbookIdentity() != null).toList();
            return Optional.of(new Found(known.newest(), open.size() > 1 ? open : List.of(), LEDGER));
        }
        MirrorException silent = null;
        for (Mirror mirror : mirrors) {
            try {
                Optional<JobRecord> mirrored = mirror.get(key).filter(record -> fits(record, narrowing));
                if (mirrored.isPresent()) {
                    return Optional.of(new Found(mirrored.get(), List.of(), mirror.uri()));
                }
            } catch (MirrorException e) {
                silent = e;
            }
        }
        if (silent != null) {
            throw silent;
        }
        return Optional.empty();
    }

    private static boolean fits(JobRecord record, Narrowing narrowing) {
        return (narrowing.playbook() == null || record.fromPlaybook(narrowing.playbook()))
                && (narrowing.run() == null || narrowing.run().equals(record.run()));
    }
}
