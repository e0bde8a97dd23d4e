package io.jobledger.ledger.read;

import io.jobledger.ledger.JobLookup;
import io.jobledger.ledger.rows.JobDocs;
import io.jobledger.ledger.rows.Reader;
import io.jobledger.ledger.rows.Rows;
import io.jobledger.model.AnsibleJobId;
import io.jobledger.model.Job;
import io.jobledger.model.JobKey;
import io.jobledger.model.JobRecord;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * Lookups for a resume, by plain JDBC: they are asked for most, and Jdbi takes longer to prepare such a question than
 * H2 to answer it.
 */
public final class JdbcLookup implements JobLookup {
    private static final String BY_KEY =
            "SELECT k.open, k.started_at, k.entry, d.doc FROM job_keys k JOIN job_docs d ON d.entry = k.entry";

    /** Only where something narrows a key is more of the job's row needed. */
    private static final String NARROWED = " JOIN jobs j ON j.entry = k.entry";

    private static final String OF_KEY = " WHERE k.key_id = ?";

    /** The open jobs of a key, newest first, and then the others, newest first: as the index has them. */
    private static final String OPEN_FIRST =
            " ORDER BY k.key_id DESC, k.open DESC, k.started_at DESC, k.entry DESC LIMIT ?";

    private static final String DOC_BY_ID =
            "SELECT d.doc FROM jobs j JOIN job_docs d ON d.entry = j.entry WHERE j.ansible_job_id = ?";

    private static final String ONE_KIND = " AND k.open = ?";

    /** What is asked where nothing narrows a key, for the test of plans. */
    public static final List<String> STATEMENTS =
            List.of(BY_KEY + OF_KEY + OPEN_FIRST, BY_KEY + OF_KEY + ONE_KIND + OPEN_FIRST);

    private final Reader reader;

    public JdbcLookup(Reader reader) {
        this.reader = reader;
    }

    private record Found(boolean open, Instant startedAt, long entry, Job job) {
        static final Comparator<Found> BY_AGE =
                Comparator.comparing(Found::startedAt).thenComparing(Found::entry);

        static Found of(ResultSet rows) throws SQLException {
            return new Found(
                    rows.getBoolean(1), Rows.instant(rows, 2), rows.getLong(3), JobDocs.job(rows.getString(4)));
        }
    }

    /**
     * One statement where no job of the key is open, two where one is. Each statement sees one moment, so a job that
     * ends meanwhile is open in it or ended, and never missing. One step into the index each: a key that has been used
     * every night for years costs no more than a new one.
     */
    @Override
    public Optional<Known> known(JobKey key, Narrowing narrowing) {
        if (narrowing.jobId() != null) {
            return one(key, narrowing)
                    .map(record -> new Known(record, record.status().open() ? List.of(record) : List.of()));
        }
        return reader.plainly(connection -> known(connection, key, narrowing));
    }

    /** The same on a connection of the caller's, in its transaction; for a narrowing without an id. */
    public static Optional<Known> known(Connection connection, JobKey key, Narrowing narrowing) throws SQLException {
        Question question = new Question(key, narrowing);
        for (int limit = 1; ; limit *= 2) {
            List<Found> found = question.ask(connection, "", null, limit);
            List<Found> meant = question.meant(found);
            // Open jobs come first: after one that ended there is no other.
            if (found.size() < limit || meant.stream().anyMatch(one -> !one.open)) {
                return known(key, meant);
            }
        }
    }

    /** @param found all open jobs, newest first, and if there are others at least the newest of them */
    private static Optional<Known> known(JobKey key, List<Found> found) {
        List<JobRecord> open = Known.candidates(found.stream()
                .filter(Found::open)
                .map(one -> one.job.record(key))
                .toList());
        if (!open.isEmpty()) {
            return Optional.of(new Known(open.get(0), open));
        }
        return found.stream().max(Found.BY_AGE).map(newest -> new Known(newest.job.record(key), List.of()));
    }

    @Override
    public Optional<JobRecord> nth(JobKey key, Narrowing narrowing, int n) {
        if (narrowing.jobId() != null) {
            return n == 1 ? one(key, narrowing) : Optional.empty();
        }
        Question question = new Question(key, narrowing);
        return reader.plainly(connection -> {
            for (int limit = n; ; limit *= 2) {
                List<Found> open = question.ask(connection, ONE_KIND, true, limit);
                List<Found> ended = question.ask(connection, ONE_KIND, false, limit);
                List<Found> meantOpen = question.meant(open);
                List<Found> meantEnded = question.meant(ended);
                if ((open.size() < limit || meantOpen.size() >= n)
                        && (ended.size() < limit || meantEnded.size() >= n)) {
                    // A job that ends between the two questions is in both answers: the later view of it counts.
                    Map<Long, Found> all = new LinkedHashMap<>();
                    Stream.concat(meantOpen.stream(), meantEnded.stream()).forEach(one -> all.put(one.entry, one));
                    return all.values().stream()
                            .sorted(Found.BY_AGE.reversed())
                            .skip(n - 1)
                            .findFirst()
                            .map(one -> one.job.record(key));
                }
            }
        });
    }

    private Optional<JobRecord> one(JobKey key, Narrowing narrowing) {
        return reader.lookup(handle -> handle.createQuery(DOC_BY_ID)
                .bind(0, narrowing.jobId().value())
                .map((rows, c) -> JobDocs.job(rows.getString(1)))
                .filter(job -> job.keys().contains(key))
                .map(job -> job.record(key))
                .filter(narrowing::fits)
                .findFirst());
    }

    @Override
    public Optional<Job> job(String executionHost, AnsibleJobId jobId) {
        return reader.lookup(handle -> handle.createQuery(DOC_BY_ID)
                .bind(0, jobId.value())
                .map((rows, c) -> JobDocs.job(rows.getString(1)))
                .filter(job -> job.executionHost().equals(executionHost))
                .findFirst());
    }

    /** A key with what narrows it. */
    private static final class Question {
        private final List<Object> values = new ArrayList<>(4);
        private final boolean checkMode;
        private String narrowed = "";

        Question(JobKey key, Narrowing narrowing) {
            values.add(key.digest());
            checkMode = narrowing.checkMode();
            if (narrowing.playbook() != null) {
                narrowed += " AND (j.playbook = ? OR j.playbook_path = ?)";
                // PostgreSQL has no NUL in a text: a question that has one is to find nothing, not to fail.
                String playbook = narrowing.playbook().replace('\0', '\uFFFD');
                values.addAll(List.of(playbook, playbook));
            }
            if (narrowing.run() != null) {
                narrowed += " AND j.run_id = ?";
                values.add(narrowing.run().value());
            }
        }

        /** Those of the rows that are meant: a dry run is no answer for who wants the job, and the other way round. */
        List<Found> meant(List<Found> rows) {
            return rows.stream().filter(one -> one.job.checkMode() == checkMode).toList();
        }

        /**
         * Reads the first {@code limit} jobs.
         *
         * @param condition one more, with the value of its parameter; none when that is null
         */
        List<Found> ask(Connection connection, String condition, Object value, int limit) throws SQLException {
            try (PreparedStatement statement = connection.prepareStatement(
                    BY_KEY + (narrowed.isEmpty() ? "" : NARROWED) + OF_KEY + narrowed + condition + OPEN_FIRST)) {
                int parameter = 0;
                for (Object one : values) {
                    statement.setObject(++parameter, one);
                }
                if (value != null) {
                    statement.setObject(++parameter, value);
                }
                statement.setInt(++parameter, limit);
                List<Found> found = new ArrayList<>(limit);
                try (ResultSet rows = statement.executeQuery()) {
                    while (rows.next()) {
                        found.add(Found.of(rows));
                    }
                }
                return found;
            }
        }
    }
}
