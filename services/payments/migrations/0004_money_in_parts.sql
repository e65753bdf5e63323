-- Each line of the ledger is in a currency; so far all were in euro.
ALTER TABLE ledger_line ADD COLUMN currency text NOT NULL DEFAULT 'EUR';
-- A task that a refund carries out is nobody's to do.
ALTER TABLE money_task ADD COLUMN under_way boolean NOT NULL DEFAULT false;
DROP INDEX money_task_open;
CREATE INDEX money_task_open ON money_task (since, claim_id, version)
    WHERE settled_at IS NULL AND NOT under_way;
-- One row for each refund, the fold of its events.
CREATE TABLE refund (
    refund_id    uuid PRIMARY KEY,
    claim_id     uuid        NOT NULL,
    payment_id   uuid        NOT NULL,
    amount_cents bigint      NOT NULL,
    currency     text        NOT NULL,
    reason       text        NOT NULL,
    via          text        NOT NULL,
    state        text        NOT NULL,
    requested_by text        NOT NULL,
    requested_at timestamptz NOT NULL,
    decided_by   text,
    changed_at   timestamptz NOT NULL
);
CREATE INDEX refund_by_state ON refund (state, requested_at, refund_id);
CREATE INDEX refund_of_claim ON refund (claim_id);
-- Ways to pay and providers that an operator has switched off or on again.
CREATE TABLE payment_switch (
    kind       text        NOT NULL,
    name       text        NOT NULL,
    is_on      boolean     NOT NULL,
    reason     text        NOT NULL,
    changed_at timestamptz NOT NULL,
    PRIMARY KEY (kind, name)
);
GRANT SELECT, INSERT, UPDATE, DELETE ON refund, payment_switch TO {app};
