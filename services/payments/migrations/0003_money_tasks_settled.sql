-- A task stays in the list of what was done: when, and how.
ALTER TABLE money_task ADD COLUMN settled_at timestamptz, ADD COLUMN how text;
CREATE INDEX money_task_open ON money_task (since, claim_id, version) WHERE settled_at IS NULL;
CREATE INDEX money_task_done ON money_task (since, claim_id, version) WHERE settled_at IS NOT NULL;
