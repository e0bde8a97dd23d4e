package io.jobledger.ledger.read;

import io.jobledger.ledger.NewsSource;
import io.jobledger.ledger.query.LogPlace;
import io.jobledger.ledger.query.News;
import io.jobledger.ledger.query.NewsKind;
import io.jobledger.ledger.rows.Reader;
import io.jobledger.log.EventLog;
import io.jobledger.log.LogEntry;
import io.jobledger.log.LogException;
import io.jobledger.log.LogFact;
import io.jobledger.log.LogRecord;
import io.jobledger.model.Event;
import io.jobledger.model.Job;
import io.jobledger.model.JobStatus;
import io.jobledger.model.Run;
import io.jobledger.model.RunId;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.function.LongSupplier;

/**
 * Reads news out of the log: what an event changed in what is known of its job. The jobs that are going on are
 * remembered; others are merged again from their events. For one reader.
 */
public final class NewsReader implements NewsSource {
    private static final int ENTRIES = 500;
    private static final int REMEMBERED = 10_000;
    /** For the events of one job. Nobody waits for it. */
    private static final Duration PATIENCE = Duration.ofMinutes(10);

    private final EventLog log;
    private final Reader reader;
    private final JobHistory history;
    private final LongSupplier projected;
    private final Map<UUID, Job> jobs = new LinkedHashMap<>(16, 0.75f, true) {
        private static final long serialVersionUID = 1;

        @Override
        protected boolean removeEldestEntry(Map.Entry<UUID, Job> eldest) {
            return size() > REMEMBERED;
        }
    };
    private LogPlace reached;

    /** @param projected up to which entry the log is in the rows */
    public NewsReader(Reader reader, EventLog log, LongSupplier projected) {
        this.log = log;
        this.reader = reader;
        this.history = new JobHistory(reader, new LogReads(log, reader, PATIENCE));
        this.projected = projected;
    }

    @Override
    public Part after(LogPlace place) {
        if (!place.equals(reached)) {
            // What is remembered is of another place.
            jobs.clear();
        }
        reached = null;
        long upTo = projected.getAsLong();
        if (upTo <= place.entry()) {
            return new Part(List.of(), place);
        }
        Reading reading = new Reading(place, Math.min(upTo, place.entry() + ENTRIES));
        try {
            reading.read();
        } catch (JobHistory.Recomputed e) {
            jobs.clear();
            return new Part(List.of(), place);
        } catch (LogException e) {
            throw LogReads.failure(e);
        }
        reached = reading.at;
        return new Part(reading.news, reading.at);
    }

    /** One part. */
    private final class Reading {
        private final long upTo;
        private final Map<Long, String> replaced;
        private final List<News> news = new ArrayList<>();
        private final Map<UUID, Run> runs = new HashMap<>();
        private LogPlace at;

        Reading(LogPlace after, long upTo) {
            this.at = after;
            this.upTo = upTo;
            this.replaced = reader.lookup(handle -> {
                Map<Long, String> bodies = new HashMap<>();
                handle.createQuery("SELECT entry, body FROM replaced WHERE entry > ? AND entry <= ?")
                        .bind(0, after.entry())
                        .bind(1, upTo)
                        .map((rows, c) -> Map.entry(rows.getLong(1), rows.getString(2)))
                        .forEach(row -> bodies.put(row.getKey(), row.getValue()));
                return bodies;
            });
        }

        void read() {
            log.read(at.entry() + 1, record -> {
                record.entries().forEach(entry -> {
                    if (entry.entry() > at.entry() && entry.entry() <= upTo) {
                        take(record, entry);
                    }
                });
                if (record.isStub()) {
                    at = new LogPlace(at.epoch(), Math.max(at.entry(), Math.min(record.last(), upTo)));
                }
                return record.last() < upTo;
            });
        }

        private void take(LogRecord record, LogEntry entry) {
            at = new LogPlace(at.epoch(), entry.entry());
            String body = replaced.getOrDefault(entry.entry(), entry.body());
            if (entry.kind() == LogEntry.Kind.FACT) {
                fact(entry, body, record.received());
            } else if (body != null && LogReads.type(body).startsWith("job_")) {
                job(entry, body);
            } else if (body != null && LogReads.type(body).equals("run_interrupted")) {
                interrupted(entry, body, record.received());
            }
        }

        private void fact(LogEntry entry, String body, Instant received) {
            LogFact fact;
            try {
                fact = LogFact.parse(body);
            } catch (IllegalArgumentException e) {
                // A later version's; it is of no news to this one.
                return;
            }
            if (fact instanceof LogFact.EpochBegan began) {
                at = new LogPlace(began.epoch(), at.entry());
            } else if (fact instanceof LogFact.JobOverdue overdue) {
                overdue(entry, overdue);
                return;
            } else if (fact instanceof LogFact.SinkBlocked blocked) {
                String detail = blocked.sink() + " waits for an operator: " + blocked.reason();
                news.add(new News(at, NewsKind.BLOCKED, null, received, null, null, detail));
                return;
            }
            // Jobs may be others now.
            jobs.clear();
        }

        private void overdue(LogEntry entry, LogFact.JobOverdue fact) {
            Job job = history.numbered(fact.job(), entry.entry());
            if (job != null && !job.checkMode()) {
                Duration after = Duration.ofSeconds(fact.after());
                Instant when = fact.deadline().plus(after);
                news.add(new News(at, NewsKind.OVERDUE, after, when, job.record(job.mainKey()), run(job.run()), null));
            }
        }

        private void job(LogEntry entry, String body) {
            Event event = LogReads.event(body);
            Job said = event == null ? null : event.job();
            if (said == null) {
                return;
            }
            UUID uid = said.uid();
            Job before = jobs.containsKey(uid) ? jobs.get(uid) : history.before(said, entry.entry());
            Job now = before == null ? said : before.merge(said);
            jobs.put(uid, now);
            if (!now.checkMode()) {
                tell(before, now, event.head().at());
            }
        }

        private void tell(Job before, Job now, Instant when) {
            JobStatus was = before == null || before.checkMode() ? null : before.status();
            JobStatus is = now.status();
            if (was == null) {
                add(NewsKind.STARTED, now, when);
            }
            if (is != was && !is.open()) {
                add(NewsKind.of(is), now, when);
            } else if (was != null && now.tellsMoreThan(before)) {
                add(NewsKind.CHANGED, now, when);
            }
        }

        private void add(NewsKind kind, Job job, Instant when) {
            news.add(new News(at, kind, null, when, job.record(job.mainKey()), run(job.run()), null));
        }

        private void interrupted(LogEntry entry, String body, Instant received) {
            Event event = LogReads.event(body);
            Run run = run(new RunId(entry.run()));
            if (run == null || run.info() == null || !run.info().checkMode()) {
                Instant when = event == null ? received : event.head().at();
                news.add(new News(at, NewsKind.INTERRUPTED, null, when, null, run, "the run ended without a goodbye"));
            }
        }

        private Run run(RunId id) {
            return id == null
                    ? null
                    : runs.computeIfAbsent(
                            id.value(),
                            wanted -> reader.lookup(handle -> JdbcRunQueries.load(handle, List.of(wanted)))
                                    .get(wanted));
        }
    }
}
