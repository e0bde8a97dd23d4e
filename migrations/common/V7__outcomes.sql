-- How a run went is counted from its jobs: the index alone answers.
DROP INDEX jobs_by_run;
CREATE INDEX jobs_by_run ON jobs (run_id, started_at, entry, status, host_id, deadline);
