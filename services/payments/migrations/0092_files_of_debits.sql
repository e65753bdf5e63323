-- When the bank was given a file of debits. Rows that are there already get it by
-- `portal rebuild payments collection`.
ALTER TABLE collection ADD COLUMN submitted_at timestamptz;
CREATE INDEX collection_by_day ON collection (filed_on DESC) WHERE sha256 IS NOT NULL;
CREATE INDEX debit_at_the_bank ON debit (collection_id, due) WHERE state = 'filed';
