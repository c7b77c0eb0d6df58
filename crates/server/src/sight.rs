//! What a caller sees of an organization (P12): from the one table to what the store is asked for.

use domain::id::MemberId;
use domain::principal::Principal;
use domain::role::{Action, Grant, Role, grant};
use protocol::key::KeyView;
use store::assigned::Sees;
use store::change::Sight;
use store::member::Standing;

/// Which keys somebody sees.
pub(crate) const fn keys(role: Role, member: MemberId) -> Sees {
    match grant(role, Action::ReadKeys) {
        Grant::Full => Sees::All,
        Grant::Assigned => Sees::Of { member, tokens: true },
        Grant::AssignedWithoutTokens => Sees::Of {
            member,
            tokens: false,
        },
        _ => Sees::None,
    }
}

/// Whether a key is among those that are seen.
pub(crate) fn has(sees: Sees, key: &KeyView) -> bool {
    match sees {
        Sees::All => true,
        Sees::Of { member, tokens } => {
            key.people.contains(&member) || tokens && key.owner == Some(Principal::Member(member))
        }
        Sees::None => false,
    }
}

/// What of the organization's feed somebody is told.
pub(crate) const fn of_feed(standing: Standing) -> Sight {
    Sight {
        keys: keys(standing.role, standing.id),
        invitations: grant(standing.role, Action::ManageMembers).is_full(),
        money: grant(standing.role, Action::ManageMoney).is_full(),
    }
}
