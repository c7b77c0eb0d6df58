-- What this copy is a copy of, and how far it goes.
CREATE TABLE meta (
    name  TEXT PRIMARY KEY NOT NULL,
    value TEXT NOT NULL
) WITHOUT ROWID;

-- Entities are kept as the server said them (`view`), beside the columns that are searched and sorted by. A view may
-- gain fields without a migration here.
CREATE TABLE organization (
    id   TEXT PRIMARY KEY NOT NULL,
    view TEXT NOT NULL
) WITHOUT ROWID;

CREATE TABLE member (
    id         TEXT PRIMARY KEY NOT NULL,
    account_id TEXT NOT NULL,
    view       TEXT NOT NULL
) WITHOUT ROWID;
CREATE INDEX member_account ON member (account_id);

-- Narrow, because the list of all keys is read whole when a replica is opened: searching and sorting then happen in
-- memory. `unconfirmed` rows were made here and are not known to be at the server yet; a fresh snapshot leaves them
-- alone.
CREATE TABLE key (
    id           TEXT PRIMARY KEY NOT NULL,
    version      INTEGER NOT NULL,
    unconfirmed  INTEGER NOT NULL DEFAULT 0,
    kind         TEXT NOT NULL,
    name         TEXT NOT NULL,
    created_at   INTEGER NOT NULL,
    expires_at   INTEGER,
    revoked_at   INTEGER,
    last_used_at INTEGER,
    -- Lower-case text that search looks through: name, description, prefix, last four, maker.
    haystack     TEXT NOT NULL
) WITHOUT ROWID;

-- The wide half of a key, read only for the rows that are shown.
CREATE TABLE key_view (
    id   TEXT PRIMARY KEY NOT NULL REFERENCES key (id) ON DELETE CASCADE,
    view TEXT NOT NULL
) WITHOUT ROWID;

-- So that a pasted secret is recognised by its hash, offline (K13).
CREATE TABLE secret (
    id     TEXT PRIMARY KEY NOT NULL,
    key_id TEXT NOT NULL REFERENCES key (id) ON DELETE CASCADE,
    hash   TEXT NOT NULL UNIQUE
) WITHOUT ROWID;
CREATE INDEX secret_key ON secret (key_id);

-- Intentions, written before anything is sent (O2). `position` is the order in which they were meant.
CREATE TABLE outbox (
    position     INTEGER PRIMARY KEY AUTOINCREMENT,
    operation_id TEXT NOT NULL UNIQUE,
    key_id       TEXT NOT NULL,
    operation    TEXT NOT NULL,
    state        TEXT NOT NULL,
    message      TEXT,
    attempts     INTEGER NOT NULL DEFAULT 0,
    queued_at    INTEGER NOT NULL
);
CREATE INDEX outbox_key ON outbox (key_id);
