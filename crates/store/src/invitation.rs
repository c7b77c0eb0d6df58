//! Invitations (P7): the server keeps the hash of their code.

use crypto::token::SecretHash;
use domain::clock::Timestamp;
use domain::email::EmailAddress;
use domain::id::{AccountId, GroupId, InvitationId, MemberId, OrganizationId};
use domain::invitation::LASTS_DAYS;
use domain::role::Role;
use protocol::invitation::InvitationView;
use uuid::Uuid;

use crate::account::moment;
use crate::error::StoreError;
use crate::group;
use crate::link::{Connected, all, one, run};
use crate::write::Write;

/// A new invitation.
#[derive(Debug)]
pub struct NewInvitation<'a> {
    /// Its id.
    pub id: InvitationId,
    /// Where.
    pub organization: OrganizationId,
    /// For whom.
    pub email: &'a EmailAddress,
    /// As what.
    pub role: Role,
    /// The SHA-256 of its code.
    pub hash: SecretHash,
    /// Who invites.
    pub by: AccountId,
}

/// Adds an invitation that lasts from now on.
///
/// # Errors
/// [`StoreError::Taken`] when the address has one that is open.
pub async fn insert(write: &mut Write, new: &NewInvitation<'_>) -> Result<(), StoreError> {
    let at = write.at();
    run!(
        write,
        "INSERT INTO invitation (id, organization_id, email, role, hash, version, created_at, created_by, sent_at, \
         expires_at) VALUES ($1, $2, $3, $4, $5, 1, $6, $7, $6, $8)",
        new.id.as_uuid(),
        new.organization.as_uuid(),
        new.email.as_str(),
        new.role.as_str(),
        new.hash.as_bytes().as_slice(),
        at.as_micros(),
        new.by.as_uuid(),
        at.plus_days(LASTS_DAYS).as_micros(),
    )?;
    Ok(())
}

/// Gives an invitation another code and another end: the code before opens nothing any more.
///
/// # Errors
/// The database does not answer.
pub async fn renew(write: &mut Write, id: InvitationId, hash: SecretHash) -> Result<(), StoreError> {
    let at = write.at();
    run!(
        write,
        "UPDATE invitation SET hash = $2, sent_at = $3, expires_at = $4, version = version + 1 WHERE id = $1",
        id.as_uuid(),
        hash.as_bytes().as_slice(),
        at.as_micros(),
        at.plus_days(LASTS_DAYS).as_micros(),
    )?;
    Ok(())
}

/// Takes an invitation back.
///
/// # Errors
/// The database does not answer.
pub async fn cancel(write: &mut Write, id: InvitationId) -> Result<(), StoreError> {
    let at = write.at().as_micros();
    run!(
        write,
        "UPDATE invitation SET cancelled_at = $2, version = version + 1 WHERE id = $1 AND accepted_at IS NULL",
        id.as_uuid(),
        at,
    )?;
    Ok(())
}

/// Notes that somebody came in by an invitation.
///
/// # Errors
/// The database does not answer.
pub async fn accept(write: &mut Write, id: InvitationId, by: AccountId) -> Result<(), StoreError> {
    let at = write.at().as_micros();
    run!(
        write,
        "UPDATE invitation SET accepted_at = $2, accepted_by = $3, version = version + 1 \
         WHERE id = $1 AND cancelled_at IS NULL",
        id.as_uuid(),
        at,
        by.as_uuid(),
    )?;
    Ok(())
}

#[derive(sqlx::FromRow)]
struct InvitationRow {
    id: Uuid,
    organization_id: Uuid,
    email: String,
    role: String,
    version: i64,
    created_at: i64,
    created_by: Uuid,
    sent_at: i64,
    expires_at: i64,
    accepted_at: Option<i64>,
    cancelled_at: Option<i64>,
}

impl InvitationRow {
    fn view(self) -> Result<InvitationView, StoreError> {
        Ok(InvitationView {
            id: InvitationId::from_uuid(self.id),
            email: EmailAddress::parse(&self.email).map_err(|_| StoreError::damaged("an email address"))?,
            role: Role::from_name(&self.role).ok_or_else(|| StoreError::damaged("a role"))?,
            version: self.version,
            created_at: Timestamp::from_micros(self.created_at),
            created_by: AccountId::from_uuid(self.created_by),
            sent_at: Timestamp::from_micros(self.sent_at),
            expires_at: Timestamp::from_micros(self.expires_at),
            accepted_at: moment(self.accepted_at),
            cancelled_at: moment(self.cancelled_at),
            groups: Vec::new(),
        })
    }
}

/// One invitation of an organization.
///
/// # Errors
/// The database does not answer.
pub async fn find(
    from: &mut impl Connected,
    organization: OrganizationId,
    id: InvitationId,
) -> Result<Option<InvitationView>, StoreError> {
    let row = one!(
        InvitationRow,
        from,
        "SELECT id, organization_id, email, role, version, created_at, created_by, sent_at, expires_at, accepted_at, \
         cancelled_at FROM invitation WHERE organization_id = $1 AND id = $2",
        organization.as_uuid(),
        id.as_uuid(),
    )?;
    let Some(row) = row else { return Ok(None) };
    let mut view = row.view()?;
    view.groups = group::of_invitation(from, id).await?;
    Ok(Some(view))
}

/// The invitation with this code, and where it leads.
///
/// # Errors
/// The database does not answer.
pub async fn find_by_code(
    from: &mut impl Connected,
    hash: &SecretHash,
) -> Result<Option<(OrganizationId, InvitationView)>, StoreError> {
    let row = one!(
        InvitationRow,
        from,
        "SELECT id, organization_id, email, role, version, created_at, created_by, sent_at, expires_at, accepted_at, \
         cancelled_at FROM invitation WHERE hash = $1",
        hash.as_bytes().as_slice(),
    )?;
    row.map(|row| {
        let organization = OrganizationId::from_uuid(row.organization_id);
        Ok((organization, row.view()?))
    })
    .transpose()
}

/// The invitation of an address that was neither accepted nor cancelled, if there is one; it may have expired.
///
/// # Errors
/// The database does not answer.
pub async fn open_to(
    from: &mut impl Connected,
    organization: OrganizationId,
    email: &EmailAddress,
) -> Result<Option<InvitationView>, StoreError> {
    let row = one!(
        InvitationRow,
        from,
        "SELECT id, organization_id, email, role, version, created_at, created_by, sent_at, expires_at, accepted_at, \
         cancelled_at FROM invitation \
         WHERE organization_id = $1 AND email = $2 AND accepted_at IS NULL AND cancelled_at IS NULL",
        organization.as_uuid(),
        email.as_str(),
    )?;
    row.map(InvitationRow::view).transpose()
}

/// All invitations of an organization, the newest first.
///
/// # Errors
/// The database does not answer.
pub async fn list(
    from: &mut impl Connected,
    organization: OrganizationId,
) -> Result<Vec<InvitationView>, StoreError> {
    let rows = all!(
        InvitationRow,
        from,
        "SELECT id, organization_id, email, role, version, created_at, created_by, sent_at, expires_at, accepted_at, \
         cancelled_at FROM invitation WHERE organization_id = $1 ORDER BY created_at DESC, id DESC",
        organization.as_uuid(),
    )?;
    let mut views = rows
        .into_iter()
        .map(InvitationRow::view)
        .collect::<Result<Vec<_>, _>>()?;
    let groups = all!(
        (Uuid, Uuid),
        from,
        "SELECT invitation_group.invitation_id, invitation_group.group_id FROM invitation_group \
         JOIN invitation ON invitation.id = invitation_group.invitation_id \
         WHERE invitation.organization_id = $1 ORDER BY invitation_group.group_id",
        organization.as_uuid(),
    )?;
    for (invitation, group) in groups {
        let id = InvitationId::from_uuid(invitation);
        if let Some(view) = views.iter_mut().find(|view| view.id == id) {
            view.groups.push(GroupId::from_uuid(group));
        }
    }
    Ok(views)
}

/// The member with this address, if the organization has one.
///
/// # Errors
/// The database does not answer.
pub async fn member_with(
    from: &mut impl Connected,
    organization: OrganizationId,
    email: &EmailAddress,
) -> Result<Option<MemberId>, StoreError> {
    let row = one!(
        (Uuid,),
        from,
        "SELECT member.id FROM member JOIN account ON account.id = member.account_id \
         WHERE member.organization_id = $1 AND account.email = $2",
        organization.as_uuid(),
        email.as_str(),
    )?;
    Ok(row.map(|(id,)| MemberId::from_uuid(id)))
}
