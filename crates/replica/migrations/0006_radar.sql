-- Since when a key is known to the server: an imported one may be older, and was not unused all that time.
ALTER TABLE key ADD COLUMN known_at INTEGER;

-- Of which coming end of a key its person was told last, so that nobody is told twice (K16).
CREATE TABLE expiry_told (
    key_id     TEXT PRIMARY KEY NOT NULL,
    expires_at INTEGER NOT NULL,
    days       INTEGER NOT NULL
) WITHOUT ROWID;
