//! Many keys at once, written straight into a database: making them one by one takes too long. Their ids are UUIDv7, as
//! those of real keys: in the order in which they were made.

use crypto::token::Token;
use domain::clock::Timestamp;
use domain::id::KeyId;
use domain::key::KeyKind;
use store::testing::execute;
use store::{Kind, Store};

use crate::chance::SeededEntropy;

/// Puts so many team keys into the one organization of a database on SQLite, and into its feed.
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

/// Puts so many team keys into the one organization of a database, each with a limit that nobody reaches; answers their
/// ids and whole secrets. They are in no feed: it is verify that is to know them.
pub async fn keys_with_secrets(store: &Store, count: u32) -> Vec<(KeyId, String)> {
    const AT_ONCE: usize = 500;
    let postgres = store.kind() == Kind::Postgres;
    let literal = |bytes: &[u8]| {
        let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
        if postgres {
            format!("'\\x{hex}'::bytea")
        } else {
            format!("x'{hex}'")
        }
    };
    let id = |id: uuid::Uuid| {
        if postgres {
            format!("'{id}'::uuid")
        } else {
            literal(id.as_bytes())
        }
    };
    let mut entropy = SeededEntropy::new(14);
    let at = Timestamp::from_micros(1_773_312_127_000_000);
    let keys: Vec<(KeyId, Token)> = (0..count)
        .map(|number| {
            let at = Timestamp::from_micros(at.as_micros() + i64::from(number) * 1_000);
            let key = KeyId::make(at, &mut entropy);
            (key, Token::mint(KeyKind::Team, &mut entropy))
        })
        .collect();
    for some in keys.chunks(AT_ONCE) {
        let rows: Vec<String> = some
            .iter()
            .map(|(key, token)| {
                let hash = literal(token.hash().as_bytes());
                format!("({}, {hash}, '{}')", id(key.as_uuid()), token.last_four())
            })
            .collect();
        let rows = rows.join(", ");
        let no = if postgres { "FALSE" } else { "0" };
        for sql in [
            format!(
                "INSERT INTO key (id, organization_id, kind, free, name, description, version, created_at, created_by, \
                 requests_per_minute) SELECT column1, m.organization_id, 'team', {no}, 'svc-' || column3, '', 1, 1, \
                 m.account_id, 1000000 FROM (VALUES {rows}) AS v, member m"
            ),
            format!(
                "INSERT INTO secret (id, key_id, organization_id, hash, prefix, last_four, created_at, use_count) \
                 SELECT column1, column1, m.organization_id, column2, 'kst_team_', column3, 1, 0 \
                 FROM (VALUES {rows}) AS v, member m"
            ),
        ] {
            // The statements of a store are known when it is built; these are known now.
            execute(store, sql.leak()).await.unwrap();
        }
    }
    keys.into_iter()
        .map(|(key, token)| (key, token.expose().to_owned()))
        .collect()
}
