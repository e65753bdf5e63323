-- The bank tells debits apart by their EndToEndId alone: none is given twice.
DROP INDEX debit_by_reference;
CREATE UNIQUE INDEX debit_by_reference ON debit (reference);
