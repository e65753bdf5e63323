-- The counter finds a claim by either of its numbers. Rows that are there already get theirs by
-- `portal rebuild payments claim`.
ALTER TABLE claim ADD COLUMN case_number text NOT NULL DEFAULT '';
CREATE INDEX claim_by_case_number ON claim (case_number);
CREATE INDEX movement_of_till ON movement (booked_at) WHERE provider = 'cash';
