//! Members (P9, P10).

pub(crate) mod leave;
pub(crate) mod list;
pub(crate) mod remove;
pub(crate) mod role;

use domain::activity::{NamedMember, NamedOrganization};
use domain::id::{KeyId, MemberId, OrganizationId};
use protocol::change::EntityRef;
use protocol::organization::MemberView;
use store::{Changed, Write, organization};

use crate::refusal::Refusal;

/// A member, as the record names them.
pub(crate) fn named(member: &MemberView) -> NamedMember {
    NamedMember {
        member: member.id,
        account: member.account_id,
        name: member.display_name.to_string(),
    }
}

/// What changes when a member goes: the keys that were theirs are assigned to them no longer.
pub(crate) fn gone(member: MemberId, keys: Vec<KeyId>) -> Vec<Changed> {
    let keys = keys.into_iter().map(|key| Changed::Here(EntityRef::Key(key)));
    keys.chain([Changed::Gone(EntityRef::Member(member))]).collect()
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
