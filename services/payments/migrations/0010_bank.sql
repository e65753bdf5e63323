-- What the bank was told and what it said: written once, sealed under a key of the file's own.
CREATE TABLE bank_file (
    file_id   uuid PRIMARY KEY,
    kind      text        NOT NULL,
    name      text        NOT NULL,
    sha256    bytea       NOT NULL UNIQUE,
    size      bigint      NOT NULL,
    content   bytea       NOT NULL,
    stored_at timestamptz NOT NULL
);
GRANT SELECT, INSERT ON bank_file TO {app};

CREATE TABLE mandate (
    mandate_id   uuid PRIMARY KEY,
    account_id   uuid        NOT NULL,
    reference    text        NOT NULL,
    kind         text        NOT NULL,
    state        text        NOT NULL,
    iban         bytea,
    holder       bytea,
    signed_on    date,
    last_used_on date,
    proposed_at  timestamptz NOT NULL
);
CREATE INDEX mandate_of_account ON mandate (account_id, proposed_at DESC);

CREATE TABLE debit (
    debit_id      uuid PRIMARY KEY,
    claim_id      uuid    NOT NULL,
    account_id    uuid    NOT NULL,
    mandate_id    uuid    NOT NULL,
    reference     text    NOT NULL,
    amount_cents  bigint  NOT NULL,
    due           date    NOT NULL,
    presentation  integer NOT NULL,
    state         text    NOT NULL,
    collection_id uuid,
    sequence      text,
    code          text,
    concern       text
);
CREATE INDEX debit_of_claim ON debit (claim_id);
CREATE INDEX debit_by_reference ON debit (reference);
CREATE INDEX debit_to_file ON debit (due) WHERE state = 'announced';
CREATE INDEX debit_of_collection ON debit (collection_id);

CREATE TABLE collection (
    collection_id uuid PRIMARY KEY,
    message_id    text    NOT NULL,
    filed_on      date    NOT NULL,
    state         text    NOT NULL,
    sha256        text,
    debits        integer,
    amount_cents  bigint,
    status        text
);
CREATE INDEX collection_by_message ON collection (message_id);

-- What a debit says in its file, sealed under the file's key; written with the debit's filing.
CREATE TABLE collection_line (
    collection_id uuid  NOT NULL,
    debit_id      uuid  NOT NULL,
    line          bytea NOT NULL,
    PRIMARY KEY (collection_id, debit_id)
);

-- One row for each statement that was taken.
CREATE TABLE statement (
    statement_id  uuid PRIMARY KEY,
    file_id       uuid        NOT NULL,
    account       text        NOT NULL,
    identifier    text        NOT NULL,
    sequence      bigint,
    year          integer,
    opening_cents bigint,
    closing_cents bigint,
    entries       integer     NOT NULL,
    missing       integer     NOT NULL,
    taken_at      timestamptz NOT NULL
);
CREATE INDEX statement_of_account ON statement (account, year, sequence);

-- One row for each payment of each entry: what became of it. Who paid and what for is in the sealed file.
CREATE TABLE bank_item (
    item_id      uuid PRIMARY KEY,
    statement_id uuid   NOT NULL,
    file_id      uuid   NOT NULL,
    cents        bigint NOT NULL,
    currency     text   NOT NULL,
    booked_on    date,
    outcome      text   NOT NULL,
    claim_id     uuid,
    proposals    text,
    since        timestamptz NOT NULL,
    detail       bytea
);
CREATE INDEX bank_item_open ON bank_item (since, item_id) WHERE outcome IN ('proposed', 'unallocated');
CREATE INDEX claim_by_kassenzeichen ON claim (kassenzeichen);
CREATE INDEX claim_open_by_amount ON claim (amount_cents) WHERE state = 'open';
GRANT SELECT, INSERT, UPDATE, DELETE ON mandate, debit, collection, statement, bank_item TO {app};
GRANT SELECT, INSERT ON collection_line TO {app};
