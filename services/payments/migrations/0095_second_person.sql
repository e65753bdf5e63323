-- What one person said of money above the limit, until a second one has agreed.
ALTER TABLE money_task ADD COLUMN proposed_how text, ADD COLUMN proposed_voucher text, ADD COLUMN proposed_by text,
    ADD COLUMN proposed_at timestamptz;
ALTER TABLE bank_item ADD COLUMN proposed_voucher text, ADD COLUMN proposed_by text, ADD COLUMN proposed_at timestamptz;
