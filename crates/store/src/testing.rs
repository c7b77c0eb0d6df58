//! For tests only: databases of their own, and ways around the rules, to see that the rules notice.

use std::sync::atomic::{AtomicU32, Ordering};

use domain::clock::Timestamp;
use domain::id::{AccountId, MemberId, OrganizationId};
use domain::role::Role;
use protocol::change::EntityRef;
use sqlx::{AssertSqlSafe, Connection, Executor, PgConnection};
use tempfile::TempDir;

use crate::change;
use crate::error::StoreError;
use crate::link::{on, one, run};
use crate::open::{Kind, Store};
use crate::write::{Changed, hold};

/// The variable with the URL of a PostgreSQL server in which databases can be made.
pub const POSTGRES: &str = "KEYSTEAD_TEST_POSTGRES";

/// A fresh database; a SQLite file is removed when this is dropped.
#[derive(Debug)]
pub struct Database {
    /// For [`Store::connect`].
    pub url: String,
    /// Where a SQLite file and what stands beside it are.
    pub folder: Option<TempDir>,
}

impl Database {
    /// A fresh database of this kind. `None`, said loudly, when the computer has no PostgreSQL to test on.
    ///
    /// # Panics
    /// In CI when [`POSTGRES`] is not set; anywhere when the database can't be made.
    #[expect(
        clippy::expect_used,
        clippy::print_stderr,
        reason = "for tests, which say it by panicking"
    )]
    pub async fn fresh(kind: Kind) -> Option<Self> {
        if kind == Kind::Sqlite {
            let folder = tempfile::tempdir().expect("a temporary folder can be made");
            let url = folder.path().join("keystead.db").display().to_string();
            return Some(Self {
                url,
                folder: Some(folder),
            });
        }
        let Ok(server) = std::env::var(POSTGRES) else {
            assert!(
                std::env::var_os("CI").is_none(),
                "{POSTGRES} is not set: CI tests on PostgreSQL too"
            );
            eprintln!("SKIPPED on PostgreSQL: {POSTGRES} is not set");
            return None;
        };
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let name = format!(
            "keystead_{}_{}",
            std::process::id(),
            COUNT.fetch_add(1, Ordering::Relaxed)
        );
        let mut connection = PgConnection::connect(&server)
            .await
            .expect("the PostgreSQL for tests answers");
        connection
            .execute(AssertSqlSafe(format!("DROP DATABASE IF EXISTS {name}")))
            .await
            .expect("an old one goes");
        connection
            .execute(AssertSqlSafe(format!("CREATE DATABASE {name}")))
            .await
            .expect("a database can be made");
        connection.close().await.expect("the connection closes");
        let (head, query) = server.split_once('?').unwrap_or((&server, ""));
        let (base, _) = head.rsplit_once('/').expect("the URL names a database");
        Some(Self {
            url: format!("{base}/{name}?{query}"),
            folder: None,
        })
    }
}

/// Runs any statement, without event and change. Answers how many rows it touched.
///
/// # Errors
/// The database refuses.
pub async fn execute(store: &Store, sql: &'static str) -> Result<u64, StoreError> {
    let mut tx = store.writing().await?;
    let touched = run!(&mut tx, sql)?;
    tx.commit().await?;
    Ok(touched)
}

/// Reads one number.
///
/// # Errors
/// The database refuses, or answers no row.
pub async fn number(store: &Store, sql: &'static str) -> Result<i64, StoreError> {
    let row = one!((i64,), &mut store.direct().await?, sql)?;
    row.map(|(number,)| number)
        .ok_or_else(|| StoreError::damaged("no row"))
}

/// Reads one text of every row.
///
/// # Errors
/// The database refuses.
pub async fn texts(store: &Store, sql: &'static str) -> Result<Vec<String>, StoreError> {
    let rows = on!(&mut store.direct().await?, connection =>
        sqlx::query_as::<Db, (String,)>(sql).fetch_all(connection))?;
    Ok(rows.into_iter().map(|(text,)| text).collect())
}

/// Makes an account a member without anybody inviting it; invitations come later.
///
/// # Errors
/// The database refuses.
pub async fn add_member(
    store: &Store,
    organization: OrganizationId,
    account: AccountId,
    id: MemberId,
    role: Role,
    at: Timestamp,
) -> Result<(), StoreError> {
    let mut tx = store.writing().await?;
    let last = hold(&mut tx, organization).await?;
    run!(
        &mut tx,
        "INSERT INTO member (id, organization_id, account_id, role, version, epoch, created_at) \
         VALUES ($1, $2, $3, $4, 1, 1, $5)",
        id.as_uuid(),
        organization.as_uuid(),
        account.as_uuid(),
        role.as_str(),
        at.as_micros(),
    )?;
    let changed = [Changed::Here(EntityRef::Member(id))];
    let head = change::number(&mut tx, organization, last + 1, &changed).await?;
    run!(
        &mut tx,
        "UPDATE scope SET sequence = $2 WHERE id = $1",
        organization.as_uuid(),
        head
    )?;
    tx.commit().await
}
