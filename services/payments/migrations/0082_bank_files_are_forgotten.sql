-- Files of the bank are kept for ten years behind the year in which they came. Then their key is destroyed,
-- which is what `forgotten_at` says, and the housekeeping takes the rows away.
ALTER TABLE bank_file ADD COLUMN forgotten_at timestamptz;
CREATE INDEX bank_file_forgotten ON bank_file (forgotten_at) WHERE forgotten_at IS NOT NULL;

CREATE FUNCTION keep_bank_file() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.stored_at > now() - interval '10 years' THEN
        RAISE EXCEPTION 'bank_file is kept for ten years';
    END IF;
    RETURN OLD;
END $$;
CREATE TRIGGER keep_bank_file BEFORE DELETE ON bank_file FOR EACH ROW EXECUTE FUNCTION keep_bank_file();
GRANT UPDATE (forgotten_at), DELETE ON bank_file TO {app};
