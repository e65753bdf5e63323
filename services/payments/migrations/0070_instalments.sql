-- Which instalment of its case's charge a claim is, counted from 1.
ALTER TABLE claim ADD COLUMN instalment integer NOT NULL DEFAULT 1;
