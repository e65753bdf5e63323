-- A provider accounts in one currency; so far all were in euro.
ALTER TABLE provider_account ADD COLUMN currency text NOT NULL DEFAULT 'EUR';
