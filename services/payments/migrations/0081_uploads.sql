-- How many payments a file tells, so that one can see how far it is in the books; none for what tells none.
ALTER TABLE bank_file ADD COLUMN payments integer;
CREATE INDEX bank_file_by_day ON bank_file (stored_at DESC);
CREATE INDEX bank_item_of_file ON bank_item (file_id);
CREATE INDEX statement_of_file ON statement (file_id);
