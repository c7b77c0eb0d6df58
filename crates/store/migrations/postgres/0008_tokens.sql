-- Groups and service accounts (P11), personal tokens (K1), and who may have them made (K11).
ALTER TABLE organization ADD COLUMN token_policy TEXT NOT NULL DEFAULT 'all'
    CHECK (token_policy IN ('all', 'groups', 'nobody'));

CREATE TABLE service_account (
    id              UUID    NOT NULL PRIMARY KEY,
    organization_id UUID    NOT NULL REFERENCES organization (id),
    name            TEXT    NOT NULL,
    description     TEXT    NOT NULL,
    role            TEXT    NOT NULL CHECK (role IN ('editor', 'viewer')),
    version         BIGINT NOT NULL,
    created_at      BIGINT NOT NULL,
    created_by      UUID    NOT NULL REFERENCES account (id),
    disabled_at     BIGINT,
    UNIQUE (organization_id, name)
);

CREATE TABLE member_group (
    id              UUID    NOT NULL PRIMARY KEY,
    organization_id UUID    NOT NULL REFERENCES organization (id),
    name            TEXT    NOT NULL,
    description     TEXT    NOT NULL,
    version         BIGINT NOT NULL,
    created_at      BIGINT NOT NULL,
    created_by      UUID    NOT NULL REFERENCES account (id),
    -- Whether the policy names it, where the policy is 'groups'.
    allows_tokens   BOOLEAN NOT NULL DEFAULT FALSE,
    UNIQUE (organization_id, name)
);
CREATE TABLE group_member (
    group_id  UUID NOT NULL REFERENCES member_group (id),
    member_id UUID NOT NULL REFERENCES member (id),
    PRIMARY KEY (group_id, member_id)
);
CREATE INDEX group_member_member ON group_member (member_id);
CREATE TABLE group_service_account (
    group_id           UUID NOT NULL REFERENCES member_group (id),
    service_account_id UUID NOT NULL REFERENCES service_account (id),
    PRIMARY KEY (group_id, service_account_id)
);
CREATE INDEX group_service_account_account ON group_service_account (service_account_id);
-- The groups an invitation leads into.
CREATE TABLE invitation_group (
    invitation_id UUID NOT NULL REFERENCES invitation (id),
    group_id      UUID NOT NULL REFERENCES member_group (id),
    PRIMARY KEY (invitation_id, group_id)
);
CREATE INDEX invitation_group_group ON invitation_group (group_id);

-- Whose a personal token is. No reference: the token, revoked, outlives its owner.
ALTER TABLE key ADD COLUMN owner_member UUID;
ALTER TABLE key ADD COLUMN owner_service_account UUID;
CREATE INDEX key_owner_member ON key (owner_member) WHERE owner_member IS NOT NULL;
CREATE INDEX key_owner_service_account ON key (owner_service_account) WHERE owner_service_account IS NOT NULL;
