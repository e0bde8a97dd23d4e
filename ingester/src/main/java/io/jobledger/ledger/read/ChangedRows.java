package io.jobledger.ledger.read;

import io.jobledger.ledger.query.Change;
import io.jobledger.ledger.rows.Failures;
import io.jobledger.ledger.rows.JobDocs;
import io.jobledger.ledger.rows.Sql;
import io.jobledger.log.LogEntry;
import io.jobledger.model.AnsibleJobId;
import io.jobledger.model.Event;
import io.jobledger.model.Job;
import io.jobledger.model.JobRecord;
import io.jobledger.model.Run;
import java.sql.SQLException;
import java.sql.Types;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import org.jdbi.v3.core.Handle;

/** The rows of the runs and jobs that events speak of, as they stand now. */
final class ChangedRows {
    private final Handle handle;
    private final Map<UUID, JobRecord> jobs = new HashMap<>();

    private ChangedRows(Handle handle) {
        this.handle = handle;
    }

    static List<Change> changes(Handle handle, List<LogEntry> entries) {
        if (entries.isEmpty()) {
            return List.of();
        }
        List<UUID> uids = new ArrayList<>();
        Set<UUID> runs = new LinkedHashSet<>();
        Set<String> ids = new LinkedHashSet<>();
        Set<UUID> runsOfNameless = new LinkedHashSet<>();
        for (LogEntry entry : entries) {
            Event event = LogReads.event(entry);
            UUID uid = event == null ? null : event.jobUid();
            AnsibleJobId id = event == null ? null : event.jobId();
            uids.add(uid);
            runs.add(entry.run());
            if (id != null) {
                ids.add(id.value());
            } else if (uid != null) {
                runsOfNameless.add(event.job().run().value());
            }
        }
        Map<Object, Run> known = JdbcRunQueries.load(handle, runs);
        ChangedRows rows = new ChangedRows(handle);
        rows.load("j.ansible_job_id = ANY(?)", "VARCHAR", ids);
        rows.load("j.run_id = ANY(?) AND j.ansible_job_id IS NULL", "UUID", runsOfNameless);
        List<Change> changes = new ArrayList<>();
        for (int i = 0; i < entries.size(); i++) {
            LogEntry entry = entries.get(i);
            changes.add(new Change(
                    LogReads.stored(entry),
                    known.get(entry.run()),
                    uids.get(i) == null ? null : rows.jobs.get(uids.get(i))));
        }
        return changes;
    }

    private void load(String which, String type, Set<?> values) {
        if (values.isEmpty()) {
            return;
        }
        try {
            handle.createQuery("SELECT d.doc FROM jobs j JOIN job_docs d ON d.entry = j.entry WHERE " + which)
                    .bindBySqlType(0, Sql.array(handle, type, values), Types.ARRAY)
                    .map((rows, c) -> JobDocs.job(rows.getString(1)))
                    .forEach(this::add);
        } catch (SQLException e) {
            throw Failures.of("the ledger could not be read", e);
        }
    }

    private void add(Job job) {
        jobs.put(job.uid(), job.record(job.mainKey()));
    }
}
