CREATE TABLE claim (
    claim_id      uuid PRIMARY KEY,
    case_id       uuid        NOT NULL,
    account_id    uuid        NOT NULL,
    kassenzeichen text        NOT NULL,
    amount_cents  bigint      NOT NULL,
    currency      text        NOT NULL,
    state         text        NOT NULL,
    requested_at  timestamptz NOT NULL,
    settled_at    timestamptz
);
CREATE INDEX claim_of_case ON claim (case_id);
CREATE INDEX claim_of_account ON claim (account_id, requested_at DESC);

CREATE TABLE attempt (
    attempt_id uuid PRIMARY KEY,
    claim_id   uuid        NOT NULL,
    method     text        NOT NULL,
    state      text        NOT NULL,
    reference  text,
    opened_at  timestamptz NOT NULL
);

-- One row for each line of each entry; the lines of an entry sum to zero.
CREATE TABLE ledger_line (
    claim_id  uuid        NOT NULL,
    version   integer     NOT NULL,
    line      integer     NOT NULL,
    account   text        NOT NULL,
    cents     bigint      NOT NULL,
    event     text        NOT NULL,
    booked_at timestamptz NOT NULL,
    PRIMARY KEY (claim_id, version, line)
);
CREATE INDEX ledger_by_account ON ledger_line (account, booked_at);

-- What a person in the cash office has to see to.
CREATE TABLE money_task (
    claim_id     uuid        NOT NULL,
    version      integer     NOT NULL,
    kind         text        NOT NULL,
    amount_cents bigint      NOT NULL,
    currency     text        NOT NULL,
    since        timestamptz NOT NULL,
    PRIMARY KEY (claim_id, version)
);
GRANT SELECT, INSERT, UPDATE, DELETE ON claim, attempt, ledger_line, money_task TO {app};
