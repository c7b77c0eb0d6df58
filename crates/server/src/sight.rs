//! Which keys somebody sees: decided here from the one table of roles, for lists, single keys and the feed.

use domain::id::MemberId;
use domain::role::{Action, Grant, Role, grant};
use store::key::KeySight;

/// What a role sees of an organization's keys. Personal tokens are seen by their owner, and by those who see all keys;
/// keys are assigned to nobody yet.
pub(crate) const fn sight_of_keys(role: Role, member: MemberId) -> KeySight {
    match grant(role, Action::ReadKeys) {
        Grant::Full => KeySight::All,
        Grant::Assigned => KeySight::OwnTokens(member),
        _ => KeySight::None,
    }
}
