-- For what a mandate is suspended, and since when. Of those that are, the last debit that failed tells the first.
ALTER TABLE mandate ADD COLUMN suspended_for text, ADD COLUMN suspended_at timestamptz;
UPDATE mandate m SET suspended_for = (
    SELECT d.code FROM debit d WHERE d.mandate_id = m.mandate_id AND d.code IS NOT NULL ORDER BY d.due DESC LIMIT 1)
WHERE m.state = 'suspended';
CREATE INDEX mandate_suspended ON mandate (suspended_at, mandate_id) WHERE state = 'suspended';
