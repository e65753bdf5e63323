-- A debit's money that another entry told before waits for a person too.
DROP INDEX bank_item_open;
CREATE INDEX bank_item_open ON bank_item (since, item_id)
    WHERE outcome IN ('proposed', 'unallocated', 'repeated');
