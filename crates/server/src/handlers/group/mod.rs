//! Groups (P11).

pub(crate) mod create;
pub(crate) mod edit;
pub(crate) mod list;
pub(crate) mod remove;

use domain::activity::{InGroup, NamedGroup};
use domain::id::{GroupId, MemberId, ServiceAccountId};
use domain::name::GroupName;
use domain::principal::Principal;
use protocol::group::GroupView;
use store::{group, member, service_account};

use crate::refusal::Refusal;
use crate::work::Work;

/// The most members and service accounts in a group together.
const MOST_IN_GROUP: usize = 1_000;

/// A group, as the record names it.
pub(crate) fn named(group: &GroupView) -> NamedGroup {
    NamedGroup {
        group: group.id,
        name: group.name.to_string(),
    }
}

/// Refuses a name that another group has.
async fn check_name(work: &mut Work, name: &GroupName, but: Option<GroupId>) -> Result<(), Refusal> {
    if group::name_taken(&mut work.write, work.organization, name, but).await? {
        return Err(Refusal::field(
            "name",
            format!("there is a group named {name} already; choose another name"),
        ));
    }
    Ok(())
}

/// Those who are to be in a group, each once, as the record names them; whoever is not there is refused.
async fn look_up(
    work: &mut Work,
    members: &[MemberId],
    service_accounts: &[ServiceAccountId],
) -> Result<Vec<InGroup>, Refusal> {
    if members.len() + service_accounts.len() > MOST_IN_GROUP {
        return Err(Refusal::field(
            "members",
            format!("a group has {MOST_IN_GROUP} members and service accounts at the most"),
        ));
    }
    let mut found: Vec<InGroup> = Vec::new();
    for id in members {
        let who = Principal::Member(*id);
        if found.iter().any(|known| known.who == who) {
            continue;
        }
        let view = member::view(&mut work.write, work.organization, *id)
            .await?
            .ok_or_else(|| Refusal::field("members", format!("there is no member {id} here")))?;
        let name = view.display_name.to_string();
        found.push(InGroup { who, name });
    }
    for id in service_accounts {
        let who = Principal::ServiceAccount(*id);
        if found.iter().any(|known| known.who == who) {
            continue;
        }
        let view = service_account::find(&mut work.write, work.organization, *id)
            .await?
            .ok_or_else(|| {
                Refusal::field(
                    "service_accounts",
                    format!("there is no service account {id} here"),
                )
            })?;
        let name = view.name.to_string();
        found.push(InGroup { who, name });
    }
    Ok(found)
}
