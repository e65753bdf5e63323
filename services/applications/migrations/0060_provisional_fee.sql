-- Until when a payment that is there may be taken back, where the service waits for it to be final.
ALTER TABLE case_overview ADD COLUMN provisional_until timestamptz;
