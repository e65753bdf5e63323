-- Who opened a document is evidence for the citizen: the running service may add to it, nothing else.
REVOKE UPDATE, DELETE ON document_access FROM {app};
