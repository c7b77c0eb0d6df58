//! Who belongs to which organization, and as what.

use domain::activity::Scope;
use domain::clock::Timestamp;
use domain::email::EmailAddress;
use domain::id::{AccountId, MemberId, OrganizationId};
use domain::name::{DisplayName, OrganizationName};
use domain::role::Role;
use protocol::account::MembershipView;
use protocol::organization::MemberView;
use uuid::Uuid;

use crate::error::StoreError;
use crate::link::{Connected, all, one, run};
use crate::write::Write;

/// A new membership.
#[derive(Debug, Clone, Copy)]
pub struct NewMember {
    /// Its id.
    pub id: MemberId,
    /// Where.
    pub organization: OrganizationId,
    /// Who.
    pub account: AccountId,
    /// As what.
    pub role: Role,
}

/// What decides what a caller may do in an organization.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Standing {
    /// The membership.
    pub id: MemberId,
    /// As what.
    pub role: Role,
    /// Moves when what the member may see changes.
    pub epoch: i64,
}

fn role(name: &str) -> Result<Role, StoreError> {
    Role::from_name(name).ok_or_else(|| StoreError::damaged("a role"))
}

/// Adds a member. Their visibility epoch begins at the organization's number, which no earlier membership of theirs had:
/// whoever comes back gets everything anew.
///
/// # Errors
/// [`StoreError::Taken`] when the account is a member, or there is an Owner and this is another.
pub async fn insert(write: &mut Write, new: NewMember) -> Result<(), StoreError> {
    let at = write.at().as_micros();
    run!(
        write,
        "INSERT INTO member (id, organization_id, account_id, role, version, epoch, created_at) \
         SELECT $1, $2, $3, $4, 1, scope.sequence, $5 FROM scope WHERE scope.id = $2",
        new.id.as_uuid(),
        new.organization.as_uuid(),
        new.account.as_uuid(),
        new.role.as_str(),
        at,
    )?;
    Ok(())
}

/// Gives a member another role, and another sight with it.
///
/// # Errors
/// The database does not answer.
pub async fn set_role(write: &mut Write, id: MemberId, role: Role) -> Result<(), StoreError> {
    run!(
        write,
        "UPDATE member SET role = $2, version = version + 1, epoch = epoch + 1 WHERE id = $1",
        id.as_uuid(),
        role.as_str(),
    )?;
    Ok(())
}

/// Removes a member.
///
/// # Errors
/// The database does not answer.
pub async fn remove(write: &mut Write, id: MemberId) -> Result<(), StoreError> {
    run!(write, "DELETE FROM member WHERE id = $1", id.as_uuid())?;
    Ok(())
}

/// All members of an organization, the oldest first.
///
/// # Errors
/// The database does not answer.
pub async fn list(
    from: &mut impl Connected,
    organization: OrganizationId,
) -> Result<Vec<MemberView>, StoreError> {
    let rows = all!(
        (Uuid,),
        from,
        "SELECT id FROM member WHERE organization_id = $1 ORDER BY created_at, id",
        organization.as_uuid(),
    )?;
    let mut members = Vec::with_capacity(rows.len());
    for (id,) in rows {
        members.extend(view(from, organization, MemberId::from_uuid(id)).await?);
    }
    Ok(members)
}

/// The caller's place in an organization; `None` for those outside, and for organizations that do not exist.
///
/// # Errors
/// The database does not answer.
pub async fn standing(
    from: &mut impl Connected,
    organization: OrganizationId,
    account: AccountId,
) -> Result<Option<Standing>, StoreError> {
    let row = one!(
        (Uuid, String, i64),
        from,
        "SELECT id, role, epoch FROM member WHERE organization_id = $1 AND account_id = $2",
        organization.as_uuid(),
        account.as_uuid(),
    )?;
    row.map(|(id, name, epoch)| {
        Ok(Standing {
            id: MemberId::from_uuid(id),
            role: role(&name)?,
            epoch,
        })
    })
    .transpose()
}

/// Where an account belongs, oldest first.
///
/// # Errors
/// The database does not answer.
pub async fn of_account(
    from: &mut impl Connected,
    account: AccountId,
) -> Result<Vec<MembershipView>, StoreError> {
    let rows = all!(
        MembershipRow,
        from,
        "SELECT member.id, organization.id AS organization_id, organization.name, member.role FROM member \
         JOIN organization ON organization.id = member.organization_id \
         WHERE member.account_id = $1 ORDER BY member.created_at, member.id",
        account.as_uuid(),
    )?;
    rows.into_iter().map(MembershipRow::view).collect()
}

/// One place of an account.
///
/// # Errors
/// The database does not answer.
pub(crate) async fn membership(
    from: &mut impl Connected,
    account: AccountId,
    id: MemberId,
) -> Result<Option<MembershipView>, StoreError> {
    let row = one!(
        MembershipRow,
        from,
        "SELECT member.id, organization.id AS organization_id, organization.name, member.role FROM member \
         JOIN organization ON organization.id = member.organization_id \
         WHERE member.account_id = $1 AND member.id = $2",
        account.as_uuid(),
        id.as_uuid(),
    )?;
    row.map(MembershipRow::view).transpose()
}

#[derive(sqlx::FromRow)]
struct MembershipRow {
    id: Uuid,
    organization_id: Uuid,
    name: String,
    role: String,
}

impl MembershipRow {
    fn view(self) -> Result<MembershipView, StoreError> {
        Ok(MembershipView {
            id: MemberId::from_uuid(self.id),
            organization_id: OrganizationId::from_uuid(self.organization_id),
            organization_name: OrganizationName::parse(&self.name)
                .map_err(|_| StoreError::damaged("an organization's name"))?,
            role: role(&self.role)?,
        })
    }
}

/// The scopes an account hears of, with their numbers now: its own, and the organizations it belongs to.
///
/// # Errors
/// The database does not answer.
pub async fn heads(from: &mut impl Connected, account: AccountId) -> Result<Vec<(Scope, i64)>, StoreError> {
    let rows = all!(
        (Uuid, i64),
        from,
        "SELECT id, sequence FROM scope WHERE id = $1 \
         OR id IN (SELECT organization_id FROM member WHERE account_id = $1) ORDER BY id",
        account.as_uuid(),
    )?;
    Ok(rows
        .into_iter()
        .map(|(id, head)| {
            let scope = if id == account.as_uuid() {
                Scope::Account(account)
            } else {
                Scope::Organization(OrganizationId::from_uuid(id))
            };
            (scope, head)
        })
        .collect())
}

#[derive(sqlx::FromRow)]
struct MemberRow {
    account_id: Uuid,
    display_name: String,
    email: String,
    role: String,
    version: i64,
    created_at: i64,
}

/// A member as others see them.
///
/// # Errors
/// The database does not answer.
pub async fn view(
    from: &mut impl Connected,
    organization: OrganizationId,
    id: MemberId,
) -> Result<Option<MemberView>, StoreError> {
    let row = one!(
        MemberRow,
        from,
        "SELECT member.account_id, account.display_name, account.email, member.role, member.version, \
         member.created_at FROM member JOIN account ON account.id = member.account_id \
         WHERE member.organization_id = $1 AND member.id = $2",
        organization.as_uuid(),
        id.as_uuid(),
    )?;
    let Some(row) = row else { return Ok(None) };
    Ok(Some(MemberView {
        id,
        account_id: AccountId::from_uuid(row.account_id),
        display_name: DisplayName::parse(&row.display_name)
            .map_err(|_| StoreError::damaged("a display name"))?,
        email: EmailAddress::parse(&row.email).map_err(|_| StoreError::damaged("an email address"))?,
        role: role(&row.role)?,
        version: row.version,
        created_at: Timestamp::from_micros(row.created_at),
    }))
}
