-- What the housekeeping looks for.
CREATE INDEX task_done ON task (done_at) WHERE done_at IS NOT NULL;
CREATE INDEX reservation_remembered ON reservation (taken_at) WHERE scope = 'idempotency';
CREATE INDEX parked_discarded ON parked (discarded_at) WHERE discarded_at IS NOT NULL;
