-- Read models of cases: rebuilt from the log at any time. No personal data.
CREATE TABLE case_overview (
    case_id         uuid        PRIMARY KEY,
    case_number     text        NOT NULL DEFAULT '',
    account_id      uuid,
    service         text        NOT NULL DEFAULT '',
    service_version integer     NOT NULL DEFAULT 0,
    condition       text        NOT NULL DEFAULT '',
    version         integer     NOT NULL DEFAULT 0,
    fee_cents       bigint      NOT NULL DEFAULT 0,
    currency        text        NOT NULL DEFAULT 'EUR',
    fee_due         text        NOT NULL DEFAULT 'none',
    settled         boolean     NOT NULL DEFAULT false,
    pay_by          date,
    reasons         text[]      NOT NULL DEFAULT '{}',
    valid_from      date,
    valid_until     date,
    decided_by      text,
    document_id     uuid,
    submitted_at    timestamptz,
    changed_at      timestamptz,
    referred_at     timestamptz
);
CREATE INDEX case_overview_of_account ON case_overview (account_id, submitted_at DESC);
CREATE INDEX case_overview_worklist ON case_overview (condition, referred_at);

-- Drafts: not events, because nobody has applied yet. The content is sealed with the citizen's key.
CREATE TABLE draft (
    draft_id        uuid        PRIMARY KEY,
    account_id      uuid        NOT NULL,
    service         text        NOT NULL,
    service_version integer     NOT NULL,
    sealed          bytea       NOT NULL,
    created_at      timestamptz NOT NULL,
    changed_at      timestamptz NOT NULL
);
CREATE INDEX draft_of_account ON draft (account_id, changed_at DESC);

-- Who has read a citizen's case, for the citizen to see.
CREATE TABLE case_access (
    access_id  uuid        PRIMARY KEY,
    case_id    uuid        NOT NULL,
    account_id uuid        NOT NULL,
    reader     text        NOT NULL,
    purpose    text        NOT NULL,
    read_at    timestamptz NOT NULL
);
CREATE INDEX case_access_of_case ON case_access (case_id, read_at);

-- Rows are written by upsert, which needs the right to update; yet what was read stays written down.
CREATE FUNCTION keep_case_access() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'case_access is append only';
END $$;
CREATE TRIGGER keep_case_access BEFORE UPDATE ON case_access
    FOR EACH ROW EXECUTE FUNCTION keep_case_access();

GRANT SELECT, INSERT, UPDATE, DELETE ON case_overview, draft TO {app};
GRANT SELECT, INSERT, UPDATE ON case_access TO {app};
