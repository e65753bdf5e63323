-- For the citizen's list of who has read any of their cases.
CREATE INDEX case_access_of_account ON case_access (account_id, read_at DESC);
