-- Restores of this log: what anybody saw of an earlier epoch after `feed_after` did not happen here. Events up to
-- `feed_until` are older than the restore, and may have had other sequences before it.
CREATE TABLE log_restore (
    epoch       integer     PRIMARY KEY,
    feed_after  bigint      NOT NULL,
    feed_until  bigint,
    numbers     jsonb       NOT NULL,  -- ranges moved on, so that no number is given twice: name → [from, to]
    reason      text        NOT NULL,
    restored_at timestamptz NOT NULL DEFAULT now()
);

-- The epoch of a source's feed under which the cursor stands; events up to `doubtful_until` are parked to be looked at.
ALTER TABLE inbox_cursor
    ADD COLUMN epoch integer NOT NULL DEFAULT 1,
    ADD COLUMN doubtful_until bigint NOT NULL DEFAULT 0;

-- A source was restored to before where this inbox stands. It waits for a decision.
CREATE TABLE inbox_ahead (
    source     text        NOT NULL,
    epoch      integer     NOT NULL,
    stands     bigint      NOT NULL,
    feed_after bigint      NOT NULL,
    feed_until bigint      NOT NULL,
    found_at   timestamptz NOT NULL DEFAULT now(),
    decided_at timestamptz,
    reason     text,
    PRIMARY KEY (source, epoch)
);

-- After a restore a sequence is used again, in another epoch.
ALTER TABLE parked ADD COLUMN epoch integer NOT NULL DEFAULT 1;
ALTER TABLE parked DROP CONSTRAINT parked_pkey;
ALTER TABLE parked ADD PRIMARY KEY (source, epoch, sequence);

GRANT SELECT ON log_restore TO {app};
GRANT SELECT, INSERT, UPDATE ON inbox_ahead TO {app};
