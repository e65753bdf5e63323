-- The mandate under which a claim is debited by itself when it falls due.
ALTER TABLE claim ADD COLUMN mandate_id uuid;
CREATE INDEX claim_arranged ON claim (mandate_id, pay_by) WHERE mandate_id IS NOT NULL AND state = 'open';
