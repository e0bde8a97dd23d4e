-- What people and their tools do to jobs: two more ways to end, and when a job was last seen.

ALTER TABLE names ADD COLUMN cancelled BIGINT DEFAULT 0 NOT NULL;
ALTER TABLE names ADD COLUMN closed BIGINT DEFAULT 0 NOT NULL;

-- The latest observation of the job, as in doc: what settle asks for is what nobody has seen for a while. Null where it is from before this
-- version, until the job is heard of again.
ALTER TABLE jobs ADD COLUMN last_seen_at TIMESTAMP(6) WITH TIME ZONE;
