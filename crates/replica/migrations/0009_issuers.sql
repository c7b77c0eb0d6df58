-- Issuers of the organization, and the public keys of each as the server had them last: a token is tried without the
-- network.
CREATE TABLE issuer (
    id   TEXT PRIMARY KEY NOT NULL,
    view TEXT NOT NULL
) WITHOUT ROWID;
CREATE TABLE issuer_keys (
    issuer_id TEXT PRIMARY KEY NOT NULL,
    view      TEXT NOT NULL
) WITHOUT ROWID;

-- What was done with secrets here and the server was not told yet (K17). The id is the operation's, so that asking again is
-- the same question.
CREATE TABLE trace (
    position     INTEGER PRIMARY KEY AUTOINCREMENT,
    operation_id TEXT NOT NULL UNIQUE,
    key_id       TEXT NOT NULL,
    trace        TEXT NOT NULL
);
