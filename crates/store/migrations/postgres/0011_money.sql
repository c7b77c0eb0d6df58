-- Wallets (B6). The credit of an organization that is in no wallet is one of them: its id is the organization's, and there
-- is exactly one. A balance never goes below zero, whatever asks.
CREATE TABLE wallet (
    id              UUID    NOT NULL PRIMARY KEY,
    organization_id UUID    NOT NULL REFERENCES organization (id),
    unassigned      BOOLEAN NOT NULL CHECK (unassigned = (id = organization_id)),
    name            TEXT    NOT NULL,
    balance         BIGINT  NOT NULL CHECK (balance >= 0),
    currency        TEXT    NOT NULL CHECK (length(currency) = 3),
    version         BIGINT  NOT NULL,
    created_at      BIGINT  NOT NULL,
    created_by      UUID    REFERENCES account (id),
    archived_at     BIGINT,
    -- A balance that requests draw on is told to desktops at most once a minute, as uses are.
    announced_at    BIGINT,
    announce_due    BIGINT,
    CHECK (archived_at IS NULL OR (balance = 0 AND NOT unassigned))
);
CREATE INDEX wallet_organization ON wallet (organization_id, id);
CREATE UNIQUE INDEX wallet_name ON wallet (organization_id, name) WHERE archived_at IS NULL;
-- Holds only the few wallets whose balance has still to be told.
CREATE INDEX wallet_announce ON wallet (announce_due) WHERE announce_due IS NOT NULL;

-- The ledger (B5): every movement of every wallet, in the order its balance moved. It only grows.
CREATE TABLE ledger (
    position        BIGINT  GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    id              UUID    NOT NULL UNIQUE,
    organization_id UUID    NOT NULL REFERENCES organization (id),
    wallet_id       UUID    NOT NULL REFERENCES wallet (id),
    kind            TEXT    NOT NULL CHECK (kind IN ('starting_credit', 'assigned', 'given_back', 'transferred', 'charged')),
    amount          BIGINT  NOT NULL CHECK (amount <> 0),
    balance         BIGINT  NOT NULL CHECK (balance >= 0),
    currency        TEXT    NOT NULL CHECK (length(currency) = 3),
    at              BIGINT  NOT NULL,
    by_account      UUID    REFERENCES account (id),
    other_wallet    UUID    REFERENCES wallet (id),
    -- What a charge was for.
    key_id          UUID    REFERENCES key (id),
    secret_id       UUID    REFERENCES secret (id),
    service         TEXT,
    model           TEXT,
    charge_id       TEXT,
    CHECK ((kind = 'charged') = (key_id IS NOT NULL AND secret_id IS NOT NULL AND service IS NOT NULL AND model IS NOT NULL)),
    CHECK (kind <> 'charged' OR amount < 0),
    CHECK ((kind IN ('assigned', 'given_back', 'transferred')) = (other_wallet IS NOT NULL))
);
CREATE INDEX ledger_organization ON ledger (organization_id, position);
CREATE INDEX ledger_wallet ON ledger (wallet_id, position);
-- A request that is asked again is charged once.
CREATE UNIQUE INDEX ledger_charge ON ledger (key_id, charge_id) WHERE charge_id IS NOT NULL;

CREATE FUNCTION ledger_only_grows() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the ledger only grows: its entries are neither edited nor removed';
END
$$;
CREATE TRIGGER ledger_is_not_edited BEFORE UPDATE OR DELETE ON ledger
    FOR EACH ROW EXECUTE FUNCTION ledger_only_grows();
CREATE TRIGGER ledger_is_not_cut BEFORE TRUNCATE ON ledger
    FOR EACH STATEMENT EXECUTE FUNCTION ledger_only_grows();

-- What a service key may call, and how it pays for it (K5). `models` is a JSON list of ids; an empty one stands for all.
CREATE TABLE key_grant (
    key_id    UUID NOT NULL REFERENCES key (id),
    service   TEXT NOT NULL,
    policy    TEXT NOT NULL CHECK (policy IN ('free', 'subscription', 'pay_as_you_go')),
    models    TEXT NOT NULL,
    wallet_id UUID REFERENCES wallet (id),
    PRIMARY KEY (key_id, service),
    CHECK ((policy = 'pay_as_you_go') = (wallet_id IS NOT NULL))
);
CREATE INDEX key_grant_wallet ON key_grant (wallet_id) WHERE wallet_id IS NOT NULL;

-- How often each key was used in each hour for a service and model. A measurement, like usage; no model is an empty text.
CREATE TABLE service_usage (
    key_id  UUID    NOT NULL REFERENCES key (id),
    hour    BIGINT  NOT NULL,
    service TEXT    NOT NULL,
    model   TEXT    NOT NULL,
    uses    BIGINT  NOT NULL,
    last_at BIGINT  NOT NULL,
    PRIMARY KEY (key_id, hour, service, model)
);
CREATE INDEX service_usage_hour ON service_usage (hour);
