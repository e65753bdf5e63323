-- What a claim is for: the treasurer's overview asks by it, and so does the file for the cash office.
-- Rows that are there already get it by `portal rebuild payments claim`.
ALTER TABLE claim ADD COLUMN service text NOT NULL DEFAULT '', ADD COLUMN cost_object text NOT NULL DEFAULT '',
    ADD COLUMN pay_by date;
CREATE INDEX claim_open ON claim (requested_at, claim_id) WHERE state = 'open';
CREATE INDEX claim_by_day ON claim (requested_at);
CREATE INDEX ledger_receivable ON ledger_line (claim_id) INCLUDE (cents) WHERE account = 'receivable';

-- Money that came or went, by where it lies: each row is one event's lines on `provider:…`, `bank` or `cash`.
-- The sum of cents and charges over a provider is the balance of its account in the ledger.
CREATE TABLE movement (
    stream_id     uuid        NOT NULL,
    version       integer     NOT NULL,
    kind          text        NOT NULL,
    claim_id      uuid,
    payment_id    uuid,
    refund_id     uuid,
    provider      text        NOT NULL,
    method        text        NOT NULL,
    reference     text        NOT NULL,
    backend_id    text,
    code          text        NOT NULL,
    cents         bigint      NOT NULL,
    charges_cents bigint      NOT NULL,
    currency      text        NOT NULL,
    booked_at     timestamptz NOT NULL,
    PRIMARY KEY (stream_id, version)
);
CREATE INDEX movement_by_day ON movement (booked_at);
CREATE INDEX movement_payments ON movement (booked_at, stream_id, version) WHERE kind IN ('payment', 'surplus');
CREATE INDEX movement_returns ON movement (booked_at, stream_id, version) WHERE kind = 'reversal';
CREATE INDEX movement_of_payment ON movement (payment_id) WHERE kind IN ('payment', 'surplus');
CREATE INDEX movement_of_provider ON movement (provider, booked_at);
CREATE INDEX refund_by_day ON refund (requested_at, refund_id);
CREATE INDEX mandate_by_day ON mandate (proposed_at, mandate_id);
GRANT SELECT, INSERT, UPDATE, DELETE ON movement TO {app};

-- Batches of bookings for the cash office; their files are written once, by the SHA-256 of their bytes.
CREATE TABLE booking_batch (
    number     bigint      PRIMARY KEY,
    batch_id   uuid        NOT NULL,
    entries    integer     NOT NULL,
    lines      integer     NOT NULL,
    sums       text        NOT NULL,
    from_at    timestamptz NOT NULL,
    to_at      timestamptz NOT NULL,
    csv_sha256 text        NOT NULL,
    xml_sha256 text        NOT NULL,
    encoding   text        NOT NULL,
    closed_at  timestamptz NOT NULL
);
CREATE TABLE booking_file (
    sha256    text        PRIMARY KEY,
    content   bytea       NOT NULL,
    stored_at timestamptz NOT NULL
);

-- What providers told in their statements, each row once.
CREATE TABLE provider_row (
    provider     text   NOT NULL,
    kind         text   NOT NULL,
    reference    text   NOT NULL,
    day          date   NOT NULL,
    amount_cents bigint NOT NULL,
    fee_cents    bigint NOT NULL,
    PRIMARY KEY (provider, kind, reference)
);
CREATE INDEX provider_row_by_day ON provider_row (provider, day);
CREATE TABLE provider_account (
    provider   text PRIMARY KEY,
    told_until date
);
CREATE INDEX bank_item_by_day ON bank_item (booked_on);
GRANT SELECT, INSERT, UPDATE, DELETE ON booking_batch, provider_row, provider_account TO {app};
GRANT SELECT, INSERT ON booking_file TO {app};
