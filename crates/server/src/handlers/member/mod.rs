//! Members (P9, P10).

pub(crate) mod leave;
pub(crate) mod list;
pub(crate) mod remove;
pub(crate) mod role;

use domain::activity::{NamedKey, NamedMember, NamedOrganization};
use domain::id::OrganizationId;
use domain::principal::Principal;
use protocol::change::EntityRef;
use protocol::key::KeyView;
use protocol::organization::MemberView;
use store::{Changed, Write, assigned, group, issuer, member, organization, policy};

use crate::refusal::Refusal;
use crate::work::Work;

/// A member, as the record names them.
pub(crate) fn named(member: &MemberView) -> NamedMember {
    NamedMember {
        member: member.id,
        account: member.account_id,
        name: member.display_name.to_string(),
    }
}

/// An organization, as the record of an account names it.
pub(crate) async fn named_organization(
    write: &mut Write,
    id: OrganizationId,
) -> Result<NamedOrganization, Refusal> {
    let found = organization::find(write, id)
        .await?
        .ok_or_else(Refusal::internal)?;
    Ok(NamedOrganization {
        organization: id,
        name: found.name.to_string(),
    })
}

/// A key, as the record names it.
pub(crate) fn named_key(key: &KeyView) -> NamedKey {
    NamedKey {
        key: key.id,
        name: key.name.to_string(),
    }
}

/// Takes a member out of the organization, its groups and its issuers' mappings, takes the keys from them that are
/// assigned to them, and revokes their personal tokens; answers what changed, and the tokens.
pub(crate) async fn let_go(
    work: &mut Work,
    leaving: &MemberView,
) -> Result<(Vec<Changed>, Vec<NamedKey>), Refusal> {
    let owner = Principal::Member(leaving.id);
    let tokens = policy::revoke_all(&mut work.write, work.organization, owner, work.account).await?;
    let groups = group::leave_all(&mut work.write, owner).await?;
    let keys = assigned::take_all(&mut work.write, leaving.id).await?;
    let issuers = issuer::forget_principal(&mut work.write, Principal::Member(leaving.id)).await?;
    member::remove(&mut work.write, leaving.id).await?;
    let mut changed = vec![Changed::Gone(EntityRef::Member(leaving.id))];
    changed.extend(tokens.iter().map(|token| Changed::Here(EntityRef::Key(token.id))));
    changed.extend(
        groups
            .into_iter()
            .map(|group| Changed::Here(EntityRef::Group(group))),
    );
    changed.extend(keys.into_iter().map(|key| Changed::Here(EntityRef::Key(key))));
    changed.extend(issuers.into_iter().map(|id| Changed::Here(EntityRef::Issuer(id))));
    Ok((changed, tokens.iter().map(named_key).collect()))
}
