//! Many keys at once, written straight into a database on SQLite: making them one by one takes too long. Their ids are
//! UUIDv7, as those of real keys: in the order in which they were made.

use store::Store;
use store::testing::execute;

/// Puts so many team keys into the one organization of a database, and into its feed.
pub async fn team_keys(store: &Store, count: u32) {
    let keys = format!(
        "INSERT INTO key (id, organization_id, kind, free, name, description, version, created_at, created_by) \
         WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {count}) \
         SELECT unhex(printf('%012x7000', o.created_at / 1000 + i) || hex(randomblob(8))), o.id, 'team', 0, 'svc-' || substr('00000' || i, -6) || '-northwind', \
                'Deploys part ' || i || ' of the planner', 1, o.created_at + i, m.account_id \
         FROM n, organization o JOIN member m ON m.organization_id = o.id"
    );
    for sql in [
        // The statements of a store are known when it is built; this one is known now.
        &*keys.leak(),
        "INSERT INTO secret (id, key_id, organization_id, hash, prefix, last_four, created_at, use_count) \
         SELECT unhex(substr(hex(id), 1, 16) || hex(randomblob(8))), id, organization_id, randomblob(32), 'kst_team_', \
                substr(hex(id), -4), created_at, 0 \
         FROM key WHERE NOT free",
        "INSERT INTO change (scope_id, entity_type, entity_id, sequence, gone) \
         SELECT k.organization_id, 'key', k.id, s.sequence + row_number() OVER (ORDER BY k.created_at), 0 \
         FROM key k JOIN scope s ON s.id = k.organization_id WHERE NOT k.free",
        "UPDATE scope SET sequence = (SELECT max(sequence) FROM change WHERE scope_id = scope.id) WHERE kind = 'organization'",
    ] {
        execute(store, sql).await.unwrap();
    }
}
