CREATE TABLE seen_matter (matter_id uuid PRIMARY KEY, step integer NOT NULL);
GRANT SELECT, INSERT, UPDATE, DELETE ON seen_matter TO {app};
