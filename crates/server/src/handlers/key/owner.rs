//! Whose a new personal token is, and whether it may be made (K1, K11).

use domain::policy::{Holder, may_create};
use domain::principal::Principal;
use store::{group, policy};

use crate::refusal::Refusal;
use crate::work::Work;

/// The owner of a token that is to be made; the caller's own if none is named.
pub(crate) async fn owner(work: &mut Work, asked: Option<Principal>) -> Result<Principal, Refusal> {
    let owner = asked.unwrap_or(Principal::Member(work.standing));
    let holder = match owner {
        Principal::Member(member) if member == work.standing => Holder::Member { role: work.role },
        Principal::Member(_) => {
            return Err(Refusal::field(
                "owner",
                "members make their own personal tokens; leave the owner out, or name a service account",
            ));
        }
        Principal::ServiceAccount(id) => Holder::ServiceAccount {
            enabled: work.service_account(id).await?.disabled_at.is_none(),
        },
    };
    let policy = policy::find(&mut work.write, work.organization)
        .await?
        .ok_or_else(Refusal::internal)?;
    let groups = group::of(&mut work.write, owner).await?;
    may_create(work.role, &policy, holder, &groups)?;
    Ok(owner)
}
