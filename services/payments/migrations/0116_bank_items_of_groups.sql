-- Which group of a file of debits a sum stands for, and how much of it waits still (null: all); the bank's own
-- reference, and whether it takes back an entry. Rows that are there have none of these.
ALTER TABLE bank_item ADD COLUMN batch text NOT NULL DEFAULT '', ADD COLUMN left_cents bigint,
    ADD COLUMN bank_reference text NOT NULL DEFAULT '', ADD COLUMN reversal boolean NOT NULL DEFAULT false;
CREATE INDEX bank_item_of_batch ON bank_item (batch) WHERE batch <> '' AND outcome IN ('unallocated', 'repeated');
CREATE INDEX bank_item_by_amount ON bank_item (cents) WHERE outcome = 'allocated';
