-- Groups and service accounts (P11), personal tokens (K1), and who may have them made (K11).
ALTER TABLE organization ADD COLUMN token_policy TEXT NOT NULL DEFAULT 'all'
    CHECK (token_policy IN ('all', 'groups', 'nobody'));

CREATE TABLE service_account (
    id              BLOB    NOT NULL PRIMARY KEY,
    organization_id BLOB    NOT NULL REFERENCES organization (id),
    name            TEXT    NOT NULL,
    description     TEXT    NOT NULL,
    role            TEXT    NOT NULL CHECK (role IN ('editor', 'viewer')),
    version         INTEGER NOT NULL,
    created_at      INTEGER NOT NULL,
    created_by      BLOB    NOT NULL REFERENCES account (id),
    disabled_at     INTEGER,
    UNIQUE (organization_id, name)
) STRICT;

CREATE TABLE member_group (
    id              BLOB    NOT NULL PRIMARY KEY,
    organization_id BLOB    NOT NULL REFERENCES organization (id),
    name            TEXT    NOT NULL,
    description     TEXT    NOT NULL,
    version         INTEGER NOT NULL,
    created_at      INTEGER NOT NULL,
    created_by      BLOB    NOT NULL REFERENCES account (id),
    -- Whether the policy names it, where the policy is 'groups'.
    allows_tokens   INTEGER NOT NULL DEFAULT 0 CHECK (allows_tokens IN (0, 1)),
    UNIQUE (organization_id, name)
) STRICT;
CREATE TABLE group_member (
    group_id  BLOB NOT NULL REFERENCES member_group (id),
    member_id BLOB NOT NULL REFERENCES member (id),
    PRIMARY KEY (group_id, member_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX group_member_member ON group_member (member_id);
CREATE TABLE group_service_account (
    group_id           BLOB NOT NULL REFERENCES member_group (id),
    service_account_id BLOB NOT NULL REFERENCES service_account (id),
    PRIMARY KEY (group_id, service_account_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX group_service_account_account ON group_service_account (service_account_id);
-- The groups an invitation leads into.
CREATE TABLE invitation_group (
    invitation_id BLOB NOT NULL REFERENCES invitation (id),
    group_id      BLOB NOT NULL REFERENCES member_group (id),
    PRIMARY KEY (invitation_id, group_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX invitation_group_group ON invitation_group (group_id);

-- Whose a personal token is. No reference: the token, revoked, outlives its owner.
ALTER TABLE key ADD COLUMN owner_member BLOB;
ALTER TABLE key ADD COLUMN owner_service_account BLOB;
CREATE INDEX key_owner_member ON key (owner_member) WHERE owner_member IS NOT NULL;
CREATE INDEX key_owner_service_account ON key (owner_service_account) WHERE owner_service_account IS NOT NULL;
