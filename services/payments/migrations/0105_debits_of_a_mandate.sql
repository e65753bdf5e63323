-- What is still to come under a mandate, for its owner and where it is taken back.
CREATE INDEX debit_of_mandate ON debit (mandate_id);
