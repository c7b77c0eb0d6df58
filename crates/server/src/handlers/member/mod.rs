//! Members (P9, P10).

pub(crate) mod leave;
pub(crate) mod list;
pub(crate) mod remove;
pub(crate) mod role;

use domain::activity::{NamedMember, NamedOrganization};
use domain::id::OrganizationId;
use protocol::organization::MemberView;
use store::{Write, organization};

use crate::refusal::Refusal;

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
