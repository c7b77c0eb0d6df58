//! What a policy would do, were it set now (K11). The dry run and the change itself ask the same.

use domain::clock::Timestamp;
use domain::id::{GroupId, OrganizationId};
use domain::policy::{Holder, TokenPolicy, Turn, may_create, suspension, turn};
use domain::principal::Principal;
use domain::role::Role;
use protocol::key::KeyView;
use protocol::policy::{AffectedToken, TokenPolicyEffect};
use store::{Connected, group, member, organization, policy, service_account};

use crate::refusal::Refusal;

/// Somebody who may have tokens.
struct Somebody {
    owner: Principal,
    name: String,
    holder: Holder,
    groups: Vec<GroupId>,
}

impl Somebody {
    fn may_create(&self, policy: &TokenPolicy) -> bool {
        // For a service account an Owner asks, who always may ask.
        let actor = match self.holder {
            Holder::Member { role } => role,
            Holder::ServiceAccount { .. } => Role::Owner,
        };
        may_create(actor, policy, self.holder, &self.groups).is_ok()
    }
}

async fn everybody(
    from: &mut impl Connected,
    organization: OrganizationId,
) -> Result<Vec<Somebody>, Refusal> {
    let groups = group::list(from, organization).await?;
    let of = |owner: Principal| {
        groups
            .iter()
            .filter(|group| group.has(owner))
            .map(|group| group.id)
            .collect()
    };
    let mut all = Vec::new();
    for member in member::list(from, organization).await? {
        let owner = Principal::Member(member.id);
        all.push(Somebody {
            owner,
            name: member.display_name.to_string(),
            holder: Holder::Member { role: member.role },
            groups: of(owner),
        });
    }
    for account in service_account::list(from, organization).await? {
        let owner = Principal::ServiceAccount(account.id);
        all.push(Somebody {
            owner,
            name: account.name.to_string(),
            holder: Holder::ServiceAccount {
                enabled: account.disabled_at.is_none(),
            },
            groups: of(owner),
        });
    }
    Ok(all)
}

fn affected(token: &KeyView, owner: Principal, owner_name: &str) -> AffectedToken {
    let last = token.secrets.iter().max_by_key(|secret| secret.last_used_at);
    AffectedToken {
        key_id: token.id,
        name: token.name.to_string(),
        owner,
        owner_name: owner_name.to_owned(),
        last_used_at: token.last_used_at(),
        last_used_from: last.and_then(|secret| secret.last_used_from.clone()),
        use_count: token.secrets.iter().map(|secret| secret.use_count).sum(),
    }
}

/// What `after` would do to an organization at `now`.
pub(crate) async fn effect(
    from: &mut impl Connected,
    id: OrganizationId,
    after: TokenPolicy,
    now: Timestamp,
) -> Result<TokenPolicyEffect, Refusal> {
    let found = organization::find(from, id)
        .await?
        .ok_or_else(|| Refusal::not_found("organization"))?;
    let before = found.token_policy;
    let everybody = everybody(from, id).await?;
    let (mut stops, mut returns) = (Vec::new(), Vec::new());
    for token in policy::tokens(from, id).await? {
        let owner = token.owner;
        let Some(whose) = everybody.iter().find(|one| Some(one.owner) == owner) else {
            continue;
        };
        let suspended =
            |policy: &TokenPolicy| suspension(token.kind, policy.suspends(), Some(whose.holder)).is_some();
        let list = match turn(token.life(), suspended(&before), suspended(&after), now) {
            Turn::Stops => &mut stops,
            Turn::Returns => &mut returns,
            Turn::Stays => continue,
        };
        list.push(affected(&token, whose.owner, &whose.name));
    }
    for list in [&mut stops, &mut returns] {
        list.sort_by(|one, other| {
            (other.last_used_at, &one.name, one.key_id).cmp(&(one.last_used_at, &other.name, other.key_id))
        });
    }
    let may = |from: &TokenPolicy, to: &TokenPolicy| {
        everybody
            .iter()
            .filter(|one| one.may_create(from) && !one.may_create(to))
            .map(|one| one.owner)
            .collect()
    };
    Ok(TokenPolicyEffect {
        lose_creation: may(&before, &after),
        gain_creation: may(&after, &before),
        policy: after,
        version: found.version,
        stops,
        returns,
    })
}
