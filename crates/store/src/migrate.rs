//! The steps from an empty database to this program's, and the refusal of a newer one.
//!
//! A step, once released, is never edited: a later step changes what it made. Each runs in one transaction with the
//! line that says it ran, so a power cut leaves either the old schema or the new one.

use domain::clock::Timestamp;
use sqlx::{Connection, PgConnection, SqliteConnection};

use crate::error::StoreError;

struct Step {
    version: i64,
    name: &'static str,
    sqlite: &'static str,
    postgres: &'static str,
}

/// A step by its number, its name and its file, which each database has one of.
macro_rules! step {
    ($version:literal, $name:literal, $file:literal) => {
        Step {
            version: $version,
            name: $name,
            sqlite: include_str!(concat!("../migrations/sqlite/", $file)),
            postgres: include_str!(concat!("../migrations/postgres/", $file)),
        }
    };
}

const STEPS: [Step; 12] = [
    step!(1, "first light", "0001_first_light.sql"),
    step!(2, "account feed", "0002_account_feed.sql"),
    step!(3, "pause and rotate", "0003_pause_and_rotate.sql"),
    step!(4, "rate limit", "0004_rate_limit.sql"),
    step!(5, "people", "0005_people.sql"),
    step!(6, "import", "0006_import.sql"),
    step!(8, "tokens", "0008_tokens.sql"),
    step!(9, "issuers", "0009_issuers.sql"),
    step!(10, "people of keys", "0010_people_of_keys.sql"),
    step!(11, "money", "0011_money.sql"),
    step!(12, "tokens of service keys", "0012_tokens_of_service_keys.sql"),
    step!(13, "session address", "0013_session_address.sql"),
];

/// In the order of their versions: the last is the latest.
const _: () = {
    let mut at = 1;
    while at < STEPS.len() {
        assert!(
            STEPS[at - 1].version < STEPS[at].version,
            "steps stand in the order of their versions"
        );
        at += 1;
    }
};

/// The schema version this program writes.
pub const LATEST: i64 = STEPS[STEPS.len() - 1].version;

const VERSIONS: &str = "CREATE TABLE IF NOT EXISTS schema_version \
     (version BIGINT NOT NULL PRIMARY KEY, name TEXT NOT NULL, applied_at BIGINT NOT NULL)";
const FOUND: &str = "SELECT COALESCE(MAX(version), 0) FROM schema_version";
const APPLIED: &str = "INSERT INTO schema_version (version, name, applied_at) VALUES ($1, $2, $3)";
/// Any number, the same in every node: whoever holds this lock migrates.
const LOCK: &str = "SELECT pg_advisory_xact_lock(5426354113)";

const TABLES_SQLITE: &str =
    "SELECT COUNT(*) FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'";
const OURS_SQLITE: &str =
    "SELECT COUNT(*) FROM sqlite_master WHERE type = 'table' AND name = 'schema_version'";
const TABLES_POSTGRES: &str = "SELECT COUNT(*) FROM pg_catalog.pg_tables WHERE schemaname = current_schema()";
const OURS_POSTGRES: &str = "SELECT COUNT(*) FROM pg_catalog.pg_tables \
     WHERE schemaname = current_schema() AND tablename = 'schema_version'";

macro_rules! migrator {
    ($found:ident, $migrate:ident, $connection:ty, $begin:literal, $lock:expr, $tables:expr, $ours:expr, $text:ident) => {
        /// The schema version found; 0 for an empty database.
        pub(crate) async fn $found(connection: &mut $connection) -> Result<i64, StoreError> {
            let ours: i64 = sqlx::query_scalar($ours)
                .fetch_one(&mut *connection)
                .await?;
            if ours == 0 {
                let tables: i64 = sqlx::query_scalar($tables)
                    .fetch_one(&mut *connection)
                    .await?;
                return if tables == 0 {
                    Ok(0)
                } else {
                    Err(StoreError::NotOurs)
                };
            }
            let found: i64 = sqlx::query_scalar(FOUND)
                .fetch_one(&mut *connection)
                .await?;
            if found > LATEST {
                Err(StoreError::Newer {
                    found,
                    known: LATEST,
                })
            } else {
                Ok(found)
            }
        }

        /// Brings the database to a version, [`LATEST`] but in tests. Answers the version it had.
        pub(crate) async fn $migrate(
            connection: &mut $connection,
            at: Timestamp,
            to: i64,
        ) -> Result<i64, StoreError> {
            let mut tx = connection.begin_with($begin).await?;
            let lock: Option<&'static str> = $lock;
            if let Some(lock) = lock {
                sqlx::query(lock).execute(&mut *tx).await?;
            }
            // Looked up under the lock: of two nodes that start together the second finds the work done.
            let found = $found(&mut tx).await?;
            if found < to {
                sqlx::query(VERSIONS).execute(&mut *tx).await?;
            }
            for step in STEPS
                .iter()
                .filter(|step| found < step.version && step.version <= to)
            {
                sqlx::raw_sql(step.$text).execute(&mut *tx).await?;
                sqlx::query(APPLIED)
                    .bind(step.version)
                    .bind(step.name)
                    .bind(at.as_micros())
                    .execute(&mut *tx)
                    .await?;
            }
            tx.commit().await?;
            Ok(found)
        }
    };
}

migrator!(
    found_sqlite,
    migrate_sqlite,
    SqliteConnection,
    "BEGIN IMMEDIATE",
    None,
    TABLES_SQLITE,
    OURS_SQLITE,
    sqlite
);
migrator!(
    found_postgres,
    migrate_postgres,
    PgConnection,
    "BEGIN",
    Some(LOCK),
    TABLES_POSTGRES,
    OURS_POSTGRES,
    postgres
);
