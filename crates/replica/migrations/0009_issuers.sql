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
