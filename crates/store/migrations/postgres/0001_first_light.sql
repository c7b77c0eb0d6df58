-- First light: accounts, organizations, keys, their record and their feed.
--
-- The same tables as migrations/sqlite/0001_first_light.sql with PostgreSQL's own types: UUID for ids, BIGINT for
-- microseconds, BOOLEAN, BYTEA for hashes. JSON is TEXT, because the very text was hashed and JSONB would rewrite it.

-- One row for the whole database. Sign-ups take it first, so "only the first account" can't be won twice.
CREATE TABLE installation (
    one      BIGINT  PRIMARY KEY CHECK (one = 1),
    accounts BIGINT  NOT NULL
);
INSERT INTO installation (one, accounts) VALUES (1, 0);

-- Every organization and every account has a sequence, which orders its writers, and the end of a hash chain.
CREATE TABLE scope (
    id         UUID    NOT NULL PRIMARY KEY,
    kind       TEXT    NOT NULL CHECK (kind IN ('organization', 'account')),
    sequence   BIGINT  NOT NULL,
    chain_head BYTEA   NOT NULL CHECK (length(chain_head) = 32)
);

-- The record. `json` is the very text that was hashed; the columns beside it are for looking things up.
CREATE TABLE activity (
    scope_id UUID    NOT NULL REFERENCES scope (id),
    sequence BIGINT  NOT NULL,
    id       UUID    NOT NULL UNIQUE,
    at       BIGINT  NOT NULL,
    actor    TEXT    NOT NULL,
    type     TEXT    NOT NULL,
    json     TEXT    NOT NULL,
    hash     BYTEA   NOT NULL CHECK (length(hash) = 32),
    PRIMARY KEY (scope_id, sequence)
);

CREATE TABLE account (
    id           UUID    NOT NULL PRIMARY KEY REFERENCES scope (id),
    email        TEXT    NOT NULL UNIQUE,
    username     TEXT    NOT NULL UNIQUE,
    display_name TEXT    NOT NULL,
    created_at   BIGINT  NOT NULL
);

-- Apart from the account, so that no list of accounts can pick up a password hash by accident.
CREATE TABLE credential (
    account_id UUID    NOT NULL PRIMARY KEY REFERENCES account (id),
    password   TEXT    NOT NULL,
    changed_at BIGINT  NOT NULL
);

CREATE TABLE session (
    id           UUID    NOT NULL PRIMARY KEY,
    hash         BYTEA   NOT NULL UNIQUE CHECK (length(hash) = 32),
    account_id   UUID    NOT NULL REFERENCES account (id),
    client       TEXT    NOT NULL,
    created_at   BIGINT  NOT NULL,
    last_seen_at BIGINT  NOT NULL,
    expires_at   BIGINT  NOT NULL,
    ended_at     BIGINT
);
CREATE INDEX session_account ON session (account_id);
CREATE INDEX session_expires ON session (expires_at);

CREATE TABLE organization (
    id         UUID    NOT NULL PRIMARY KEY REFERENCES scope (id),
    name       TEXT    NOT NULL,
    version    BIGINT  NOT NULL,
    created_at BIGINT  NOT NULL
);

-- `epoch` moves when what the member may see changes: their replica then starts anew.
CREATE TABLE member (
    id              UUID    NOT NULL PRIMARY KEY,
    organization_id UUID    NOT NULL REFERENCES organization (id),
    account_id      UUID    NOT NULL REFERENCES account (id),
    role            TEXT    NOT NULL CHECK (role IN ('owner', 'admin', 'billing', 'editor', 'viewer')),
    version         BIGINT  NOT NULL,
    epoch           BIGINT  NOT NULL,
    created_at      BIGINT  NOT NULL,
    UNIQUE (organization_id, account_id)
);
CREATE INDEX member_account ON member (account_id);
-- Exactly one Owner: the rule stands where no code path can go around it.
CREATE UNIQUE INDEX member_owner ON member (organization_id) WHERE role = 'owner';

CREATE TABLE key (
    id              UUID    NOT NULL PRIMARY KEY,
    organization_id UUID    NOT NULL REFERENCES organization (id),
    kind            TEXT    NOT NULL CHECK (kind IN ('team', 'project', 'service', 'personal')),
    free            BOOLEAN NOT NULL,
    name            TEXT    NOT NULL,
    description     TEXT    NOT NULL,
    version         BIGINT  NOT NULL,
    created_at      BIGINT  NOT NULL,
    created_by      UUID    NOT NULL REFERENCES account (id),
    expires_at      BIGINT,
    revoked_at      BIGINT,
    revoked_by      UUID    REFERENCES account (id),
    -- The free key (K2) is a service key that never ends.
    CHECK (NOT free OR (kind = 'service' AND revoked_at IS NULL AND expires_at IS NULL)),
    CHECK ((revoked_at IS NULL) = (revoked_by IS NULL))
);
CREATE INDEX key_organization ON key (organization_id, id);
-- One free key to an organization (K2).
CREATE UNIQUE INDEX key_free ON key (organization_id) WHERE free;

-- What is known of a secret: never the secret. The last five columns are measurements.
CREATE TABLE secret (
    id              UUID    NOT NULL PRIMARY KEY,
    key_id          UUID    NOT NULL REFERENCES key (id),
    organization_id UUID    NOT NULL REFERENCES organization (id),
    hash            BYTEA   NOT NULL UNIQUE CHECK (length(hash) = 32),
    prefix          TEXT    NOT NULL,
    last_four       TEXT    NOT NULL CHECK (length(last_four) = 4),
    created_at      BIGINT  NOT NULL,
    use_count       BIGINT  NOT NULL,
    last_used_at    BIGINT,
    last_used_from  TEXT,
    announced_at    BIGINT,
    announce_due    BIGINT
);
CREATE INDEX secret_key ON secret (key_id);
-- Holds only the few secrets whose use has still to be told.
CREATE INDEX secret_announce ON secret (announce_due) WHERE announce_due IS NOT NULL;

-- The feed: each entity once, at its latest number.
CREATE TABLE change (
    organization_id UUID    NOT NULL REFERENCES organization (id),
    entity_type     TEXT    NOT NULL,
    entity_id       UUID    NOT NULL,
    sequence        BIGINT  NOT NULL,
    gone            BOOLEAN NOT NULL,
    PRIMARY KEY (organization_id, entity_type, entity_id),
    UNIQUE (organization_id, sequence)
);

-- What was answered to a write, so a repeated question gets the same answer. Kept 30 days.
CREATE TABLE operation (
    account_id   UUID    NOT NULL REFERENCES account (id),
    id           UUID    NOT NULL,
    request_hash BYTEA   NOT NULL CHECK (length(request_hash) = 32),
    status       BIGINT  NOT NULL,
    answer       TEXT    NOT NULL,
    at           BIGINT  NOT NULL,
    PRIMARY KEY (account_id, id)
);
CREATE INDEX operation_at ON operation (at);
