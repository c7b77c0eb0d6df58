-- Groups and service accounts (P11), and whose a personal token is (K1): `mem_…` or `sva_…`.
CREATE TABLE member_group (
    id   TEXT PRIMARY KEY NOT NULL,
    view TEXT NOT NULL
) WITHOUT ROWID;

CREATE TABLE service_account (
    id   TEXT PRIMARY KEY NOT NULL,
    view TEXT NOT NULL
) WITHOUT ROWID;

ALTER TABLE key ADD COLUMN owner TEXT;
CREATE INDEX key_owner ON key (owner) WHERE owner IS NOT NULL;
