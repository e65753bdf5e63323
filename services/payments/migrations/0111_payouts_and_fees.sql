-- What of a fee was booked with its row; null for rows of statements that kept the sum alone.
ALTER TABLE provider_row ADD COLUMN booked_cents bigint;
CREATE INDEX provider_row_payout ON provider_row (amount_cents) WHERE kind = 'payout';
CREATE INDEX movement_fee_of_payment ON movement (payment_id) WHERE kind = 'fee';

-- Whose payout a payment at the bank is, or may be, and what a second person is asked to agree to.
ALTER TABLE bank_item ADD COLUMN provider text NOT NULL DEFAULT '', ADD COLUMN proposed_provider text;
CREATE INDEX bank_item_payout ON bank_item (cents) WHERE outcome = 'payout';
