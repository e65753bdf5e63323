CREATE TABLE seen_loan (loan_id uuid PRIMARY KEY, title text NOT NULL, seen integer NOT NULL DEFAULT 1);
GRANT SELECT, INSERT, UPDATE, DELETE ON seen_loan TO {app};
