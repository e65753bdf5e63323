-- One row for each citizen and purpose. A destroyed key keeps its row, so that nobody makes a new one.
CREATE TABLE subject_key (
    subject      uuid        NOT NULL,
    purpose      text        NOT NULL,
    wrapped      bytea,
    created_at   timestamptz NOT NULL DEFAULT now(),
    destroyed_at timestamptz,
    PRIMARY KEY (subject, purpose),
    CHECK ((wrapped IS NULL) = (destroyed_at IS NOT NULL))
);
GRANT SELECT, INSERT ON subject_key TO {app};
GRANT UPDATE (wrapped, destroyed_at) ON subject_key TO {app};
