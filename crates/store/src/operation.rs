//! What was answered to a write, so that a repeated question gets the same answer.

use domain::clock::Timestamp;
use domain::id::{AccountId, OperationId};

use crate::error::StoreError;
use crate::link::{Connected, one, run};
use crate::open::Store;
use crate::write::Write;

/// For how many days answers are kept.
pub const KEPT_DAYS: i64 = 30;

/// A write that was answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Operation {
    /// SHA-256 over method, path and body of the request.
    pub request_hash: [u8; 32],
    /// The answer's HTTP status.
    pub status: u16,
    /// The answer's body.
    pub answer: String,
}

/// The answer to an account's operation, if it was done.
///
/// # Errors
/// The database does not answer.
pub async fn find(
    from: &mut impl Connected,
    account: AccountId,
    id: OperationId,
) -> Result<Option<Operation>, StoreError> {
    let row = one!(
        (Vec<u8>, i64, String),
        from,
        "SELECT request_hash, status, answer FROM operation WHERE account_id = $1 AND id = $2",
        account.as_uuid(),
        id.as_uuid(),
    )?;
    let Some((request_hash, status, answer)) = row else {
        return Ok(None);
    };
    Ok(Some(Operation {
        request_hash: request_hash
            .try_into()
            .map_err(|_| StoreError::damaged("a hash of another length"))?,
        status: u16::try_from(status).map_err(|_| StoreError::damaged("an HTTP status"))?,
        answer,
    }))
}

/// Keeps the answer with the write it answers.
///
/// # Errors
/// [`StoreError::Taken`] when the account used the id for another write meanwhile.
pub async fn insert(
    write: &mut Write,
    account: AccountId,
    id: OperationId,
    operation: &Operation,
) -> Result<(), StoreError> {
    let at = write.at().as_micros();
    run!(
        write,
        "INSERT INTO operation (account_id, id, request_hash, status, answer, at) VALUES ($1, $2, $3, $4, $5, $6)",
        account.as_uuid(),
        id.as_uuid(),
        operation.request_hash.as_slice(),
        i64::from(operation.status),
        operation.answer.as_str(),
        at,
    )?;
    Ok(())
}

/// Forgets answers older than [`KEPT_DAYS`]. Housekeeping: no event.
///
/// # Errors
/// The database does not answer.
pub async fn remove_old(store: &Store, now: Timestamp) -> Result<u64, StoreError> {
    let mut tx = store.writing().await?;
    let removed = run!(
        &mut tx,
        "DELETE FROM operation WHERE at < $1",
        now.plus_days(-KEPT_DAYS).as_micros()
    )?;
    tx.commit().await?;
    Ok(removed)
}
