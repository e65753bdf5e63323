-- The kernel's tables of a service. Append only where it says so: the running service may not change history.
CREATE TABLE log_epoch (
    single boolean PRIMARY KEY DEFAULT true CHECK (single),
    epoch integer NOT NULL
);
INSERT INTO log_epoch (epoch) VALUES (1);

CREATE TABLE event (
    position       bigint      GENERATED ALWAYS AS IDENTITY,
    epoch          integer     NOT NULL,
    xid            xid8        NOT NULL DEFAULT pg_current_xact_id(),
    stream_id      uuid        NOT NULL,
    version        integer     NOT NULL,
    event_id       uuid        NOT NULL,
    name           text        NOT NULL,
    schema_version integer     NOT NULL,
    payload        bytea       NOT NULL,
    meta           jsonb       NOT NULL,
    recorded_at    timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (stream_id, version)
);
CREATE UNIQUE INDEX event_in_feed_order ON event (epoch, xid, position);

CREATE TABLE snapshot (
    stream_id uuid    PRIMARY KEY,
    version   integer NOT NULL,
    aggregate text    NOT NULL,
    subject   uuid,
    state     bytea   NOT NULL
);

-- Uniqueness and remembered answers. The key is a keyed digest, never the value.
CREATE TABLE reservation (
    scope     text  NOT NULL,
    digest    bytea NOT NULL,
    stream_id uuid  NOT NULL,
    request   bytea,
    answer    bytea,
    taken_at  timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (scope, digest)
);

-- How far this service has applied the public feed of another.
CREATE TABLE inbox_cursor (
    source   text    PRIMARY KEY,
    sequence bigint  NOT NULL
);

-- Effects, timers, deadlines and retries.
CREATE TABLE task (
    task_id     uuid        PRIMARY KEY,
    kind        text        NOT NULL,
    dedupe      text,
    payload     jsonb       NOT NULL,
    meta        jsonb       NOT NULL,
    due_at      timestamptz NOT NULL,
    tries       integer     NOT NULL DEFAULT 0,
    lease       uuid,
    lease_until timestamptz,
    last_error  text,
    created_at  timestamptz NOT NULL DEFAULT now(),
    done_at     timestamptz,
    failed_at   timestamptz
);
CREATE UNIQUE INDEX task_once ON task (kind, dedupe) WHERE dedupe IS NOT NULL;
CREATE INDEX task_open ON task (due_at) WHERE done_at IS NULL AND failed_at IS NULL;

-- Events that could not be applied, and the later ones of the same stream, in order.
CREATE TABLE parked (
    source     text        NOT NULL,
    sequence   bigint      NOT NULL,
    stream_key text        NOT NULL,
    envelope   bytea       NOT NULL,
    error      text        NOT NULL,
    parked_at  timestamptz NOT NULL DEFAULT now(),
    retry_at   timestamptz,
    discarded_at timestamptz,
    discard_reason text,
    PRIMARY KEY (source, sequence)
);
CREATE INDEX parked_open ON parked (source, stream_key, sequence) WHERE discarded_at IS NULL;
CREATE TABLE inbox_attempt (
    source   text    NOT NULL,
    sequence bigint  NOT NULL,
    tries    integer NOT NULL,
    PRIMARY KEY (source, sequence)
);

-- The public feed: gapless, the same for everybody and for ever.
CREATE TABLE feed_head (
    single   boolean PRIMARY KEY DEFAULT true CHECK (single),
    sequence bigint  NOT NULL,
    epoch    integer NOT NULL,
    xid      xid8    NOT NULL,
    position bigint  NOT NULL
);
INSERT INTO feed_head (sequence, epoch, xid, position) VALUES (0, 0, '0', 0);
CREATE TABLE feed (
    sequence bigint PRIMARY KEY,
    event_id uuid   NOT NULL UNIQUE,
    envelope bytea  NOT NULL
);
CREATE TABLE relay_cursor (
    single    boolean PRIMARY KEY DEFAULT true CHECK (single),
    published bigint  NOT NULL
);
INSERT INTO relay_cursor (published) VALUES (0);

CREATE TABLE number_range (
    name text   PRIMARY KEY,
    last bigint NOT NULL
);

GRANT SELECT, INSERT ON event, feed TO {app};
GRANT SELECT ON log_epoch TO {app};
GRANT SELECT, INSERT, UPDATE, DELETE
    ON snapshot, reservation, inbox_cursor, task, parked, inbox_attempt, relay_cursor, number_range TO {app};
GRANT SELECT, UPDATE ON feed_head TO {app};
