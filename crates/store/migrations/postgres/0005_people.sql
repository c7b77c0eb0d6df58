-- Invitations (P7): the server keeps the hash of their code. Expired is computed.
CREATE TABLE invitation (
    id              UUID    NOT NULL PRIMARY KEY,
    organization_id UUID    NOT NULL REFERENCES organization (id),
    email           TEXT    NOT NULL,
    role            TEXT    NOT NULL CHECK (role IN ('admin', 'billing', 'editor', 'viewer')),
    hash            BYTEA   NOT NULL UNIQUE CHECK (length(hash) = 32),
    version         BIGINT  NOT NULL,
    created_at      BIGINT  NOT NULL,
    created_by      UUID    NOT NULL REFERENCES account (id),
    sent_at         BIGINT  NOT NULL,
    expires_at      BIGINT  NOT NULL,
    accepted_at     BIGINT,
    accepted_by     UUID REFERENCES account (id),
    cancelled_at    BIGINT,
    CHECK ((accepted_at IS NULL) = (accepted_by IS NULL)),
    CHECK (accepted_at IS NULL OR cancelled_at IS NULL)
);
-- One invitation to an address that can still be accepted, or sent again.
CREATE UNIQUE INDEX invitation_open ON invitation (organization_id, email)
    WHERE accepted_at IS NULL AND cancelled_at IS NULL;
CREATE INDEX invitation_organization ON invitation (organization_id, id);

-- Mails that wait to be sent. A row goes when its mail is sent or given up: an invitation's holds the code of its link.
CREATE TABLE mail (
    id         UUID    NOT NULL PRIMARY KEY,
    -- What it is about: when that gets another link or none, the mail is taken back.
    about      UUID    NOT NULL,
    recipient  TEXT    NOT NULL,
    subject    TEXT    NOT NULL,
    text       TEXT    NOT NULL,
    html       TEXT    NOT NULL,
    created_at BIGINT  NOT NULL,
    -- When it is tried next.
    next_at    BIGINT  NOT NULL,
    attempts   BIGINT  NOT NULL
);
CREATE INDEX mail_next ON mail (next_at);
CREATE INDEX mail_about ON mail (about);
