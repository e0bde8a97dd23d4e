-- Delivery state: what each sink has. It is no projection, and is never computed again.

-- The mirrors that this ledger feeds. A mirror gets everything once; filled says that this is in the outbox.
CREATE TABLE mirrors (
    mirror_id  INTEGER       NOT NULL PRIMARY KEY,
    uri        VARCHAR(4096) NOT NULL UNIQUE,
    filled     BOOLEAN       NOT NULL
);

-- What a mirror does not have yet: one row a key. version grows with every change, so that a change during a put is not forgotten.
CREATE TABLE outbox (
    mirror_id        INTEGER                     NOT NULL,
    key_id           UUID                        NOT NULL,
    host             VARCHAR(4096)               NOT NULL,
    play             VARCHAR(4096)               NOT NULL,
    job              VARCHAR(4096)               NOT NULL,
    version          BIGINT                      NOT NULL,
    enqueued_at      TIMESTAMP(6) WITH TIME ZONE NOT NULL,
    attempts         INTEGER                     NOT NULL,
    next_attempt_at  TIMESTAMP(6) WITH TIME ZONE NOT NULL,
    blocked          BOOLEAN                     NOT NULL,
    last_error       VARCHAR(2000),
    PRIMARY KEY (mirror_id, key_id)
);
CREATE INDEX outbox_due ON outbox (mirror_id, blocked, next_attempt_at);
