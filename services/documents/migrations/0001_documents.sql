CREATE TABLE document (
    document_id       uuid PRIMARY KEY,
    case_id           uuid        NOT NULL,
    account_id        uuid        NOT NULL,
    kind              text        NOT NULL,
    number            text        NOT NULL,
    valid_from        date,
    valid_until       date,
    zone              text,
    condition         text        NOT NULL,
    issued_at         timestamptz NOT NULL,
    sha256            text        NOT NULL,
    size              bigint      NOT NULL,
    store_key         text        NOT NULL,
    token_digest      text,
    superseded_by     uuid,
    revoked_at        timestamptz,
    revocation_reason text
);
CREATE INDEX document_of_case ON document (case_id);
CREATE INDEX document_of_account ON document (account_id, issued_at DESC);
CREATE INDEX document_by_number ON document (number);
CREATE INDEX document_not_in_force ON document (condition) WHERE condition <> 'issued';

-- The number an order has been given, before anything is rendered: a repeated order uses it again, and a row
-- here without a document explains a gap.
CREATE TABLE document_number (
    document_id uuid PRIMARY KEY,
    number      text        NOT NULL UNIQUE,
    given_at    timestamptz NOT NULL DEFAULT now()
);

-- Who of the town hall opened a citizen's document.
CREATE TABLE document_access (
    access_id   uuid PRIMARY KEY,
    document_id uuid        NOT NULL,
    reader      text        NOT NULL,
    purpose     text        NOT NULL,
    read_at     timestamptz NOT NULL
);
CREATE INDEX document_access_of_document ON document_access (document_id, read_at);
GRANT SELECT, INSERT, UPDATE, DELETE ON document, document_access TO {app};
GRANT SELECT, INSERT ON document_number TO {app};
