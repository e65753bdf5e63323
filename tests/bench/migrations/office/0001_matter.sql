CREATE TABLE matter (matter_id uuid PRIMARY KEY, title text NOT NULL, state text NOT NULL, steps integer NOT NULL);
GRANT SELECT, INSERT, UPDATE, DELETE ON matter TO {app};
