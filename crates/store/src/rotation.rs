//! The secrets of a key coming and going (K7).

use domain::clock::Timestamp;
use domain::id::{KeyId, MemberId, OrganizationId, SecretId};
use protocol::key::NewSecret;
use uuid::Uuid;

use crate::error::StoreError;
use crate::link::{Connected, all, run};
use crate::write::Write;

/// Adds a secret to a key: one that is shared, or a member's own (K6).
///
/// # Errors
/// [`StoreError::Taken`] when its id or hash exist anywhere.
pub async fn insert_secret(
    write: &mut Write,
    organization: OrganizationId,
    secret: &NewSecret,
    member: Option<MemberId>,
) -> Result<(), StoreError> {
    let at = write.at().as_micros();
    run!(
        write,
        "INSERT INTO secret (id, key_id, organization_id, hash, prefix, last_four, created_at, use_count, member_id) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, 0, $8)",
        secret.id.as_uuid(),
        secret.key_id.as_uuid(),
        organization.as_uuid(),
        secret.hash.as_bytes().as_slice(),
        secret.prefix.as_str(),
        secret.last_four.as_str(),
        at,
        member.map(MemberId::as_uuid),
    )?;
    Ok(())
}

/// Ends what a member has of their own on a key.
///
/// # Errors
/// The database does not answer.
pub async fn end_own(write: &mut Write, key: KeyId, member: MemberId) -> Result<(), StoreError> {
    let at = write.at().as_micros();
    run!(
        write,
        "UPDATE secret SET retired_at = $3 WHERE key_id = $1 AND member_id = $2 AND retired_at IS NULL",
        key.as_uuid(),
        member.as_uuid(),
        at,
    )?;
    Ok(())
}

/// Ends what a member has of their own on any key (K6); answers on which.
///
/// # Errors
/// The database does not answer.
pub async fn end_all_own(write: &mut Write, member: MemberId) -> Result<Vec<KeyId>, StoreError> {
    let rows = all!(
        (Uuid,),
        write,
        "SELECT DISTINCT key_id FROM secret WHERE member_id = $1 AND retired_at IS NULL ORDER BY key_id",
        member.as_uuid(),
    )?;
    let keys: Vec<KeyId> = rows.into_iter().map(|(key,)| KeyId::from_uuid(key)).collect();
    for key in &keys {
        end_own(write, *key, member).await?;
        touch(write, *key).await?;
    }
    Ok(keys)
}

/// Says when a secret ends by itself; `None` when it does not.
///
/// # Errors
/// The database does not answer.
pub async fn set_end(
    write: &mut Write,
    key: KeyId,
    secret: SecretId,
    ends_at: Option<Timestamp>,
) -> Result<(), StoreError> {
    run!(
        write,
        "UPDATE secret SET retires_at = $3 WHERE key_id = $1 AND id = $2 AND retired_at IS NULL",
        key.as_uuid(),
        secret.as_uuid(),
        ends_at.map(Timestamp::as_micros),
    )?;
    touch(write, key).await
}

/// Ends a secret now.
///
/// # Errors
/// The database does not answer.
pub async fn end(write: &mut Write, key: KeyId, secret: SecretId) -> Result<(), StoreError> {
    let at = write.at().as_micros();
    run!(
        write,
        "UPDATE secret SET retired_at = $3 WHERE key_id = $1 AND id = $2 AND retired_at IS NULL",
        key.as_uuid(),
        secret.as_uuid(),
        at,
    )?;
    touch(write, key).await
}

async fn touch(write: &mut Write, key: KeyId) -> Result<(), StoreError> {
    run!(
        write,
        "UPDATE key SET version = version + 1 WHERE id = $1",
        key.as_uuid()
    )?;
    Ok(())
}

/// A secret whose time is over and that has not been ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Due {
    /// Whose.
    pub organization: OrganizationId,
    /// Of which key.
    pub key: KeyId,
    /// Which.
    pub secret: SecretId,
}

/// The secrets whose time is over at `now`, the longest over first, at most 500.
///
/// # Errors
/// The database does not answer.
pub async fn due(from: &mut impl Connected, now: Timestamp) -> Result<Vec<Due>, StoreError> {
    let rows = all!(
        (Uuid, Uuid, Uuid),
        from,
        "SELECT organization_id, key_id, id FROM secret \
         WHERE retires_at <= $1 AND retired_at IS NULL ORDER BY retires_at LIMIT 500",
        now.as_micros(),
    )?;
    Ok(rows
        .into_iter()
        .map(|(organization, key, secret)| Due {
            organization: OrganizationId::from_uuid(organization),
            key: KeyId::from_uuid(key),
            secret: SecretId::from_uuid(secret),
        })
        .collect())
}
