-- The ledger's lines follow from the events and are never taken back: the running service deletes none.
REVOKE DELETE ON ledger_line FROM {app};
