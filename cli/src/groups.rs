//! Groups, and how owners are named.

use std::process::ExitCode;
use std::sync::Arc;

use desk::view::{GroupDraft, GroupRow, GroupsView, ServiceAccountRow};
use desk::{Desk, DeskError};
use domain::id::{GroupId, MemberId, ServiceAccountId};
use domain::principal::Principal;

use crate::arguments::tokens::GroupsCommand;
use crate::look::Wanted;
use crate::output::{Output, table};

fn lines(groups: &[GroupRow]) -> String {
    if groups.is_empty() {
        return "There are no groups.".to_owned();
    }
    let rows: Vec<Vec<String>> = groups
        .iter()
        .map(|group| {
            let who: Vec<&str> = group.who.iter().map(|one| one.name.as_str()).collect();
            vec![
                group.name.clone(),
                who.join(", "),
                if group.in_policy {
                    "may have tokens".to_owned()
                } else {
                    String::new()
                },
                group.id.to_string(),
            ]
        })
        .collect();
    table(&["NAME", "WHO", "POLICY", "ID"], &rows)
}

fn find(view: &GroupsView, wanted: &str) -> Result<GroupRow, DeskError> {
    view.groups
        .iter()
        .find(|group| group.name == wanted || group.id.to_string() == wanted)
        .cloned()
        .ok_or_else(|| {
            DeskError::NotFound(format!(
                "no group is named {wanted}; `keystead groups list` shows all"
            ))
        })
}

/// The groups of these names or ids.
pub(crate) async fn find_groups(desk: &Arc<Desk>, wanted: &[String]) -> Result<Vec<GroupId>, DeskError> {
    let view = desk.groups().await?;
    wanted
        .iter()
        .map(|name| find(&view, name).map(|group| group.id))
        .collect()
}

pub(crate) async fn find_account(desk: &Arc<Desk>, wanted: &str) -> Result<ServiceAccountRow, DeskError> {
    desk.groups()
        .await?
        .service_accounts
        .into_iter()
        .find(|account| account.name == wanted || account.id.to_string() == wanted)
        .ok_or_else(|| {
            DeskError::NotFound(format!(
                "no service account is named {wanted}; `keystead service-accounts list` shows all"
            ))
        })
}

/// The service account of this name or id, as an owner of tokens.
pub(crate) async fn find_service_account(desk: &Arc<Desk>, wanted: &str) -> Result<Principal, DeskError> {
    Ok(Principal::ServiceAccount(find_account(desk, wanted).await?.id))
}

/// The member or service account of this name, address or id; `me` is whoever is signed in.
pub(crate) async fn find_owner(desk: &Arc<Desk>, wanted: &str) -> Result<Principal, DeskError> {
    let people = desk.people().await?;
    let lower = wanted.to_lowercase();
    let member = people.members.iter().find(|member| {
        (wanted == "me" && member.is_you)
            || member.email == lower
            || member.name == wanted
            || member.id.to_string() == wanted
    });
    match member {
        Some(member) => Ok(Principal::Member(member.id)),
        None => find_service_account(desk, wanted).await.map_err(|_| {
            DeskError::NotFound(format!(
                "nobody is named {wanted}; `keystead members list` and `keystead service-accounts list` show all"
            ))
        }),
    }
}

fn apart(owners: &[Principal]) -> (Vec<MemberId>, Vec<ServiceAccountId>) {
    let (mut members, mut accounts) = (Vec::new(), Vec::new());
    for owner in owners {
        match owner {
            Principal::Member(id) => members.push(*id),
            Principal::ServiceAccount(id) => accounts.push(*id),
        }
    }
    (members, accounts)
}

pub(crate) async fn run(
    desk: &Arc<Desk>,
    output: &Output,
    wanted: &Wanted,
    command: GroupsCommand,
) -> Result<ExitCode, DeskError> {
    wanted.open(desk, output).await?;
    let named = match command {
        GroupsCommand::List => {
            let view = desk.groups().await?;
            output.result(&view.groups, || lines(&view.groups))?;
            return Ok(ExitCode::SUCCESS);
        }
        GroupsCommand::Remove { group } => {
            let found = find(&desk.groups().await?, &group)?;
            desk.remove_group(found.id).await?;
            output.result(&found, || format!("{} was removed.", found.name))?;
            return Ok(ExitCode::SUCCESS);
        }
        GroupsCommand::Create {
            name,
            description,
            add,
        } => {
            let mut owners = Vec::new();
            for who in &add {
                owners.push(find_owner(desk, who).await?);
            }
            let (members, service_accounts) = apart(&owners);
            let named = name.trim().to_owned();
            desk.save_group(GroupDraft {
                id: None,
                version: 0,
                name,
                description,
                members,
                service_accounts,
            })
            .await?;
            named
        }
        GroupsCommand::Edit {
            group,
            name,
            description,
            add,
            remove,
        } => {
            let found = find(&desk.groups().await?, &group)?;
            let mut owners: Vec<Principal> = found.who.iter().map(|one| one.owner).collect();
            for who in &remove {
                let gone = find_owner(desk, who).await?;
                owners.retain(|owner| *owner != gone);
            }
            for who in &add {
                owners.push(find_owner(desk, who).await?);
            }
            let (members, service_accounts) = apart(&owners);
            let name = name.unwrap_or(found.name);
            let named = name.trim().to_owned();
            desk.save_group(GroupDraft {
                id: Some(found.id),
                version: found.version,
                name,
                description: description.unwrap_or(found.description),
                members,
                service_accounts,
            })
            .await?;
            named
        }
    };
    let found = find(&desk.groups().await?, &named)?;
    output.result(&found, || lines(std::slice::from_ref(&found)))?;
    Ok(ExitCode::SUCCESS)
}
