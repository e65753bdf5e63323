-- What the housekeeping looks for.
CREATE INDEX draft_by_age ON draft (changed_at);
CREATE INDEX case_access_by_age ON case_access (read_at);

-- Who has read a case is evidence for the citizen: the running service may add to it, and delete
-- what is two years old, nothing else.
CREATE FUNCTION keep_recent_case_access() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.read_at > now() - interval '730 days' THEN
        RAISE EXCEPTION 'case_access is kept for two years';
    END IF;
    RETURN OLD;
END $$;
CREATE TRIGGER keep_recent_case_access BEFORE DELETE ON case_access
    FOR EACH ROW EXECUTE FUNCTION keep_recent_case_access();
GRANT DELETE ON case_access TO {app};
