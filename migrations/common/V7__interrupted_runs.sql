-- The number of the notice that a run ended without a goodbye, null where there was none. The run is interrupted when nothing came after it.
ALTER TABLE runs ADD COLUMN interrupted_seq BIGINT;
