-- What the state of a key is computed from, beside expiry and revocation.
ALTER TABLE key ADD COLUMN paused_at INTEGER;
ALTER TABLE key ADD COLUMN rotates_until INTEGER;
