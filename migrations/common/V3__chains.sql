-- Tamper evidence. docs/reference/chain.md says which bytes are hashed.

-- The hash over this event and the one before it in its chain.
ALTER TABLE events ADD COLUMN link BYTEA NOT NULL;

-- One chain for each run and for each save, numbered 1, 2, 3 … in the order in which their first events came. opening is the link of the first
-- event, head that of the last. The first link of a chain hashes the opening of the chain before it.
CREATE TABLE chains (
    number       BIGINT  NOT NULL PRIMARY KEY,
    run_id       UUID    NOT NULL,
    first_entry  BIGINT  NOT NULL,
    last_entry   BIGINT  NOT NULL,
    events       BIGINT  NOT NULL,
    opening      BYTEA   NOT NULL,
    head         BYTEA   NOT NULL
);
CREATE UNIQUE INDEX chains_by_run ON chains (run_id);

-- What is left of a chain whose events were removed. removal numbers the stubs 1, 2, 3 … and link chains them. swept says that no event of the
-- chain is left; the events of a large run go in several steps.
CREATE TABLE stubs (
    removal      BIGINT                      NOT NULL PRIMARY KEY,
    number       BIGINT                      NOT NULL UNIQUE,
    run_id       UUID                        NOT NULL,
    first_entry  BIGINT                      NOT NULL,
    last_entry   BIGINT                      NOT NULL,
    events       BIGINT                      NOT NULL,
    jobs         BIGINT                      NOT NULL,
    opening      BYTEA                       NOT NULL,
    head         BYTEA                       NOT NULL,
    removed_at   TIMESTAMP(6) WITH TIME ZONE NOT NULL,
    removed_by   VARCHAR(500)                NOT NULL,
    reason       VARCHAR(500)                NOT NULL,
    link         BYTEA                       NOT NULL,
    swept        BOOLEAN                     NOT NULL
);
CREATE INDEX stubs_by_run ON stubs (run_id);
CREATE INDEX stubs_unswept ON stubs (swept, removal);

-- How far each count has come; one row. No number is ever given twice, whatever is removed.
CREATE TABLE ledger_head (
    id        INTEGER NOT NULL PRIMARY KEY CHECK (id = 1),
    entry     BIGINT  NOT NULL,
    job       BIGINT  NOT NULL,
    chains    BIGINT  NOT NULL,
    opening   BYTEA,
    removals  BIGINT  NOT NULL,
    removal   BYTEA
);
INSERT INTO ledger_head (id, entry, job, chains, opening, removals, removal) VALUES (1, 0, 0, 0, NULL, 0, NULL);
