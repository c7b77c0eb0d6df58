-- Invitations into the organization, for those who manage members.
CREATE TABLE invitation (
    id   TEXT PRIMARY KEY NOT NULL,
    view TEXT NOT NULL
) WITHOUT ROWID;

-- Secrets of an organization that was left: the keychain may hold them until the connection is removed.
CREATE TABLE left_secret (
    id TEXT PRIMARY KEY NOT NULL
) WITHOUT ROWID;
