-- Who may come in, and what was done with that right: shared by all ingesters of the ledger. An embedded ledger has files for both.

-- Tokens by their hashes, never the tokens. position is the order in which they were made; scopes are separated by commas.
CREATE TABLE access_tokens (
    position    INTEGER                     NOT NULL PRIMARY KEY,
    id          VARCHAR(100)                NOT NULL UNIQUE,
    name        VARCHAR(1000)               NOT NULL,
    scopes      VARCHAR(1000)               NOT NULL,
    sha256      CHAR(64)                    NOT NULL,
    created_at  TIMESTAMP(6) WITH TIME ZONE NOT NULL,
    created_by  VARCHAR(1000),
    expires_at  TIMESTAMP(6) WITH TIME ZONE,
    revoked_at  TIMESTAMP(6) WITH TIME ZONE
);

-- Administrative acts as they were written down before they were done; only ever added to. line is a JSON object, via the address from which
-- the database was told.
CREATE TABLE audit_trail (
    entry  BIGINT                      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at     TIMESTAMP(6) WITH TIME ZONE NOT NULL,
    via    VARCHAR(100),
    line   TEXT                        NOT NULL
);
