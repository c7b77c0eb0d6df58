-- Identity providers outside whose tokens (JWT) an organization takes (K12). What is kept is what was chosen; where their
-- keys stand is asked of them each time, and the keys themselves are in no table.
CREATE TABLE issuer (
    id              BLOB    NOT NULL PRIMARY KEY,
    organization_id BLOB    NOT NULL REFERENCES organization (id),
    -- Exactly as its tokens name it.
    url             TEXT    NOT NULL,
    audience        TEXT    NOT NULL,
    subject_claim   TEXT    NOT NULL,
    by_email        INTEGER NOT NULL CHECK (by_email IN (0, 1)),
    -- Names, with a space between two.
    algorithms      TEXT    NOT NULL,
    leeway_seconds  INTEGER NOT NULL CHECK (leeway_seconds BETWEEN 0 AND 60),
    version         INTEGER NOT NULL,
    created_at      INTEGER NOT NULL,
    created_by      BLOB    NOT NULL REFERENCES account (id),
    UNIQUE (organization_id, url, audience)
) STRICT;
-- A token is looked up by what it says of itself.
CREATE INDEX issuer_token ON issuer (url, audience);

-- Whom the subjects of an issuer stand for: a member, or a service account.
CREATE TABLE issuer_subject (
    issuer_id          BLOB    NOT NULL REFERENCES issuer (id) ON DELETE CASCADE,
    subject            TEXT    NOT NULL,
    member_id          BLOB REFERENCES member (id) ON DELETE CASCADE,
    service_account_id BLOB,
    created_at         INTEGER NOT NULL,
    PRIMARY KEY (issuer_id, subject),
    CHECK ((member_id IS NULL) <> (service_account_id IS NULL))
) STRICT;
CREATE INDEX issuer_subject_member ON issuer_subject (member_id);

-- Of which coming end of a key those who manage keys were told last by mail (K16): once for each threshold, whichever node
-- comes first and however often it starts.
CREATE TABLE expiry_mail (
    key_id     BLOB    NOT NULL PRIMARY KEY REFERENCES key (id),
    expires_at INTEGER NOT NULL,
    days       INTEGER NOT NULL
) STRICT;
CREATE INDEX key_expires ON key (expires_at) WHERE expires_at IS NOT NULL AND revoked_at IS NULL;
