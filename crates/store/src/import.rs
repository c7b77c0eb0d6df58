//! Keys of another system, known by the hashes of their secrets.

use crypto::token::SecretHash;
use domain::clock::Timestamp;
use domain::id::{AccountId, KeyId, OrganizationId, SecretId};
use protocol::import::ImportKey;

use crate::error::StoreError;
use crate::link::{Connected, all, run};
use crate::write::Write;

/// What stands for the last four characters where they are not known.
const UNKNOWN: &str = "    ";

/// A key to be added.
#[derive(Debug)]
pub struct NewImport<'a> {
    /// Whose.
    pub organization: OrganizationId,
    /// The key.
    pub key: KeyId,
    /// Its secret.
    pub secret: SecretId,
    /// Who brings it.
    pub by: AccountId,
    /// What is known of it.
    pub row: &'a ImportKey,
}

/// Adds a key of another system. The key is as old as that system says; its secret is known here since now.
///
/// # Errors
/// [`StoreError::Taken`] when an id or the hash exist anywhere.
pub async fn insert(write: &mut Write, new: &NewImport<'_>) -> Result<(), StoreError> {
    let at = write.at();
    let row = new.row;
    run!(
        write,
        "INSERT INTO key (id, organization_id, kind, free, name, description, version, created_at, created_by, \
         expires_at) VALUES ($1, $2, $3, $4, $5, $6, 1, $7, $8, $9)",
        new.key.as_uuid(),
        new.organization.as_uuid(),
        row.kind.as_str(),
        false,
        row.name.as_str(),
        row.description.as_str(),
        row.created_at.unwrap_or(at).as_micros(),
        new.by.as_uuid(),
        row.expires_at.map(Timestamp::as_micros),
    )?;
    let last_four = if row.last_four.is_empty() {
        UNKNOWN
    } else {
        row.last_four.as_str()
    };
    run!(
        write,
        "INSERT INTO secret (id, key_id, organization_id, hash, prefix, last_four, created_at, use_count, imported) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, 0, $8)",
        new.secret.as_uuid(),
        new.key.as_uuid(),
        new.organization.as_uuid(),
        row.hash.as_bytes().as_slice(),
        row.prefix.as_str(),
        last_four,
        at.as_micros(),
        true,
    )?;
    Ok(())
}

/// The hashes of all secrets of another system that came at `since` or later, of every organization.
///
/// # Errors
/// The database does not answer.
pub async fn hashes(from: &mut impl Connected, since: Timestamp) -> Result<Vec<SecretHash>, StoreError> {
    let rows = all!(
        (Vec<u8>,),
        from,
        "SELECT hash FROM secret WHERE imported AND created_at >= $1",
        since.as_micros(),
    )?;
    rows.into_iter()
        .map(|(hash,)| {
            hash.try_into()
                .map(SecretHash::from_bytes)
                .map_err(|_| StoreError::damaged("a hash of another length"))
        })
        .collect()
}
