-- Up to which entry of the log the outbox has heard of everything; one row. Only the embedded ledger needs it: elsewhere the outbox is written
-- with the records.
CREATE TABLE enqueued (
    id     INTEGER NOT NULL PRIMARY KEY CHECK (id = 1),
    entry  BIGINT  NOT NULL
);
INSERT INTO enqueued (id, entry) VALUES (1, 0);
