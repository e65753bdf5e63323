-- Signed statements about the log, in a chain (see shared/audit). Append only; what is here is also anchored elsewhere.
CREATE TABLE audit_seal (
    number    bigint      PRIMARY KEY CHECK (number > 0),
    seal      bytea       NOT NULL,  -- JWS, compact
    listing   bytea       NOT NULL,  -- place and digest of each event under it: names the one that was touched
    sealed_at timestamptz NOT NULL DEFAULT now()
);
CREATE TABLE audit_anchored (
    number      bigint      PRIMARY KEY REFERENCES audit_seal,
    anchored_at timestamptz NOT NULL DEFAULT now()
);
GRANT SELECT, INSERT ON audit_seal, audit_anchored TO {app};
