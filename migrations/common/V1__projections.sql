-- The projections: what is computed from the log, and can be computed again. Written for H2 and PostgreSQL alike. Names of hosts, plays and
-- jobs are digested into a key of fixed size (see io.jobledger.model.Digests), so that no index depends on how long a name is.
--
-- What is searched by is indexed by an id of fixed size too (see io.jobledger.ledger.rows.Facets): columns *_id, with the start, so that a
-- list reads one stretch of one index from newest to oldest.

-- One row a run, merged from its events. info holds what run_started said. Its events in the log are among the entries first_entry to
-- last_entry. interrupted_seq is the number of the notice that it ended without a goodbye.
CREATE TABLE runs (
    run_id            UUID                        NOT NULL PRIMARY KEY,
    run_name          VARCHAR(1000000),
    playbook          VARCHAR(1000000),
    playbook_path     VARCHAR(1000000),
    run_user          VARCHAR(1000000),
    controller        VARCHAR(1000000),
    info              VARCHAR(1000000),
    run_name_id       BIGINT,
    playbook_id       BIGINT,
    user_id           BIGINT,
    controller_id     BIGINT,
    kind              VARCHAR(32),
    check_mode        BOOLEAN                     NOT NULL,
    first_at          TIMESTAMP(6) WITH TIME ZONE NOT NULL,
    last_at           TIMESTAMP(6) WITH TIME ZONE NOT NULL,
    max_seq           BIGINT                      NOT NULL,
    events            BIGINT                      NOT NULL,
    finished_seq      BIGINT,
    finished_at       TIMESTAMP(6) WITH TIME ZONE,
    interrupted_seq   BIGINT,
    last_received_at  TIMESTAMP(6) WITH TIME ZONE NOT NULL,
    ended             BOOLEAN                     NOT NULL,
    gaps              BOOLEAN                     NOT NULL,
    first_entry       BIGINT                      NOT NULL,
    last_entry        BIGINT                      NOT NULL
);
CREATE INDEX runs_by_start ON runs (first_at, run_id);
CREATE INDEX runs_by_finish ON runs (finished_at, run_id);
CREATE INDEX runs_by_name ON runs (run_name_id, first_at, run_id);
CREATE INDEX runs_by_playbook ON runs (playbook_id, first_at, run_id);
CREATE INDEX runs_by_user ON runs (user_id, first_at, run_id);
CREATE INDEX runs_by_controller ON runs (controller_id, first_at, run_id);
CREATE INDEX runs_by_kind ON runs (kind, first_at, run_id);
CREATE INDEX runs_by_check_mode ON runs (check_mode, first_at, run_id);
CREATE INDEX runs_by_end ON runs (ended, first_at, run_id);
CREATE INDEX runs_by_gaps ON runs (gaps, first_at, run_id);

-- The labels of runs.
CREATE TABLE run_labels (
    label_id  BIGINT                      NOT NULL,
    first_at  TIMESTAMP(6) WITH TIME ZONE NOT NULL,
    run_id    UUID                        NOT NULL,
    PRIMARY KEY (label_id, first_at, run_id)
);

-- One row a play of a run (and serial batch).
CREATE TABLE plays (
    run_id      UUID                        NOT NULL,
    seq         BIGINT                      NOT NULL,
    play        VARCHAR(1000000)            NOT NULL,
    playbook    VARCHAR(1000000),
    started_at  TIMESTAMP(6) WITH TIME ZONE NOT NULL,
    PRIMARY KEY (run_id, seq)
);

-- One row a job: one execution on one host, with what is searched by.
-- entry is the number of the first entry of the log that told of it. A job is identified by its execution host (in its doc) and
-- ansible_job_id; an id is all but unique by itself. execution_id is null where the job runs on its host, so that most jobs add nothing to its
-- index. duration_class is the number of binary digits of duration_ms, -1 while the job is open: few values, so its index has few ends.
-- user, controller, run name and labels are those of the run; run_known says that the run has told them.
CREATE TABLE jobs (
    entry           BIGINT                      NOT NULL PRIMARY KEY,
    ansible_job_id  VARCHAR(255),
    host            VARCHAR(4096)               NOT NULL,
    play            VARCHAR(4096)               NOT NULL,
    job             VARCHAR(4096)               NOT NULL,
    playbook        VARCHAR(1000000),
    playbook_path   VARCHAR(1000000),
    task            VARCHAR(1000000),
    message         VARCHAR(1000000),
    run_id          UUID,
    status          VARCHAR(16)                 NOT NULL,
    started_at      TIMESTAMP(6) WITH TIME ZONE NOT NULL,
    deadline        TIMESTAMP(6) WITH TIME ZONE,
    finished_at     TIMESTAMP(6) WITH TIME ZONE,
    duration_ms     BIGINT,
    duration_class  SMALLINT                    NOT NULL,
    host_id         BIGINT                      NOT NULL,
    execution_id    BIGINT,
    play_id         BIGINT                      NOT NULL,
    name_id         BIGINT                      NOT NULL,
    task_id         BIGINT,
    action_id       BIGINT,
    playbook_id     BIGINT,
    run_known       BOOLEAN                     NOT NULL,
    user_id         BIGINT,
    controller_id   BIGINT,
    run_name_id     BIGINT
);
CREATE INDEX jobs_by_start ON jobs (started_at, entry, status, duration_ms, deadline);
CREATE INDEX jobs_by_finish ON jobs (finished_at, entry);
CREATE INDEX jobs_by_status ON jobs (status, started_at, entry);
CREATE INDEX jobs_by_duration ON jobs (duration_class, started_at, entry);
CREATE INDEX jobs_by_run ON jobs (run_id, started_at, entry);
CREATE INDEX jobs_by_ansible_id ON jobs (ansible_job_id);
CREATE INDEX jobs_by_host ON jobs (host_id, started_at, entry);
CREATE INDEX jobs_by_execution_host ON jobs (execution_id, started_at, entry);
CREATE INDEX jobs_by_play ON jobs (play_id, started_at, entry);
CREATE INDEX jobs_by_name ON jobs (name_id, started_at, entry);
CREATE INDEX jobs_by_task ON jobs (task_id, started_at, entry);
CREATE INDEX jobs_by_action ON jobs (action_id, started_at, entry);
CREATE INDEX jobs_by_playbook ON jobs (playbook_id, started_at, entry);
CREATE INDEX jobs_by_user ON jobs (user_id, started_at, entry);
CREATE INDEX jobs_by_controller ON jobs (controller_id, started_at, entry);
CREATE INDEX jobs_by_run_name ON jobs (run_name_id, started_at, entry);

-- What changes with every event of a job, so that an event that tells nothing new touches no index: the merged knowledge, and the last entry
-- that spoke of it. last_seen_at is the latest observation, as in doc: what settle asks for is what nobody has seen for a while.
CREATE TABLE job_docs (
    entry         BIGINT                      NOT NULL PRIMARY KEY,
    last_entry    BIGINT                      NOT NULL,
    last_seen_at  TIMESTAMP(6) WITH TIME ZONE,
    doc           VARCHAR(1000000)            NOT NULL
);

-- Runs that told of a job besides the one that its row names: its events are in theirs, too.
CREATE TABLE job_runs (
    job     BIGINT NOT NULL,
    run_id  UUID   NOT NULL,
    PRIMARY KEY (job, run_id)
);
CREATE INDEX job_runs_by_run ON job_runs (run_id, job);

-- The labels of the jobs' runs.
CREATE TABLE job_labels (
    label_id    BIGINT                      NOT NULL,
    started_at  TIMESTAMP(6) WITH TIME ZONE NOT NULL,
    entry       BIGINT                      NOT NULL,
    PRIMARY KEY (label_id, started_at, entry)
);

-- Hosts and plays with their jobs in numbers. sort_name is the beginning of the name: an index takes no more.
CREATE TABLE names (
    id               BIGINT                      NOT NULL PRIMARY KEY,
    kind             VARCHAR(8)                  NOT NULL,
    name             VARCHAR(4096)               NOT NULL,
    playbook         VARCHAR(1000000),
    sort_name        VARCHAR(200)                NOT NULL,
    running          BIGINT                      NOT NULL,
    succeeded        BIGINT                      NOT NULL,
    failed           BIGINT                      NOT NULL,
    timed_out        BIGINT                      NOT NULL,
    lost             BIGINT                      NOT NULL,
    cancelled        BIGINT                      NOT NULL,
    closed           BIGINT                      NOT NULL,
    last_started_at  TIMESTAMP(6) WITH TIME ZONE NOT NULL
);
CREATE INDEX names_by_name ON names (kind, sort_name, id);

-- The names a job can be resumed by. open says that no end of the job is known. The newest of a key is the later of its newest open and
-- its newest closed job, by (started_at, entry); each is one step into the index, however many jobs the key has had.
CREATE TABLE job_keys (
    key_id      UUID                        NOT NULL,
    open        BOOLEAN                     NOT NULL,
    started_at  TIMESTAMP(6) WITH TIME ZONE NOT NULL,
    entry       BIGINT                      NOT NULL,
    PRIMARY KEY (key_id, open, started_at, entry)
);

-- Entries of the log that could not be projected, and why; what follows them is projected.
CREATE TABLE set_aside (
    entry   BIGINT        NOT NULL PRIMARY KEY,
    run_id  UUID          NOT NULL,
    seq     BIGINT        NOT NULL,
    reason  VARCHAR(2000) NOT NULL
);

-- How far the log is projected; one row. hash is the log's at that entry.
CREATE TABLE projected (
    id     INTEGER NOT NULL PRIMARY KEY CHECK (id = 1),
    epoch  INTEGER NOT NULL,
    entry  BIGINT  NOT NULL,
    hash   BYTEA   NOT NULL
);
INSERT INTO projected (id, epoch, entry, hash) VALUES (1, 1, 0, CAST('' AS BYTEA));

-- Events that were replaced, as they are from now on: the log has no contents of theirs any more.
CREATE TABLE replaced (
    entry   BIGINT           NOT NULL PRIMARY KEY,
    run_id  UUID             NOT NULL,
    seq     BIGINT           NOT NULL,
    body    VARCHAR(1000000) NOT NULL
);
CREATE INDEX replaced_by_run ON replaced (run_id, seq);

-- What is removed and may still be in the log; one row. first_open is the entry of the first fact whose removal is not done, 0 when there is
-- none; latest is that of the last fact that removes something.
CREATE TABLE removals (
    id          INTEGER NOT NULL PRIMARY KEY CHECK (id = 1),
    first_open  BIGINT  NOT NULL,
    latest      BIGINT  NOT NULL
);
INSERT INTO removals (id, first_open, latest) VALUES (1, 0, 0);
