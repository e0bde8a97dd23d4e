-- How far each sink is that follows the log by a cursor: it has everything up to entry, which was appended in that epoch. What happened before
-- since is none of its business. Where several ingesters share the ledger, one at a time delivers to a sink: its owner, until then.
CREATE TABLE sinks (
    sink             VARCHAR(200)                NOT NULL PRIMARY KEY,
    epoch            INTEGER                     NOT NULL,
    entry            BIGINT                      NOT NULL,
    since            TIMESTAMP(6) WITH TIME ZONE NOT NULL,
    attempts         INTEGER                     NOT NULL,
    next_attempt_at  TIMESTAMP(6) WITH TIME ZONE NOT NULL,
    blocked          BOOLEAN                     NOT NULL,
    last_error       VARCHAR(2000),
    owner            UUID,
    owned_until      TIMESTAMP(6) WITH TIME ZONE NOT NULL
);
