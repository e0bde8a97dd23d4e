-- What a ledger needs that many ingesters share. PostgreSQL only.

-- The counts are also the lock of the writers: each writing transaction takes this row first. So the numbers have no gap, and the order of
-- events.entry is the order of the commits: a reader that resumes after an entry never misses one that was committed late. Every commit writes
-- the row anew, so its page has room for that.
ALTER TABLE ledger_head SET (fillfactor = 20);

-- The day on which the ledger first heard of a run: it decides in which partition all events of the run are, whenever they come.
-- So (run_id, seq) is unique over all partitions, and a dropped partition takes whole runs with it.
CREATE TABLE run_days (
    run_id  UUID NOT NULL PRIMARY KEY,
    day     DATE NOT NULL
);
CREATE INDEX run_days_by_day ON run_days (day);

-- V1's events by day. The columns follow V1; its indexes are named again, since a unique one must have the day in it.
ALTER TABLE events RENAME TO events_whole;
CREATE TABLE events (
    LIKE events_whole,
    day  DATE NOT NULL,
    PRIMARY KEY (run_id, seq, day)
) PARTITION BY RANGE (day);
DROP TABLE events_whole;
CREATE INDEX events_by_entry ON events (entry);
CREATE INDEX events_by_job ON events (job, entry);

-- The partitions there are: [first_day, end_day).
CREATE TABLE event_partitions (
    first_day  DATE        NOT NULL PRIMARY KEY,
    end_day    DATE        NOT NULL,
    name       VARCHAR(63) NOT NULL
);

-- Who is putting an entry at the moment; next_attempt_at is then when that right ends.
ALTER TABLE outbox ADD COLUMN claim UUID;

-- Which ingester feeds which mirror, and when it last said so: a mirror that none feeds any more is forgotten.
CREATE TABLE mirror_users (
    mirror_id  INTEGER                     NOT NULL,
    instance   UUID                        NOT NULL,
    seen_at    TIMESTAMP(6) WITH TIME ZONE NOT NULL,
    PRIMARY KEY (mirror_id, instance)
);

-- The ingesters that share the ledger. Writing one's row proves that the ledger can be written.
CREATE TABLE instances (
    instance  UUID                        NOT NULL PRIMARY KEY,
    seen_at   TIMESTAMP(6) WITH TIME ZONE NOT NULL
);

-- A ledger that is being moved here: how far each table is. Empty when none is.
CREATE TABLE ledger_move (
    part    VARCHAR(100) NOT NULL PRIMARY KEY,
    source  VARCHAR(200) NOT NULL,
    after   BIGINT       NOT NULL,
    done    BOOLEAN      NOT NULL
);
