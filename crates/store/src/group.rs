//! Groups (P11): named sets of members and service accounts.

use std::collections::HashMap;

use domain::clock::Timestamp;
use domain::id::{AccountId, GroupId, InvitationId, MemberId, OrganizationId, ServiceAccountId};
use domain::name::{Description, GroupName};
use domain::principal::Principal;
use protocol::group::GroupView;
use uuid::Uuid;

use crate::error::StoreError;
use crate::link::{Connected, all, one, run};
use crate::write::Write;

/// A new group, with nobody in it.
#[derive(Debug)]
pub struct NewGroup<'a> {
    /// Its id.
    pub id: GroupId,
    /// Where.
    pub organization: OrganizationId,
    /// Its name.
    pub name: &'a GroupName,
    /// What it is for.
    pub description: &'a Description,
    /// Who makes it.
    pub by: AccountId,
}

/// Adds a group.
///
/// # Errors
/// [`StoreError::Taken`] when the organization has one of this name.
pub async fn insert(write: &mut Write, new: &NewGroup<'_>) -> Result<(), StoreError> {
    let at = write.at().as_micros();
    run!(
        write,
        "INSERT INTO member_group (id, organization_id, name, description, version, created_at, created_by) \
         VALUES ($1, $2, $3, $4, 1, $5, $6)",
        new.id.as_uuid(),
        new.organization.as_uuid(),
        new.name.as_str(),
        new.description.as_str(),
        at,
        new.by.as_uuid(),
    )?;
    Ok(())
}

/// Gives a group what people wrote of it, and counts the edit.
///
/// # Errors
/// [`StoreError::Taken`] when the organization has another one of this name.
pub async fn edit(
    write: &mut Write,
    id: GroupId,
    name: &GroupName,
    description: &Description,
) -> Result<(), StoreError> {
    run!(
        write,
        "UPDATE member_group SET name = $2, description = $3, version = version + 1 WHERE id = $1",
        id.as_uuid(),
        name.as_str(),
        description.as_str(),
    )?;
    Ok(())
}

/// Puts somebody into a group.
///
/// # Errors
/// [`StoreError::Taken`] when they are in it.
pub async fn join(write: &mut Write, id: GroupId, who: Principal) -> Result<(), StoreError> {
    match who {
        Principal::Member(member) => run!(
            write,
            "INSERT INTO group_member (group_id, member_id) VALUES ($1, $2)",
            id.as_uuid(),
            member.as_uuid(),
        )?,
        Principal::ServiceAccount(account) => run!(
            write,
            "INSERT INTO group_service_account (group_id, service_account_id) VALUES ($1, $2)",
            id.as_uuid(),
            account.as_uuid(),
        )?,
    };
    Ok(())
}

/// Takes somebody out of a group.
///
/// # Errors
/// The database does not answer.
pub async fn leave(write: &mut Write, id: GroupId, who: Principal) -> Result<(), StoreError> {
    match who {
        Principal::Member(member) => run!(
            write,
            "DELETE FROM group_member WHERE group_id = $1 AND member_id = $2",
            id.as_uuid(),
            member.as_uuid(),
        )?,
        Principal::ServiceAccount(account) => run!(
            write,
            "DELETE FROM group_service_account WHERE group_id = $1 AND service_account_id = $2",
            id.as_uuid(),
            account.as_uuid(),
        )?,
    };
    Ok(())
}

/// Takes somebody who goes out of every group; answers which they were in.
///
/// # Errors
/// The database does not answer.
pub async fn leave_all(write: &mut Write, who: Principal) -> Result<Vec<GroupId>, StoreError> {
    let groups = of(write, who).await?;
    for group in &groups {
        leave(write, *group, who).await?;
        run!(
            write,
            "UPDATE member_group SET version = version + 1 WHERE id = $1",
            group.as_uuid(),
        )?;
    }
    Ok(groups)
}

/// The open invitations that lead into a group.
///
/// # Errors
/// The database does not answer.
pub async fn invitations(from: &mut impl Connected, id: GroupId) -> Result<Vec<InvitationId>, StoreError> {
    let rows = all!(
        (Uuid,),
        from,
        "SELECT invitation.id FROM invitation_group \
         JOIN invitation ON invitation.id = invitation_group.invitation_id \
         WHERE invitation_group.group_id = $1 AND invitation.accepted_at IS NULL \
         AND invitation.cancelled_at IS NULL ORDER BY invitation.id",
        id.as_uuid(),
    )?;
    Ok(rows
        .into_iter()
        .map(|(id,)| InvitationId::from_uuid(id))
        .collect())
}

/// Removes a group; who was in it stays.
///
/// # Errors
/// The database does not answer.
pub async fn remove(write: &mut Write, id: GroupId) -> Result<(), StoreError> {
    run!(
        write,
        "DELETE FROM invitation_group WHERE group_id = $1",
        id.as_uuid()
    )?;
    run!(
        write,
        "DELETE FROM group_member WHERE group_id = $1",
        id.as_uuid()
    )?;
    run!(
        write,
        "DELETE FROM group_service_account WHERE group_id = $1",
        id.as_uuid()
    )?;
    run!(write, "DELETE FROM member_group WHERE id = $1", id.as_uuid())?;
    Ok(())
}

/// The groups somebody is in.
///
/// # Errors
/// The database does not answer.
pub async fn of(from: &mut impl Connected, who: Principal) -> Result<Vec<GroupId>, StoreError> {
    let rows = match who {
        Principal::Member(member) => all!(
            (Uuid,),
            from,
            "SELECT group_id FROM group_member WHERE member_id = $1 ORDER BY group_id",
            member.as_uuid(),
        )?,
        Principal::ServiceAccount(account) => all!(
            (Uuid,),
            from,
            "SELECT group_id FROM group_service_account WHERE service_account_id = $1 ORDER BY group_id",
            account.as_uuid(),
        )?,
    };
    Ok(rows.into_iter().map(|(id,)| GroupId::from_uuid(id)).collect())
}

/// Lets an invitation lead into a group.
///
/// # Errors
/// The database does not answer.
pub async fn invite_into(
    write: &mut Write,
    invitation: InvitationId,
    group: GroupId,
) -> Result<(), StoreError> {
    run!(
        write,
        "INSERT INTO invitation_group (invitation_id, group_id) VALUES ($1, $2)",
        invitation.as_uuid(),
        group.as_uuid(),
    )?;
    Ok(())
}

/// The groups an invitation leads into.
///
/// # Errors
/// The database does not answer.
pub async fn of_invitation(
    from: &mut impl Connected,
    invitation: InvitationId,
) -> Result<Vec<GroupId>, StoreError> {
    let rows = all!(
        (Uuid,),
        from,
        "SELECT group_id FROM invitation_group WHERE invitation_id = $1 ORDER BY group_id",
        invitation.as_uuid(),
    )?;
    Ok(rows.into_iter().map(|(id,)| GroupId::from_uuid(id)).collect())
}

/// Puts a member who came by an invitation into its groups; answers which.
///
/// # Errors
/// The database does not answer.
pub async fn join_invited(
    write: &mut Write,
    invitation: InvitationId,
    member: MemberId,
) -> Result<Vec<GroupId>, StoreError> {
    let groups = of_invitation(write, invitation).await?;
    for group in &groups {
        join(write, *group, Principal::Member(member)).await?;
        run!(
            write,
            "UPDATE member_group SET version = version + 1 WHERE id = $1",
            group.as_uuid(),
        )?;
    }
    Ok(groups)
}

#[derive(sqlx::FromRow)]
struct GroupRow {
    id: Uuid,
    name: String,
    description: String,
    version: i64,
    created_at: i64,
    created_by: Uuid,
}

impl GroupRow {
    fn view(self) -> Result<GroupView, StoreError> {
        Ok(GroupView {
            id: GroupId::from_uuid(self.id),
            name: GroupName::parse(&self.name).map_err(|_| StoreError::damaged("a group's name"))?,
            description: Description::parse(&self.description)
                .map_err(|_| StoreError::damaged("a description"))?,
            members: Vec::new(),
            service_accounts: Vec::new(),
            version: self.version,
            created_at: Timestamp::from_micros(self.created_at),
            created_by: AccountId::from_uuid(self.created_by),
        })
    }
}

/// A group of an organization.
///
/// # Errors
/// The database does not answer.
pub async fn find(
    from: &mut impl Connected,
    organization: OrganizationId,
    id: GroupId,
) -> Result<Option<GroupView>, StoreError> {
    let row = one!(
        GroupRow,
        from,
        "SELECT id, name, description, version, created_at, created_by FROM member_group \
         WHERE organization_id = $1 AND id = $2",
        organization.as_uuid(),
        id.as_uuid(),
    )?;
    let Some(row) = row else { return Ok(None) };
    let mut view = row.view()?;
    let members = all!(
        (Uuid,),
        from,
        "SELECT member_id FROM group_member WHERE group_id = $1 ORDER BY member_id",
        id.as_uuid(),
    )?;
    view.members = members.into_iter().map(|(id,)| MemberId::from_uuid(id)).collect();
    let accounts = all!(
        (Uuid,),
        from,
        "SELECT service_account_id FROM group_service_account WHERE group_id = $1 ORDER BY service_account_id",
        id.as_uuid(),
    )?;
    view.service_accounts = accounts
        .into_iter()
        .map(|(id,)| ServiceAccountId::from_uuid(id))
        .collect();
    Ok(Some(view))
}

/// All groups of an organization, by their names.
///
/// # Errors
/// The database does not answer.
pub async fn list(
    from: &mut impl Connected,
    organization: OrganizationId,
) -> Result<Vec<GroupView>, StoreError> {
    let rows = all!(
        GroupRow,
        from,
        "SELECT id, name, description, version, created_at, created_by FROM member_group \
         WHERE organization_id = $1 ORDER BY name, id",
        organization.as_uuid(),
    )?;
    let mut views = rows
        .into_iter()
        .map(GroupRow::view)
        .collect::<Result<Vec<_>, _>>()?;
    let places: HashMap<GroupId, usize> = views.iter().enumerate().map(|(at, view)| (view.id, at)).collect();
    let members = all!(
        (Uuid, Uuid),
        from,
        "SELECT group_member.group_id, group_member.member_id FROM group_member \
         JOIN member_group ON member_group.id = group_member.group_id \
         WHERE member_group.organization_id = $1 ORDER BY group_member.member_id",
        organization.as_uuid(),
    )?;
    for (group, member) in members {
        if let Some(at) = places.get(&GroupId::from_uuid(group)) {
            views[*at].members.push(MemberId::from_uuid(member));
        }
    }
    let accounts = all!(
        (Uuid, Uuid),
        from,
        "SELECT group_service_account.group_id, group_service_account.service_account_id FROM group_service_account \
         JOIN member_group ON member_group.id = group_service_account.group_id \
         WHERE member_group.organization_id = $1 ORDER BY group_service_account.service_account_id",
        organization.as_uuid(),
    )?;
    for (group, account) in accounts {
        if let Some(at) = places.get(&GroupId::from_uuid(group)) {
            views[*at]
                .service_accounts
                .push(ServiceAccountId::from_uuid(account));
        }
    }
    Ok(views)
}

/// Whether another group of the organization has this name.
///
/// # Errors
/// The database does not answer.
pub async fn name_taken(
    from: &mut impl Connected,
    organization: OrganizationId,
    name: &GroupName,
    but: Option<GroupId>,
) -> Result<bool, StoreError> {
    let row = one!(
        (i64,),
        from,
        "SELECT COUNT(*) FROM member_group WHERE organization_id = $1 AND name = $2 AND id <> $3",
        organization.as_uuid(),
        name.as_str(),
        but.map_or(Uuid::nil(), GroupId::as_uuid),
    )?;
    Ok(row.is_some_and(|(count,)| count > 0))
}
