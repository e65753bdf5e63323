-- What the housekeeping looks for.
CREATE INDEX mail_link_by_age ON mail_link (expires_at);
CREATE INDEX data_access_by_age ON data_access (read_at);

-- Who has read personal data is evidence for the citizen: the running service may add to it, and delete
-- what is two years old, nothing else.
CREATE FUNCTION keep_recent_data_access() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.read_at > now() - interval '730 days' THEN
        RAISE EXCEPTION 'data_access is kept for two years';
    END IF;
    RETURN OLD;
END $$;
CREATE TRIGGER keep_recent_data_access BEFORE DELETE ON data_access
    FOR EACH ROW EXECUTE FUNCTION keep_recent_data_access();
GRANT DELETE ON data_access TO {app};
