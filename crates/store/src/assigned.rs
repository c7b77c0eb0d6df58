//! Which members a key is assigned to (K4), and which keys a member sees by it (P12).

use std::collections::BTreeSet;

use domain::id::{KeyId, MemberId, OrganizationId};
use uuid::Uuid;

use crate::error::StoreError;
use crate::link::{Connected, all, one, run};
use crate::rotation;
use crate::write::Write;

/// Which keys of an organization a caller sees. A key that is not among them is, to them, not there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sees {
    /// All of them.
    All,
    /// Those that are assigned to this member, and perhaps their own tokens.
    Of {
        /// The member.
        member: MemberId,
        /// Whether their own personal tokens are among them.
        tokens: bool,
    },
    /// None.
    None,
}

impl Sees {
    /// What statements are given: whether all are seen, and else to whom they are assigned, and whose tokens they are.
    /// Nobody has the id of nothing.
    pub(crate) const fn parts(self) -> (bool, Uuid, Uuid) {
        match self {
            Self::All => (true, Uuid::nil(), Uuid::nil()),
            Self::Of { member, tokens: true } => (false, member.as_uuid(), member.as_uuid()),
            Self::Of {
                member,
                tokens: false,
            } => (false, member.as_uuid(), Uuid::nil()),
            Self::None => (false, Uuid::nil(), Uuid::nil()),
        }
    }
}

#[derive(sqlx::FromRow)]
pub(crate) struct PersonRow {
    pub(crate) key_id: Uuid,
    pub(crate) member_id: Uuid,
}

/// Assigns a key to members and takes it from others, whose own secrets of it end (K6). Who saw it only by that sees their keys anew.
///
/// # Errors
/// The database does not answer, or a member is not there.
pub async fn change(
    write: &mut Write,
    organization: OrganizationId,
    key: KeyId,
    assigned: &[MemberId],
    unassigned: &[MemberId],
) -> Result<(), StoreError> {
    for member in assigned {
        run!(
            write,
            "INSERT INTO key_person (key_id, organization_id, member_id) VALUES ($1, $2, $3)",
            key.as_uuid(),
            organization.as_uuid(),
            member.as_uuid(),
        )?;
    }
    for member in unassigned {
        rotation::end_own(write, key, *member).await?;
        run!(
            write,
            "DELETE FROM key_person WHERE key_id = $1 AND member_id = $2",
            key.as_uuid(),
            member.as_uuid(),
        )?;
        run!(
            write,
            "UPDATE member SET epoch = epoch + 1 WHERE id = $1",
            member.as_uuid(),
        )?;
    }
    Ok(())
}

/// The keys that are assigned to a member.
///
/// # Errors
/// The database does not answer.
pub async fn keys_of(from: &mut impl Connected, member: MemberId) -> Result<Vec<KeyId>, StoreError> {
    let rows = all!(
        (Uuid,),
        from,
        "SELECT key_id FROM key_person WHERE member_id = $1 ORDER BY key_id",
        member.as_uuid(),
    )?;
    Ok(rows.into_iter().map(|(id,)| KeyId::from_uuid(id)).collect())
}

/// Takes all keys from a member who goes, whose own secrets of them end; answers which.
///
/// # Errors
/// The database does not answer.
pub async fn take_all(write: &mut Write, member: MemberId) -> Result<Vec<KeyId>, StoreError> {
    let keys = keys_of(write, member).await?;
    for key in &keys {
        rotation::end_own(write, *key, member).await?;
        run!(
            write,
            "UPDATE key SET version = version + 1 WHERE id = $1",
            key.as_uuid(),
        )?;
    }
    run!(
        write,
        "DELETE FROM key_person WHERE member_id = $1",
        member.as_uuid(),
    )?;
    Ok(keys)
}

/// The members a key is assigned to.
pub(crate) async fn of_key(from: &mut impl Connected, key: KeyId) -> Result<Vec<PersonRow>, StoreError> {
    all!(
        PersonRow,
        from,
        "SELECT key_id, member_id FROM key_person WHERE key_id = $1",
        key.as_uuid(),
    )
}

/// The members the keys with ids behind `after` and up to `last` are assigned to.
pub(crate) async fn of_ids(
    from: &mut impl Connected,
    organization: OrganizationId,
    (after, last): (Uuid, Uuid),
) -> Result<Vec<PersonRow>, StoreError> {
    all!(
        PersonRow,
        from,
        "SELECT key_id, member_id FROM key_person WHERE organization_id = $1 AND key_id > $2 AND key_id <= $3",
        organization.as_uuid(),
        after,
        last,
    )
}

/// The members the keys that changed behind `since` and up to `last` are assigned to.
pub(crate) async fn of_changes(
    from: &mut impl Connected,
    organization: OrganizationId,
    (since, last): (i64, i64),
) -> Result<Vec<PersonRow>, StoreError> {
    all!(
        PersonRow,
        from,
        "SELECT key_person.key_id, key_person.member_id \
         FROM key_person JOIN change ON change.entity_id = key_person.key_id \
         WHERE key_person.organization_id = $1 AND change.scope_id = $1 AND change.entity_type = 'key' \
         AND change.sequence > $2 AND change.sequence <= $3",
        organization.as_uuid(),
        since,
        last,
    )
}

/// Those of `members` that belong to the organization.
///
/// # Errors
/// The database does not answer.
pub async fn known(
    from: &mut impl Connected,
    organization: OrganizationId,
    members: &BTreeSet<MemberId>,
) -> Result<BTreeSet<MemberId>, StoreError> {
    let mut known = BTreeSet::new();
    for member in members {
        let found = one!(
            (Uuid,),
            from,
            "SELECT id FROM member WHERE organization_id = $1 AND id = $2",
            organization.as_uuid(),
            member.as_uuid(),
        )?;
        known.extend(found.map(|(id,)| MemberId::from_uuid(id)));
    }
    Ok(known)
}
