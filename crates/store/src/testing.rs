//! For tests only: databases of their own, and ways around the rules, to see that the rules notice.

use std::sync::atomic::{AtomicU32, Ordering};

use domain::activity::Scope;
use domain::clock::Timestamp;
use domain::id::{AccountId, MemberId, OrganizationId};
use domain::role::Role;
use protocol::change::EntityRef;
use sqlx::{AssertSqlSafe, Connection, Executor, PgConnection};
use tempfile::TempDir;
use uuid::Uuid;

use crate::error::StoreError;
use crate::link::{on, one, run};
use crate::open::{Kind, Store};
use crate::write::{Changed, commit_and_tell, hold, tell_of};

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

/// Fills an empty database as the first version of Keystead left it: one account with its session and one that was
/// ended, one organization of which it is the Owner. Answers their ids, as text.
///
/// # Errors
/// The database refuses.
pub async fn fill_as_first_version(url: &str, at: Timestamp) -> Result<[Uuid; 5], StoreError> {
    Store::migrate_to(url, at, 1).await?;
    let ids = [1u128, 2, 3, 4, 5].map(Uuid::from_u128);
    let [account, organization, member, session, ended] = ids;
    let store = Store::open_any(url).await?;
    let mut tx = store.writing().await?;
    let (hash, other) = (vec![1u8; 32], vec![2u8; 32]);
    for (scope, kind, sequence) in [(account, "account", 3i64), (organization, "organization", 7)] {
        run!(
            &mut tx,
            "INSERT INTO scope (id, kind, sequence, chain_head) VALUES ($1, $2, $3, $4)",
            scope,
            kind,
            sequence,
            hash.as_slice(),
        )?;
    }
    run!(
        &mut tx,
        "INSERT INTO account (id, email, username, display_name, created_at) \
         VALUES ($1, 'ada@example.org', 'ada', 'Ada', 1)",
        account
    )?;
    run!(
        &mut tx,
        "INSERT INTO organization (id, name, version, created_at) VALUES ($1, 'Engines', 1, 1)",
        organization
    )?;
    run!(
        &mut tx,
        "INSERT INTO member (id, organization_id, account_id, role, version, epoch, created_at) \
         VALUES ($1, $2, $3, 'owner', 1, 1, 2)",
        member,
        organization,
        account
    )?;
    for (id, hash, ended_at) in [(session, &hash, None), (ended, &other, Some(4i64))] {
        run!(
            &mut tx,
            "INSERT INTO session (id, hash, account_id, client, created_at, last_seen_at, expires_at, ended_at) \
             VALUES ($1, $2, $3, 'a test', 3, 3, 9, $4)",
            id,
            hash.as_slice(),
            account,
            ended_at,
        )?;
    }
    run!(
        &mut tx,
        "INSERT INTO change (organization_id, entity_type, entity_id, sequence, gone) \
         VALUES ($1, 'organization', $1, 5, FALSE), ($1, 'member', $2, 7, FALSE)",
        organization,
        member
    )?;
    tx.commit().await?;
    store.close().await;
    Ok(ids)
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
    let (there, theirs) = (Scope::Organization(organization), Scope::Account(account));
    let mut tx = store.writing().await?;
    let last = hold(&mut tx, there).await?;
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
    let told = tell_of(&mut tx, there, last, &[Changed::Here(EntityRef::Member(id))]).await?;
    let last = hold(&mut tx, theirs).await?;
    let told_them = tell_of(&mut tx, theirs, last, &[Changed::Here(EntityRef::Membership(id))]).await?;
    commit_and_tell(tx, &store.notices, vec![told, told_them].into()).await
}

/// Gives every member another role ([`change_role`]).
///
/// # Errors
/// The database refuses.
pub async fn change_role_of_all(store: &Store, role: Role) -> Result<(), StoreError> {
    let members = on!(&mut store.direct().await?, connection =>
        sqlx::query_as::<Db, (Uuid, Uuid)>("SELECT organization_id, account_id FROM member").fetch_all(connection))?;
    for (organization, account) in members {
        let (organization, account) = (
            OrganizationId::from_uuid(organization),
            AccountId::from_uuid(account),
        );
        change_role(store, organization, account, role).await?;
    }
    Ok(())
}

/// Gives a member another role, and another sight with it; roles are changed by people later.
///
/// # Errors
/// The database refuses, or the account is no member.
pub async fn change_role(
    store: &Store,
    organization: OrganizationId,
    account: AccountId,
    role: Role,
) -> Result<(), StoreError> {
    let (there, theirs) = (Scope::Organization(organization), Scope::Account(account));
    let mut tx = store.writing().await?;
    let last = hold(&mut tx, there).await?;
    let id = one!(
        (Uuid,),
        &mut tx,
        "UPDATE member SET role = $3, version = version + 1, epoch = epoch + 1 \
         WHERE organization_id = $1 AND account_id = $2 RETURNING id",
        organization.as_uuid(),
        account.as_uuid(),
        role.as_str(),
    )?;
    let id = id
        .map(|(id,)| MemberId::from_uuid(id))
        .ok_or(StoreError::Unrecorded)?;
    let told = tell_of(&mut tx, there, last, &[Changed::Here(EntityRef::Member(id))]).await?;
    let last = hold(&mut tx, theirs).await?;
    let told_them = tell_of(&mut tx, theirs, last, &[Changed::Here(EntityRef::Membership(id))]).await?;
    commit_and_tell(tx, &store.notices, vec![told, told_them].into()).await
}
