-- The account's own feed: who signed in, where they belong, and which of their sessions go on.
CREATE TABLE profile (
    id   TEXT PRIMARY KEY NOT NULL,
    view TEXT NOT NULL
) WITHOUT ROWID;

CREATE TABLE membership (
    id              TEXT PRIMARY KEY NOT NULL,
    organization_id TEXT NOT NULL,
    view            TEXT NOT NULL
) WITHOUT ROWID;

CREATE TABLE session (
    id   TEXT PRIMARY KEY NOT NULL,
    view TEXT NOT NULL
) WITHOUT ROWID;

-- What an entry wants, for looking it up.
ALTER TABLE outbox ADD COLUMN kind TEXT GENERATED ALWAYS AS (operation ->> '$.type') VIRTUAL;
