-- Statements one behind the other: pages of one name, by currency. Rows that are there have one page in euro.
ALTER TABLE statement ADD COLUMN currency text NOT NULL DEFAULT 'EUR', ADD COLUMN page integer NOT NULL DEFAULT 1,
    ADD COLUMN is_last_page boolean NOT NULL DEFAULT true, ADD COLUMN closing_on date,
    ADD COLUMN gap_cents bigint NOT NULL DEFAULT 0;
CREATE INDEX statement_by_day ON statement (account, taken_at DESC);
