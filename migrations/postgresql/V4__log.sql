-- The log in PostgreSQL, and what a ledger needs that many ingesters share.

-- Where the log ends; one row. It is also the lock of the writers: each writing transaction takes this row first. So the numbers have no gap,
-- and their order is the order of the commits: a reader that resumes after an entry never misses one that was committed late. Every commit
-- writes the row anew, so its page has room for that. moved_from names the ledger that is being moved here; nothing else is stored meanwhile.
CREATE TABLE log_head (
    id          INTEGER       NOT NULL PRIMARY KEY CHECK (id = 1),
    epoch       INTEGER       NOT NULL,
    entry       BIGINT        NOT NULL,
    hash        BYTEA         NOT NULL,
    moved_from  VARCHAR(4096)
) WITH (fillfactor = 20);
INSERT INTO log_head (id, epoch, entry, hash) VALUES (1, 1, 0, decode(repeat('00', 32), 'hex'));
ALTER TABLE projected SET (fillfactor = 20);

-- What was appended at once. digests holds 32 bytes an entry; it is null where everything was removed and only the hash is left. size is how
-- many characters its entries had.
CREATE TABLE log_records (
    last_entry   BIGINT                      NOT NULL PRIMARY KEY,
    first_entry  BIGINT                      NOT NULL,
    received_at  TIMESTAMP(6) WITH TIME ZONE NOT NULL,
    size         BIGINT                      NOT NULL,
    hash         BYTEA                       NOT NULL,
    digests      BYTEA
);
-- Digests look like chance: nothing compresses them, and parts of them are read.
ALTER TABLE log_records ALTER COLUMN digests SET STORAGE EXTERNAL;

-- The day on which the ledger first heard of a run: it decides in which partition all events of the run are, whenever they come.
-- So (run_id, seq) is unique over all partitions, and a dropped partition takes whole runs with it.
CREATE TABLE run_days (
    run_id  UUID NOT NULL PRIMARY KEY,
    day     DATE NOT NULL
);
CREATE INDEX run_days_by_day ON run_days (day);

-- Events as they were sent. body is null where it was removed and something of its record is left.
CREATE TABLE events (
    run_id  UUID   NOT NULL,
    seq     BIGINT NOT NULL,
    entry   BIGINT NOT NULL,
    day     DATE   NOT NULL,
    body    TEXT,
    PRIMARY KEY (run_id, seq, day)
) PARTITION BY RANGE (day);
CREATE INDEX events_by_entry ON events (entry);
CREATE INDEX events_by_run ON events (run_id, entry);

-- The partitions there are: [first_day, end_day).
CREATE TABLE event_partitions (
    first_day  DATE        NOT NULL PRIMARY KEY,
    end_day    DATE        NOT NULL,
    name       VARCHAR(63) NOT NULL
);

-- What the ledger itself did.
CREATE TABLE facts (
    entry  BIGINT NOT NULL PRIMARY KEY,
    body   TEXT   NOT NULL
);

-- Numbers of events that were here and have no row any more: when they come again, they are repeats.
CREATE TABLE forgotten_numbers (
    run_id    UUID   NOT NULL,
    from_seq  BIGINT NOT NULL,
    to_seq    BIGINT NOT NULL,
    PRIMARY KEY (run_id, from_seq)
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
