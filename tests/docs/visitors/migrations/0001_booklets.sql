CREATE TABLE booklet (booklet_id uuid PRIMARY KEY, days_left integer NOT NULL);
GRANT SELECT, INSERT, UPDATE, DELETE ON booklet TO {app};
