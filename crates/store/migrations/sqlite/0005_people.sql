-- Invitations (P7): the server keeps the hash of their code. Expired is computed.
CREATE TABLE invitation (
    id              BLOB    NOT NULL PRIMARY KEY,
    organization_id BLOB    NOT NULL REFERENCES organization (id),
    email           TEXT    NOT NULL,
    role            TEXT    NOT NULL CHECK (role IN ('admin', 'billing', 'editor', 'viewer')),
    hash            BLOB    NOT NULL UNIQUE CHECK (length(hash) = 32),
    version         INTEGER NOT NULL,
    created_at      INTEGER NOT NULL,
    created_by      BLOB    NOT NULL REFERENCES account (id),
    sent_at         INTEGER NOT NULL,
    expires_at      INTEGER NOT NULL,
    accepted_at     INTEGER,
    accepted_by     BLOB REFERENCES account (id),
    cancelled_at    INTEGER,
    CHECK ((accepted_at IS NULL) = (accepted_by IS NULL)),
    CHECK (accepted_at IS NULL OR cancelled_at IS NULL)
) STRICT;
-- One invitation to an address that can still be accepted, or sent again.
CREATE UNIQUE INDEX invitation_open ON invitation (organization_id, email)
    WHERE accepted_at IS NULL AND cancelled_at IS NULL;
CREATE INDEX invitation_organization ON invitation (organization_id, id);

-- Mails that wait to be sent. A row goes when its mail is sent or given up: an invitation's holds the code of its link.
CREATE TABLE mail (
    id         BLOB    NOT NULL PRIMARY KEY,
    -- What it is about: when that gets another link or none, the mail is taken back.
    about      BLOB    NOT NULL,
    recipient  TEXT    NOT NULL,
    subject    TEXT    NOT NULL,
    text       TEXT    NOT NULL,
    html       TEXT    NOT NULL,
    created_at INTEGER NOT NULL,
    -- When it is tried next.
    next_at    INTEGER NOT NULL,
    attempts   INTEGER NOT NULL
) STRICT;
CREATE INDEX mail_next ON mail (next_at);
CREATE INDEX mail_about ON mail (about);
