-- Attempts that their providers left undecided: since when, and what a person found that a second one has to confirm.
ALTER TABLE attempt ADD COLUMN left_at timestamptz, ADD COLUMN provider text, ADD COLUMN amount_cents bigint,
    ADD COLUMN found text, ADD COLUMN voucher text, ADD COLUMN found_by text, ADD COLUMN found_at timestamptz;
CREATE INDEX attempt_undecided ON attempt (left_at, attempt_id)
    WHERE left_at IS NOT NULL AND state IN ('started', 'approved', 'unclear');
