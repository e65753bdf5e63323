ALTER TABLE document ADD COLUMN suspended_at timestamptz;
ALTER TABLE document ADD COLUMN suspension_reason text;
