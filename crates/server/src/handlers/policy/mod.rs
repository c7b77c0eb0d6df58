//! The token creation policy (K11).

pub(crate) mod effect;
pub(crate) mod preview;
pub(crate) mod read;
pub(crate) mod set;

use domain::id::OrganizationId;
use domain::policy::TokenPolicy;
use store::{Connected, group};

use crate::refusal::Refusal;

/// A policy whose groups are there, each once.
async fn checked(
    from: &mut impl Connected,
    organization: OrganizationId,
    policy: TokenPolicy,
) -> Result<TokenPolicy, Refusal> {
    let TokenPolicy::Groups { mut groups } = policy else {
        return Ok(policy);
    };
    groups.sort_unstable();
    groups.dedup();
    if groups.is_empty() {
        return Err(Refusal::field(
            "policy",
            "choose one group at least; to let nobody have personal tokens, say nobody",
        ));
    }
    let known = group::list(from, organization).await?;
    for id in &groups {
        if !known.iter().any(|group| group.id == *id) {
            return Err(Refusal::field("policy", format!("there is no group {id} here")));
        }
    }
    Ok(TokenPolicy::Groups { groups })
}
