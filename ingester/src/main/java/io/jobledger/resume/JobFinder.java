package io.jobledger.resume;

import io.jobledger.ledger.JobLookup;
import io.jobledger.ledger.JobLookup.Known;
import io.jobledger.ledger.JobLookup.Narrowing;
import io.jobledger.model.JobKey;
import io.jobledger.model.JobRecord;
import io.jobledger.sink.mirror.Mirror;
import io.jobledger.sink.mirror.MirrorException;
import io.jobledger.sink.mirror.OtherRecords;
import java.time.Clock;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Consumer;

/** Answers a resume. Blocks on the database and on mirrors. Thread-safe. */
public final class JobFinder {
    /** Where the ledger's records come from, as {@link Found#source} says it. */
    public static final String LEDGER = "ledger";

    private final JobLookup ledger;
    private final List<Mirror> mirrors;
    private final Consumer<Result> watch;
    private final Clock clock;

    /** How a lookup ended. */
    public enum Result {
        LEDGER,
        MIRROR,
        AMBIGUOUS,
        ABSENT,
        FAILED
    }

    /** Which of several open jobs is meant. */
    public enum Which {
        NEWEST,
        OLDEST;

        /** @throws IllegalArgumentException naming what there is */
        public static Which parse(String text) {
            for (Which which : values()) {
                if (which.name().toLowerCase(Locale.ROOT).equals(text)) {
                    return which;
                }
            }
            throw new IllegalArgumentException("must be newest or oldest");
        }
    }

    /**
     * What the caller says of which job is meant; null parts say nothing.
     *
     * @param which one of several open jobs
     * @param nth one of all jobs by their start, open or not: 1 is the latest
     */
    public record Choice(Which which, Integer nth) {
        public static final Choice NONE = new Choice(null, null);
    }

    /**
     * The answer to a resume.
     *
     * @param record an open job before one that ended; the newest of them
     * @param candidates when several jobs of the key are open and nobody said which is meant, all of them, newest
     *     first; else empty
     * @param outlived open jobs that did not count beside another one, newest first: see {@link JobRecord#outlived}
     * @param source {@value #LEDGER} or the URI of the mirror that had the record
     */
    public record Found(JobRecord record, List<JobRecord> candidates, List<JobRecord> outlived, String source) {
        Found(JobRecord record, String source) {
            this(record, List.of(), List.of(), source);
        }

        /** Whether the caller must say which job is meant. */
        public boolean ambiguous() {
            return !candidates.isEmpty();
        }
    }

    /** @param watch hears how each lookup ended, on its thread */
    public JobFinder(JobLookup ledger, List<Mirror> mirrors, Consumer<Result> watch, Clock clock) {
        this.ledger = ledger;
        this.mirrors = List.copyOf(mirrors);
        this.watch = watch;
        this.clock = clock;
    }

    /** As {@link #find(JobKey, Narrowing, Choice)}, where nobody says which of several is meant. */
    public Optional<Found> find(JobKey key, Narrowing narrowing) {
        return find(key, narrowing, Choice.NONE);
    }

    /**
     * Finds what a key answers. The mirrors are asked only where the ledger has nothing.
     *
     * @throws MirrorException when no place has the record and a mirror could not be asked: "not known" must never read
     *     as "not there", because the caller would start the job a second time
     */
    public Optional<Found> find(JobKey key, Narrowing narrowing, Choice choice) {
        Result result = Result.FAILED;
        try {
            Optional<Found> found = inLedger(key, narrowing, choice).or(() -> inMirrors(key, narrowing, choice));
            result = found.map(JobFinder::result).orElse(Result.ABSENT);
            return found;
        } finally {
            watch.accept(result);
        }
    }

    private static Result result(Found found) {
        return found.ambiguous() ? Result.AMBIGUOUS : found.source.equals(LEDGER) ? Result.LEDGER : Result.MIRROR;
    }

    /** As {@link #find}, of the ledger alone. */
    public Optional<Found> inLedger(JobKey key, Narrowing narrowing, Choice choice) {
        if (choice.nth() != null) {
            return ledger.nth(key, narrowing, choice.nth()).map(record -> new Found(record, LEDGER));
        }
        return ledger.known(key, narrowing).map(known -> chosen(known, choice, LEDGER));
    }

    /**
     * Of several open jobs those that must have been ended by now do not count; where that is true of all, the newest
     * is meant. A job that runs every night, and that nobody asks about, is not ambiguous from its second night on.
     */
    private Found chosen(Known known, Choice choice, String source) {
        List<JobRecord> all = known.open();
        if (all.size() < 2) {
            return new Found(known.newest(), source);
        }
        Instant now = clock.instant();
        List<JobRecord> live = all.stream().filter(one -> !one.outlived(now)).toList();
        List<JobRecord> open = live.isEmpty() ? all.subList(0, 1) : live;
        List<JobRecord> outlived =
                all.stream().filter(one -> !open.contains(one)).toList();
        return open.size() < 2 || choice.which() != null
                ? new Found(open.get(choice.which() == Which.OLDEST ? open.size() - 1 : 0), List.of(), outlived, source)
                : new Found(open.get(0), open, outlived, source);
    }

    private Optional<Found> inMirrors(JobKey key, Narrowing narrowing, Choice choice) {
        List<Mirrored> found = new ArrayList<>();
        MirrorException silent = null;
        for (Mirror mirror : mirrors) {
            try {
                mirror.get(key).stream()
                        .flatMap(record -> OtherRecords.all(record).stream())
                        .filter(narrowing::fits)
                        .forEach(record -> found.add(new Mirrored(record, mirror.uri())));
            } catch (MirrorException e) {
                silent = e;
            }
        }
        if (found.isEmpty() && silent != null) {
            throw silent;
        }
        List<Mirrored> jobs = newestFirst(found);
        if (choice.nth() != null) {
            return jobs.stream().skip(choice.nth() - 1L).findFirst().map(one -> new Found(one.record, one.uri));
        }
        List<JobRecord> open =
                Known.candidates(jobs.stream().map(Mirrored::record).toList());
        JobRecord answer =
                open.isEmpty() ? jobs.stream().map(Mirrored::record).findFirst().orElse(null) : open.get(0);
        return jobs.stream()
                .filter(one -> one.record == answer)
                .findFirst()
                .map(one -> chosen(new Known(answer, open), choice, one.uri));
    }

    private record Mirrored(JobRecord record, String uri) {
        boolean sameJob(Mirrored other) {
            return Objects.equals(record.jobId(), other.record.jobId())
                    && record.executionHost().equals(other.record.executionHost());
        }
    }

    /** Each job once: a mirror that lags may show as open what another knows to have ended. */
    private static List<Mirrored> newestFirst(List<Mirrored> found) {
        List<Mirrored> jobs = new ArrayList<>();
        found.stream()
                .sorted(Comparator.comparing(
                        (Mirrored one) -> one.record.status().open()))
                .filter(one -> jobs.stream().noneMatch(one::sameJob))
                .forEach(jobs::add);
        jobs.sort(Comparator.comparing(
                        (Mirrored one) -> one.record.startedAt(), Comparator.nullsFirst(Comparator.naturalOrder()))
                .reversed());
        return jobs;
    }

    /** What a key answers of which the ledger knows this, where nobody says which of several is meant. */
    public Found answer(Known known) {
        return chosen(known, Choice.NONE, LEDGER);
    }
}
