//! Groups (P11): listed from the copy, changed at the server alone, as members are.

use std::sync::Arc;

use domain::id::GroupId;
use domain::name::{Description, GroupName};
use domain::principal::Principal;
use domain::role::{Action, require};
use protocol::group::{CreateGroupRequest, EditGroupRequest, GroupView};

use crate::error::{DeskError, named};
use crate::open::OpenConnection;
use crate::people::rule;
use crate::there::at_server;
use crate::tokens::{owner_shown, small};
use crate::view::{ActRule, GroupDraft, GroupRow, GroupsView, NamedOwner, sentence};
use crate::{Desk, blocking};

impl Desk {
    /// The groups and service accounts of the organization, from the copy.
    ///
    /// # Errors
    /// [`DeskError`].
    pub async fn groups(self: &Arc<Self>) -> Result<GroupsView, DeskError> {
        let open = self.current()?;
        blocking(move || {
            let policy = open.token_policy()?;
            let everybody = open.everybody()?;
            let groups = open.replica.groups()?;
            Ok(GroupsView {
                service_accounts: open.service_account_rows(&groups)?,
                groups: groups
                    .iter()
                    .map(|group| open.group_row(group, &everybody, policy.groups().contains(&group.id)))
                    .collect(),
                everybody,
                manage: rule(require(open.record().role, Action::ManageMembers)),
            })
        })
        .await
    }

    /// Makes a group, or changes one over the version its author saw.
    ///
    /// # Errors
    /// [`DeskError`]: at the field that is the reason, for a role that may not, or the server is away.
    pub async fn save_group(self: &Arc<Self>, draft: GroupDraft) -> Result<(), DeskError> {
        let there = self.there()?;
        require(there.open.record().role, Action::ManageMembers)?;
        let name = named("name", GroupName::parse(&draft.name))?;
        let description = named("description", Description::parse(&draft.description))?;
        let (members, service_accounts) = (draft.members, draft.service_accounts);
        match draft.id {
            None => {
                let request = CreateGroupRequest {
                    name,
                    description,
                    members,
                    service_accounts,
                };
                there
                    .session
                    .create_group(there.organization, there.operation, &request)
                    .await
            }
            Some(id) => {
                let request = EditGroupRequest {
                    name: Some(name),
                    description: Some(description),
                    members: Some(members),
                    service_accounts: Some(service_accounts),
                };
                let over = (id, i64::from(draft.version));
                there
                    .session
                    .edit_group(there.organization, there.operation, over, &request)
                    .await
            }
        }
        .map_err(at_server)?;
        self.sync_now().await?;
        Ok(())
    }

    /// Removes a group; who was in it stays.
    ///
    /// # Errors
    /// [`DeskError::Refused`] where the token policy names it, or the role may not.
    pub async fn remove_group(self: &Arc<Self>, id: GroupId) -> Result<(), DeskError> {
        let there = self.there()?;
        require(there.open.record().role, Action::ManageMembers)?;
        there
            .session
            .remove_group(there.organization, there.operation, id)
            .await
            .map_err(at_server)?;
        self.sync_now().await?;
        Ok(())
    }
}

impl OpenConnection {
    /// Who can be in a group: members first, then service accounts.
    pub(crate) fn everybody(&self) -> Result<Vec<NamedOwner>, DeskError> {
        let members = self.replica.members()?.into_iter().map(|member| NamedOwner {
            owner: Principal::Member(member.id),
            name: member.display_name.to_string(),
            detail: member.email.to_string(),
        });
        let accounts = self
            .replica
            .service_accounts()?
            .into_iter()
            .map(|account| NamedOwner {
                owner: Principal::ServiceAccount(account.id),
                name: account.name.to_string(),
                detail: "service account".to_owned(),
            });
        Ok(members.chain(accounts).collect())
    }

    fn group_row(&self, group: &GroupView, everybody: &[NamedOwner], in_policy: bool) -> GroupRow {
        let members = group.members.iter().copied().map(Principal::Member);
        let accounts = group
            .service_accounts
            .iter()
            .copied()
            .map(Principal::ServiceAccount);
        let who = members
            .chain(accounts)
            .map(|owner| {
                let known = everybody.iter().find(|known| known.owner == owner);
                known.cloned().unwrap_or_else(|| NamedOwner {
                    owner,
                    name: owner_shown(owner, None),
                    detail: String::new(),
                })
            })
            .collect();
        let remove = match require(self.record().role, Action::ManageMembers) {
            Ok(()) if in_policy => ActRule {
                allowed: false,
                reason: Some(sentence(
                    "the token policy names this group; take it out of the policy first",
                )),
            },
            may => rule(may),
        };
        GroupRow {
            id: group.id,
            name: group.name.to_string(),
            description: group.description.to_string(),
            who,
            in_policy,
            version: small(group.version),
            since: group.created_at,
            remove,
        }
    }
}
