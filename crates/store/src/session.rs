//! Sessions: the server keeps the hash of their token.
//!
//! When a session was last seen is a measurement: it moves the session's expiry, at most once a minute, without an
//! event. Beginning and ending one are writes.

use std::net::IpAddr;

use crypto::token::SecretHash;
use domain::activity::Scope;
use domain::clock::Timestamp;
use domain::id::{AccountId, SessionId};
use protocol::account::SessionView;
use protocol::change::EntityRef;
use uuid::Uuid;

use crate::error::StoreError;
use crate::link::{Connected, all, one, run};
use crate::open::Store;
use crate::write::{Changed, Write, commit_and_tell, hold, tell_of};

/// A session that just began.
#[derive(Debug)]
pub struct NewSession<'a> {
    /// Its id.
    pub id: SessionId,
    /// The SHA-256 of its token.
    pub hash: SecretHash,
    /// Whose.
    pub account: AccountId,
    /// The program that signed in, as it names itself.
    pub client: &'a str,
    /// From where.
    pub address: IpAddr,
    /// When it ends if it is not used.
    pub expires_at: Timestamp,
}

/// A session that has not been ended; whether its time is over is the caller's to see.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    /// Its id.
    pub id: SessionId,
    /// Whose.
    pub account: AccountId,
    /// The program that signed in.
    pub client: String,
    /// From where; none of sessions older than that was kept.
    pub address: Option<String>,
    /// When it began.
    pub created_at: Timestamp,
    /// When it was last seen; exact to a minute.
    pub last_seen_at: Timestamp,
    /// When it ends if it is not used.
    pub expires_at: Timestamp,
}

#[derive(sqlx::FromRow)]
struct SessionRow {
    id: Uuid,
    account_id: Uuid,
    client: String,
    address: Option<String>,
    created_at: i64,
    last_seen_at: i64,
    expires_at: i64,
}

impl From<SessionRow> for Session {
    fn from(row: SessionRow) -> Self {
        Self {
            id: SessionId::from_uuid(row.id),
            account: AccountId::from_uuid(row.account_id),
            client: row.client,
            address: row.address,
            created_at: Timestamp::from_micros(row.created_at),
            last_seen_at: Timestamp::from_micros(row.last_seen_at),
            expires_at: Timestamp::from_micros(row.expires_at),
        }
    }
}

/// Adds a session.
///
/// # Errors
/// The database does not answer.
pub async fn insert(write: &mut Write, new: &NewSession<'_>) -> Result<(), StoreError> {
    let at = write.at().as_micros();
    run!(
        write,
        "INSERT INTO session (id, hash, account_id, client, created_at, last_seen_at, expires_at, address) \
         VALUES ($1, $2, $3, $4, $5, $5, $6, $7)",
        new.id.as_uuid(),
        new.hash.as_bytes().as_slice(),
        new.account.as_uuid(),
        new.client,
        at,
        new.expires_at.as_micros(),
        new.address.to_string(),
    )?;
    Ok(())
}

/// The session with this token, unless it was ended.
///
/// # Errors
/// The database does not answer.
pub async fn find(from: &mut impl Connected, hash: &SecretHash) -> Result<Option<Session>, StoreError> {
    let row = one!(
        SessionRow,
        from,
        "SELECT id, account_id, client, address, created_at, last_seen_at, expires_at FROM session \
         WHERE hash = $1 AND ended_at IS NULL",
        hash.as_bytes().as_slice(),
    )?;
    Ok(row.map(Session::from))
}

/// The session with this id, unless it was ended: for whoever holds a stream of its open.
///
/// # Errors
/// The database does not answer.
pub async fn find_by_id(from: &mut impl Connected, id: SessionId) -> Result<Option<Session>, StoreError> {
    let row = one!(
        SessionRow,
        from,
        "SELECT id, account_id, client, address, created_at, last_seen_at, expires_at FROM session \
         WHERE id = $1 AND ended_at IS NULL",
        id.as_uuid(),
    )?;
    Ok(row.map(Session::from))
}

/// Ends a session; `false` when it had ended. Those who listen are told when the write commits.
///
/// # Errors
/// The database does not answer.
pub async fn end(write: &mut Write, id: SessionId) -> Result<bool, StoreError> {
    let at = write.at().as_micros();
    let ended = run!(
        write,
        "UPDATE session SET ended_at = $2 WHERE id = $1 AND ended_at IS NULL",
        id.as_uuid(),
        at
    )?;
    if ended == 1 {
        write.session_ended(id);
    }
    Ok(ended == 1)
}

/// The sessions of an account that have not been ended, oldest first.
///
/// # Errors
/// The database does not answer.
pub async fn of_account(from: &mut impl Connected, account: AccountId) -> Result<Vec<Session>, StoreError> {
    let rows = all!(
        SessionRow,
        from,
        "SELECT id, account_id, client, address, created_at, last_seen_at, expires_at FROM session \
         WHERE account_id = $1 AND ended_at IS NULL ORDER BY created_at, id",
        account.as_uuid(),
    )?;
    Ok(rows.into_iter().map(Session::from).collect())
}

/// Notes that a session was seen. A measurement: no event.
///
/// # Errors
/// The database does not answer.
pub async fn seen(
    store: &Store,
    id: SessionId,
    at: Timestamp,
    expires_at: Timestamp,
) -> Result<(), StoreError> {
    let mut tx = store.writing().await?;
    run!(
        &mut tx,
        "UPDATE session SET last_seen_at = $2, expires_at = $3 \
         WHERE id = $1 AND ended_at IS NULL AND last_seen_at < $2",
        id.as_uuid(),
        at.as_micros(),
        expires_at.as_micros(),
    )?;
    tx.commit().await
}

/// As the feed of its account tells it, unless it was ended.
///
/// # Errors
/// The database does not answer.
pub(crate) async fn view(
    from: &mut impl Connected,
    id: SessionId,
) -> Result<Option<SessionView>, StoreError> {
    Ok(find_by_id(from, id).await?.map(SessionView::from))
}

impl From<Session> for SessionView {
    fn from(session: Session) -> Self {
        Self {
            id: session.id,
            account_id: session.account,
            client: session.client,
            address: session.address,
            created_at: session.created_at,
            last_seen_at: session.last_seen_at,
            expires_at: session.expires_at,
        }
    }
}

/// Removes the rows of sessions that ended or ran out before `before`, and tells the feeds of those that ran out.
/// Housekeeping: their beginning and end stay in the record. Answers how many it removed.
///
/// # Errors
/// The database does not answer.
pub async fn remove_old(store: &Store, before: Timestamp) -> Result<u64, StoreError> {
    let over = all!(
        (Uuid, Uuid),
        &mut store.direct().await?,
        "SELECT account_id, id FROM session WHERE expires_at < $1 AND ended_at IS NULL ORDER BY account_id, id",
        before.as_micros(),
    )?;
    let mut removed = 0;
    for together in over.chunk_by(|one, other| one.0 == other.0) {
        let Some((account, _)) = together.first() else {
            continue;
        };
        let scope = Scope::Account(AccountId::from_uuid(*account));
        let mut tx = store.writing().await?;
        let last = hold(&mut tx, scope).await?;
        let mut gone = Vec::new();
        for (_, id) in together {
            // Another node may have removed it meanwhile, or have seen it again.
            let deleted = run!(
                &mut tx,
                "DELETE FROM session WHERE id = $1 AND ended_at IS NULL AND expires_at < $2",
                id,
                before.as_micros(),
            )?;
            if deleted == 1 {
                gone.push(Changed::Gone(EntityRef::Session(SessionId::from_uuid(*id))));
            }
        }
        if gone.is_empty() {
            continue;
        }
        removed += gone.len() as u64;
        let heard = tell_of(&mut tx, scope, last, &gone).await?;
        commit_and_tell(tx, &store.notices, vec![heard].into()).await?;
    }
    let mut tx = store.writing().await?;
    removed += run!(
        &mut tx,
        "DELETE FROM session WHERE expires_at < $1 AND ended_at IS NOT NULL",
        before.as_micros()
    )?;
    tx.commit().await?;
    Ok(removed)
}
