-- The day from which the steps of dunning count, and the last step that was taken.
ALTER TABLE claim ADD COLUMN due_on date, ADD COLUMN step text;
CREATE INDEX claim_overdue ON claim (due_on, claim_id) WHERE state = 'open' AND due_on IS NOT NULL;
