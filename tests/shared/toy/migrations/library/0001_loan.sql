CREATE TABLE loan (loan_id uuid PRIMARY KEY, title text NOT NULL, state text NOT NULL);
GRANT SELECT, INSERT, UPDATE, DELETE ON loan TO {app};
