-- Keys can be paused (K8). A secret gives way to another at a time, or has (K7).
ALTER TABLE key ADD COLUMN paused_at INTEGER;
ALTER TABLE key ADD COLUMN paused_by BLOB REFERENCES account (id);
ALTER TABLE secret ADD COLUMN retires_at INTEGER;
ALTER TABLE secret ADD COLUMN retired_at INTEGER;
-- Holds only the few secrets whose end has still to come.
CREATE INDEX secret_retires ON secret (retires_at) WHERE retires_at IS NOT NULL AND retired_at IS NULL;

-- How often each secret was used in each hour, from where. A measurement: no event, no change row.
CREATE TABLE usage (
    organization_id BLOB    NOT NULL REFERENCES organization (id),
    key_id          BLOB    NOT NULL REFERENCES key (id),
    secret_id       BLOB    NOT NULL REFERENCES secret (id),
    -- The beginning of the hour, UTC.
    hour            INTEGER NOT NULL,
    address         TEXT    NOT NULL,
    uses            INTEGER NOT NULL,
    last_at         INTEGER NOT NULL,
    PRIMARY KEY (key_id, hour, secret_id, address)
) STRICT, WITHOUT ROWID;
CREATE INDEX usage_hour ON usage (hour);
