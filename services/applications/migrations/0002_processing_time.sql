-- How long cases take. For those from before, rebuild both: case_overview and case_turn.
ALTER TABLE case_overview ADD COLUMN ended_at timestamptz;
CREATE INDEX case_overview_ended ON case_overview (service, ended_at DESC) WHERE ended_at IS NOT NULL;

-- Whose turn it was from when on: the citizen's (the clock stands) or the town hall's (it runs).
CREATE TABLE case_turn (
    case_id  uuid        NOT NULL,
    version  integer     NOT NULL,
    begun_at timestamptz NOT NULL,
    citizens boolean     NOT NULL,
    PRIMARY KEY (case_id, version)
);
GRANT SELECT, INSERT, UPDATE, DELETE ON case_turn TO {app};
