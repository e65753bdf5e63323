-- Read model of accounts: what a login, a token and a letter need. Sealed columns open with the citizen's key.
CREATE TABLE account (
    account_id      uuid        PRIMARY KEY,
    condition       text        NOT NULL,
    email           bytea,
    password_hash   bytea,
    language        text        NOT NULL,
    trust           text        NOT NULL,
    sessions_from   timestamptz NOT NULL,
    profile_version integer     NOT NULL,
    registered_at   timestamptz NOT NULL
);

CREATE TABLE account_role (
    account_id uuid        NOT NULL,
    role       text        NOT NULL,
    granted_at timestamptz NOT NULL,
    PRIMARY KEY (account_id, role)
);

-- Which account a link from a mail belongs to; the digest of its token, never the token.
CREATE TABLE mail_link (
    digest     text        PRIMARY KEY,
    account_id uuid        NOT NULL,
    purpose    text        NOT NULL,
    expires_at timestamptz NOT NULL
);

-- Sessions at work; no event stands for them. The digest of the token, never the token.
CREATE TABLE session (
    digest       bytea       PRIMARY KEY,
    session_id   uuid        NOT NULL UNIQUE,
    account_id   uuid        NOT NULL,
    created_at   timestamptz NOT NULL,
    last_used_at timestamptz NOT NULL
);
CREATE INDEX session_of_account ON session (account_id);
CREATE INDEX session_by_age ON session (created_at);

-- Failed logins by keyed digest of the address tried and of the client; the same for addresses unknown here.
CREATE TABLE login_failure (
    place        bytea       PRIMARY KEY,
    failures     integer     NOT NULL,
    failed_at    timestamptz NOT NULL,
    closed_until timestamptz NOT NULL
);

-- Who read a citizen's data, and for what.
CREATE TABLE data_access (
    access_id  uuid        PRIMARY KEY,
    account_id uuid        NOT NULL,
    reader     text        NOT NULL,
    purpose    text        NOT NULL,
    read_at    timestamptz NOT NULL
);
CREATE INDEX data_access_of_account ON data_access (account_id, read_at DESC);

GRANT SELECT, INSERT, UPDATE, DELETE ON account, account_role, mail_link, session, login_failure TO {app};
GRANT SELECT, INSERT ON data_access TO {app};
