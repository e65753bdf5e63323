-- What the housekeeping looks for.
CREATE INDEX document_access_by_age ON document_access (read_at);

-- Who has opened a document is evidence for the citizen: the running service may add to it, and delete
-- what is two years old, nothing else.
CREATE FUNCTION keep_recent_document_access() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.read_at > now() - interval '730 days' THEN
        RAISE EXCEPTION 'document_access is kept for two years';
    END IF;
    RETURN OLD;
END $$;
CREATE TRIGGER keep_recent_document_access BEFORE DELETE ON document_access
    FOR EACH ROW EXECUTE FUNCTION keep_recent_document_access();
GRANT DELETE ON document_access TO {app};
