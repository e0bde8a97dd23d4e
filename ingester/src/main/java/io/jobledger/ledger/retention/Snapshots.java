package io.jobledger.ledger.retention;

import io.jobledger.ledger.rows.JobDocs;
import io.jobledger.ledger.rows.Rows;
import io.jobledger.ledger.rows.Sql;
import io.jobledger.log.LogFact;
import java.sql.SQLException;
import java.sql.Types;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.UUID;
import org.jdbi.v3.core.Handle;

/** What is known of runs and jobs whose events go and that stay themselves, as facts. Reads only. */
public final class Snapshots {
    private Snapshots() {}

    /** The runs, and all jobs that they told of. */
    public static List<LogFact> of(Handle handle, Collection<UUID> runs) throws SQLException {
        List<LogFact> facts = new ArrayList<>();
        handle.createQuery("SELECT " + Rows.RUN_COLUMNS + ", first_entry, last_entry FROM runs WHERE run_id = ANY(?)"
                        + " ORDER BY first_entry")
                .bindBySqlType(0, Sql.array(handle, "UUID", runs), Types.ARRAY)
                .map((rows, context) -> new LogFact.RunKept(
                        rows.getLong("first_entry"),
                        rows.getLong("last_entry"),
                        JobDocs.write(Rows.run(rows, context))))
                .forEach(facts::add);
        facts.addAll(jobs(
                handle,
                runs,
                "j.run_id = ANY(?) OR j.entry IN (SELECT r.job FROM job_runs r WHERE r.run_id = ANY(?))"));
        return facts;
    }

    /** Jobs that the runs told of, and that are not theirs. */
    static List<LogFact> ofOthers(Handle handle, Collection<UUID> runs) throws SQLException {
        return jobs(
                handle,
                runs,
                "COALESCE(j.run_id <> ALL(?), TRUE) AND j.entry IN (SELECT r.job FROM job_runs r WHERE r.run_id ="
                        + " ANY(?))");
    }

    private static List<LogFact> jobs(Handle handle, Collection<UUID> runs, String which) throws SQLException {
        return handle.createQuery("SELECT j.entry, d.last_entry, d.doc FROM jobs j JOIN job_docs d ON d.entry = j.entry"
                        + " WHERE " + which + " ORDER BY j.entry")
                .bindBySqlType(0, Sql.array(handle, "UUID", runs), Types.ARRAY)
                .bindBySqlType(1, Sql.array(handle, "UUID", runs), Types.ARRAY)
                .map((rows, context) ->
                        (LogFact) new LogFact.JobKept(rows.getLong(1), rows.getLong(2), rows.getString(3)))
                .list();
    }
}
