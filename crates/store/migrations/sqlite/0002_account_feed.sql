-- Accounts get a feed of their own: profile, memberships, sessions. The table keeps its rows; only whose they are is
-- named by the scope now, which is an organization or an account.
CREATE TABLE change_of_scope (
    scope_id    BLOB    NOT NULL REFERENCES scope (id),
    entity_type TEXT    NOT NULL,
    entity_id   BLOB    NOT NULL,
    sequence    INTEGER NOT NULL,
    gone        INTEGER NOT NULL CHECK (gone IN (0, 1)),
    -- In the order it is read: a page, and the count of what is behind it, is one walk.
    PRIMARY KEY (scope_id, sequence),
    UNIQUE (scope_id, entity_type, entity_id)
) STRICT, WITHOUT ROWID;
INSERT INTO change_of_scope (scope_id, entity_type, entity_id, sequence, gone)
    SELECT organization_id, entity_type, entity_id, sequence, gone FROM change;
DROP TABLE change;
ALTER TABLE change_of_scope RENAME TO change;

-- What the accounts that exist would have told: each thing takes the next number of its account.
INSERT INTO change (scope_id, entity_type, entity_id, sequence, gone)
    SELECT told.account_id, told.entity_type, told.entity_id,
           scope.sequence + ROW_NUMBER() OVER (PARTITION BY told.account_id ORDER BY told.created_at, told.entity_id),
           0
    FROM (
        SELECT id AS account_id, 'profile' AS entity_type, id AS entity_id, created_at FROM account
        UNION ALL
        SELECT account_id, 'membership', id, created_at FROM member
        UNION ALL
        SELECT account_id, 'session', id, created_at FROM session WHERE ended_at IS NULL
    ) AS told
    JOIN scope ON scope.id = told.account_id;
UPDATE scope SET sequence = (SELECT MAX(change.sequence) FROM change WHERE change.scope_id = scope.id)
    WHERE kind = 'account';
