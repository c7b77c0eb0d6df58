-- Wallets, for those who manage money.
CREATE TABLE wallet (
    id   TEXT PRIMARY KEY NOT NULL,
    view TEXT NOT NULL
) WITHOUT ROWID;
