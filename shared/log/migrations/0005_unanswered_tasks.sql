-- How often in a row a task was begun and left no answer: it may be what kills the process.
ALTER TABLE task ADD COLUMN unanswered integer NOT NULL DEFAULT 0;
CREATE INDEX task_failed ON task (failed_at) WHERE failed_at IS NOT NULL;
