//! Of which coming ends of keys people were told by mail (K16).

use domain::clock::Timestamp;
use domain::id::{KeyId, OrganizationId};
use uuid::Uuid;

use crate::error::StoreError;
use crate::link::{Connected, all, one, run};
use crate::write::Write;

/// The most keys that are answered at once.
const MOST: i64 = 100;

/// Keys that came within a threshold of their end of which nobody was told, those that end soonest first. A threshold that
/// lay behind a key when it was made is none of it: its maker knew.
///
/// # Errors
/// The database does not answer.
pub async fn untold(
    from: &mut impl Connected,
    now: Timestamp,
) -> Result<Vec<(OrganizationId, KeyId)>, StoreError> {
    let rows = all!(
        (Uuid, Uuid),
        from,
        "SELECT key.organization_id, key.id FROM key \
         LEFT JOIN expiry_mail ON expiry_mail.key_id = key.id AND expiry_mail.expires_at = key.expires_at \
         WHERE key.expires_at > $1 AND key.expires_at <= $5 AND key.revoked_at IS NULL \
         AND (expiry_mail.days IS NULL OR expiry_mail.days > CASE WHEN key.expires_at <= $2 THEN 1 \
           WHEN key.expires_at <= $3 THEN 7 WHEN key.expires_at <= $4 THEN 14 ELSE 30 END) \
         AND key.created_at <= key.expires_at - 86400000000 * CASE WHEN key.expires_at <= $2 THEN 1 \
           WHEN key.expires_at <= $3 THEN 7 WHEN key.expires_at <= $4 THEN 14 ELSE 30 END \
         ORDER BY key.expires_at, key.id LIMIT $6",
        now.as_micros(),
        now.plus_days(1).as_micros(),
        now.plus_days(7).as_micros(),
        now.plus_days(14).as_micros(),
        now.plus_days(30).as_micros(),
        MOST,
    )?;
    Ok(rows
        .into_iter()
        .map(|(organization, key)| (OrganizationId::from_uuid(organization), KeyId::from_uuid(key)))
        .collect())
}

/// The threshold, in days, that was told last of this end of a key.
///
/// # Errors
/// The database does not answer.
pub async fn told(
    from: &mut impl Connected,
    key: KeyId,
    expires_at: Timestamp,
) -> Result<Option<i64>, StoreError> {
    let row = one!(
        (i64,),
        from,
        "SELECT days FROM expiry_mail WHERE key_id = $1 AND expires_at = $2",
        key.as_uuid(),
        expires_at.as_micros(),
    )?;
    Ok(row.map(|(days,)| days))
}

/// Remembers that a threshold was told.
///
/// # Errors
/// The database does not answer.
pub async fn tell(write: &mut Write, key: KeyId, expires_at: Timestamp, days: u32) -> Result<(), StoreError> {
    run!(
        write,
        "INSERT INTO expiry_mail (key_id, expires_at, days) VALUES ($1, $2, $3) ON CONFLICT (key_id) \
         DO UPDATE SET expires_at = excluded.expires_at, days = excluded.days",
        key.as_uuid(),
        expires_at.as_micros(),
        i64::from(days),
    )?;
    Ok(())
}
