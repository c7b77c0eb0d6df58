-- Accounts get a feed of their own: profile, memberships, sessions. The table keeps its rows; only whose they are is
-- named by the scope now, which is an organization or an account.
ALTER TABLE change RENAME COLUMN organization_id TO scope_id;
ALTER TABLE change DROP CONSTRAINT change_organization_id_fkey;
ALTER TABLE change ADD FOREIGN KEY (scope_id) REFERENCES scope (id);

-- What the accounts that exist would have told: each thing takes the next number of its account.
INSERT INTO change (scope_id, entity_type, entity_id, sequence, gone)
    SELECT told.account_id, told.entity_type, told.entity_id,
           scope.sequence + ROW_NUMBER() OVER (PARTITION BY told.account_id ORDER BY told.created_at, told.entity_id),
           FALSE
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

-- Every page of a feed, and the count of what is behind it, is read from this alone.
ALTER TABLE change DROP CONSTRAINT change_organization_id_sequence_key;
CREATE UNIQUE INDEX change_sequence ON change (scope_id, sequence) INCLUDE (entity_type);
