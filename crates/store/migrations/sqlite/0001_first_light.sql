-- First light: accounts, organizations, keys, their record and their feed.
--
-- Tables are STRICT, because SQLite otherwise stores a text in an integer column without a word. STRICT knows no
-- UUID, BIGINT, BOOLEAN or BYTEA, which is why this file differs from the one for PostgreSQL; the statements that
-- read and write are the same for both. Times are microseconds since the Unix epoch. Ids are the 16 bytes of a UUID.

-- One row for the whole database. Sign-ups take it first, so "only the first account" can't be won twice.
CREATE TABLE installation (
    one      INTEGER PRIMARY KEY CHECK (one = 1),
    accounts INTEGER NOT NULL
) STRICT;
INSERT INTO installation (one, accounts) VALUES (1, 0);

-- Every organization and every account has a sequence, which orders its writers, and the end of a hash chain.
CREATE TABLE scope (
    id         BLOB    NOT NULL PRIMARY KEY,
    kind       TEXT    NOT NULL CHECK (kind IN ('organization', 'account')),
    sequence   INTEGER NOT NULL,
    chain_head BLOB    NOT NULL CHECK (length(chain_head) = 32)
) STRICT;

-- The record. `json` is the very text that was hashed; the columns beside it are for looking things up.
CREATE TABLE activity (
    scope_id BLOB    NOT NULL REFERENCES scope (id),
    sequence INTEGER NOT NULL,
    id       BLOB    NOT NULL UNIQUE,
    at       INTEGER NOT NULL,
    actor    TEXT    NOT NULL,
    type     TEXT    NOT NULL,
    json     TEXT    NOT NULL,
    hash     BLOB    NOT NULL CHECK (length(hash) = 32),
    PRIMARY KEY (scope_id, sequence)
) STRICT;

CREATE TABLE account (
    id           BLOB    NOT NULL PRIMARY KEY REFERENCES scope (id),
    email        TEXT    NOT NULL UNIQUE,
    username     TEXT    NOT NULL UNIQUE,
    display_name TEXT    NOT NULL,
    created_at   INTEGER NOT NULL
) STRICT;

-- Apart from the account, so that no list of accounts can pick up a password hash by accident.
CREATE TABLE credential (
    account_id BLOB    NOT NULL PRIMARY KEY REFERENCES account (id),
    password   TEXT    NOT NULL,
    changed_at INTEGER NOT NULL
) STRICT;

CREATE TABLE session (
    id           BLOB    NOT NULL PRIMARY KEY,
    hash         BLOB    NOT NULL UNIQUE CHECK (length(hash) = 32),
    account_id   BLOB    NOT NULL REFERENCES account (id),
    client       TEXT    NOT NULL,
    created_at   INTEGER NOT NULL,
    last_seen_at INTEGER NOT NULL,
    expires_at   INTEGER NOT NULL,
    ended_at     INTEGER
) STRICT;
CREATE INDEX session_account ON session (account_id);
CREATE INDEX session_expires ON session (expires_at);

CREATE TABLE organization (
    id         BLOB    NOT NULL PRIMARY KEY REFERENCES scope (id),
    name       TEXT    NOT NULL,
    version    INTEGER NOT NULL,
    created_at INTEGER NOT NULL
) STRICT;

-- `epoch` moves when what the member may see changes: their replica then starts anew.
CREATE TABLE member (
    id              BLOB    NOT NULL PRIMARY KEY,
    organization_id BLOB    NOT NULL REFERENCES organization (id),
    account_id      BLOB    NOT NULL REFERENCES account (id),
    role            TEXT    NOT NULL CHECK (role IN ('owner', 'admin', 'billing', 'editor', 'viewer')),
    version         INTEGER NOT NULL,
    epoch           INTEGER NOT NULL,
    created_at      INTEGER NOT NULL,
    UNIQUE (organization_id, account_id)
) STRICT;
CREATE INDEX member_account ON member (account_id);
-- Exactly one Owner: the rule stands where no code path can go around it.
CREATE UNIQUE INDEX member_owner ON member (organization_id) WHERE role = 'owner';

CREATE TABLE key (
    id              BLOB    NOT NULL PRIMARY KEY,
    organization_id BLOB    NOT NULL REFERENCES organization (id),
    kind            TEXT    NOT NULL CHECK (kind IN ('team', 'project', 'service', 'personal')),
    free            INTEGER NOT NULL CHECK (free IN (0, 1)),
    name            TEXT    NOT NULL,
    description     TEXT    NOT NULL,
    version         INTEGER NOT NULL,
    created_at      INTEGER NOT NULL,
    created_by      BLOB    NOT NULL REFERENCES account (id),
    expires_at      INTEGER,
    revoked_at      INTEGER,
    revoked_by      BLOB REFERENCES account (id),
    -- The free key (K2) is a service key that never ends.
    CHECK (NOT free OR (kind = 'service' AND revoked_at IS NULL AND expires_at IS NULL)),
    CHECK ((revoked_at IS NULL) = (revoked_by IS NULL))
) STRICT;
CREATE INDEX key_organization ON key (organization_id, id);
-- One free key to an organization (K2).
CREATE UNIQUE INDEX key_free ON key (organization_id) WHERE free;

-- What is known of a secret: never the secret. The last five columns are measurements.
CREATE TABLE secret (
    id              BLOB    NOT NULL PRIMARY KEY,
    key_id          BLOB    NOT NULL REFERENCES key (id),
    organization_id BLOB    NOT NULL REFERENCES organization (id),
    hash            BLOB    NOT NULL UNIQUE CHECK (length(hash) = 32),
    prefix          TEXT    NOT NULL,
    last_four       TEXT    NOT NULL CHECK (length(last_four) = 4),
    created_at      INTEGER NOT NULL,
    use_count       INTEGER NOT NULL,
    last_used_at    INTEGER,
    last_used_from  TEXT,
    announced_at    INTEGER,
    announce_due    INTEGER
) STRICT;
CREATE INDEX secret_key ON secret (key_id);
-- Holds only the few secrets whose use has still to be told.
CREATE INDEX secret_announce ON secret (announce_due) WHERE announce_due IS NOT NULL;

-- The feed: each entity once, at its latest number.
CREATE TABLE change (
    organization_id BLOB    NOT NULL REFERENCES organization (id),
    entity_type     TEXT    NOT NULL,
    entity_id       BLOB    NOT NULL,
    sequence        INTEGER NOT NULL,
    gone            INTEGER NOT NULL CHECK (gone IN (0, 1)),
    PRIMARY KEY (organization_id, entity_type, entity_id),
    UNIQUE (organization_id, sequence)
) STRICT;

-- What was answered to a write, so a repeated question gets the same answer. Kept 30 days.
CREATE TABLE operation (
    account_id   BLOB    NOT NULL REFERENCES account (id),
    id           BLOB    NOT NULL,
    request_hash BLOB    NOT NULL CHECK (length(request_hash) = 32),
    status       INTEGER NOT NULL,
    answer       TEXT    NOT NULL,
    at           INTEGER NOT NULL,
    PRIMARY KEY (account_id, id)
) STRICT;
CREATE INDEX operation_at ON operation (at);
