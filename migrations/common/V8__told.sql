-- Of which jobs it was told that they are overdue, and how long after their deadline: it is told once. By entries of the log.
CREATE TABLE told (
    job            BIGINT NOT NULL,
    after_seconds  BIGINT NOT NULL,
    PRIMARY KEY (job, after_seconds)
);
