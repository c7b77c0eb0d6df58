//! Personal tokens: whose they are, and who may do what to one (K1, K11).
//!
//! A personal token is a key that belongs to a member or a service account. Its owner may do everything to it; those who
//! manage keys may stop anybody's, and do everything to those of service accounts, which can't do it themselves.

use crate::id::MemberId;
use crate::key::{KeyKind, Life};
use crate::principal::Principal;
use crate::role::{Action, NotAllowed, Role, grant, require};

impl Principal {
    /// Whose a token of this owner is, as `member` sees it.
    #[must_use]
    pub fn seen_by(self, member: MemberId) -> Whose {
        match self {
            Self::Member(owner) if owner == member => Whose::Own,
            Self::Member(_) => Whose::Anothers,
            Self::ServiceAccount(_) => Whose::ServiceAccounts,
        }
    }
}

/// Whose a token is, to somebody.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Whose {
    /// Their own.
    Own,
    /// Another member's.
    Anothers,
    /// A service account's.
    ServiceAccounts,
}

/// What is done to a token that exists.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Touch {
    /// Name, description and limit are edited.
    Edit,
    /// It is paused, resumed or revoked.
    Stop,
    /// It gets a new secret.
    Rotate,
}

impl Touch {
    /// What has to be granted for a key that is shared.
    #[must_use]
    pub const fn of_shared(self) -> Action {
        match self {
            Self::Edit | Self::Stop => Action::ManageKeys,
            Self::Rotate => Action::RotateKeys,
        }
    }
}

/// Why a token is not to be touched.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TouchRefusal {
    /// The role does not allow it.
    #[error(transparent)]
    Role(#[from] NotAllowed),
    /// It is somebody else's.
    #[error("only its owner may edit or rotate a personal token; you may pause or revoke it")]
    OwnersAlone,
}

/// Whether something may be done to a personal token.
///
/// # Errors
/// [`TouchRefusal`] says who may.
pub const fn may_touch(actor: Role, whose: Whose, touch: Touch) -> Result<(), TouchRefusal> {
    let (allowed, action) = match (whose, touch) {
        (Whose::Own, _) => (grant(actor, Action::OwnTokens).is_some(), Action::OwnTokens),
        (Whose::ServiceAccounts, _) | (Whose::Anothers, Touch::Stop) => {
            (grant(actor, Action::ManageKeys).is_full(), Action::ManageKeys)
        }
        (Whose::Anothers, Touch::Edit | Touch::Rotate) => {
            if let Err(refusal) = require(actor, Action::ManageKeys) {
                return Err(TouchRefusal::Role(refusal));
            }
            return Err(TouchRefusal::OwnersAlone);
        }
    };
    if allowed {
        Ok(())
    } else {
        Err(TouchRefusal::Role(NotAllowed { role: actor, action }))
    }
}

/// Why a member can't have a secret of their own of a key (K6).
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OwnSecretRefusal {
    /// It is of another kind.
    #[error("only service keys have personal tokens; what else you need, make as a token of your own")]
    Kind,
    /// It is not theirs to use.
    #[error("this key is not assigned to you; ask an Owner or Admin to assign it")]
    NotAssigned,
    /// It has ended.
    #[error("this key is revoked; it gives access to nothing any more")]
    Revoked,
    /// The role holds none.
    #[error(transparent)]
    Role(#[from] NotAllowed),
}

/// Whether a member may make a secret of their own of a key (K6).
///
/// # Errors
/// [`OwnSecretRefusal`] says what is missing.
pub fn may_have_own(
    role: Role,
    kind: KeyKind,
    is_assigned: bool,
    life: Life,
) -> Result<(), OwnSecretRefusal> {
    if kind != KeyKind::Service {
        return Err(OwnSecretRefusal::Kind);
    }
    if life.revoked_at.is_some() {
        return Err(OwnSecretRefusal::Revoked);
    }
    if !is_assigned {
        return Err(OwnSecretRefusal::NotAssigned);
    }
    if grant(role, Action::OwnTokens).is_some() {
        return Ok(());
    }
    Err(OwnSecretRefusal::Role(NotAllowed {
        role,
        action: Action::OwnTokens,
    }))
}

/// Whether somebody may end a member's own secret of a key: their own, and whoever manages keys anybody's.
///
/// # Errors
/// [`NotAllowed`].
pub const fn may_end_own(role: Role, is_theirs: bool) -> Result<(), NotAllowed> {
    if is_theirs {
        return Ok(());
    }
    require(role, Action::ManageKeys)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn k1_personal_who_may_do_what_to_a_token() {
        let mut table = String::new();
        for whose in [Whose::Own, Whose::Anothers, Whose::ServiceAccounts] {
            for touch in [Touch::Edit, Touch::Stop, Touch::Rotate] {
                table.push_str(&format!("{whose:?} {touch:?}:"));
                for role in Role::ALL {
                    let may = match may_touch(role, whose, touch) {
                        Ok(()) => "yes",
                        Err(TouchRefusal::Role(_)) => "no",
                        Err(TouchRefusal::OwnersAlone) => "owner's",
                    };
                    table.push_str(&format!(" {role:?}={may}"));
                }
                table.push('\n');
            }
        }
        insta::assert_snapshot!(table, @r"
        Own Edit: Owner=yes Admin=yes Billing=yes Editor=yes Viewer=no
        Own Stop: Owner=yes Admin=yes Billing=yes Editor=yes Viewer=no
        Own Rotate: Owner=yes Admin=yes Billing=yes Editor=yes Viewer=no
        Anothers Edit: Owner=owner's Admin=owner's Billing=no Editor=no Viewer=no
        Anothers Stop: Owner=yes Admin=yes Billing=no Editor=no Viewer=no
        Anothers Rotate: Owner=owner's Admin=owner's Billing=no Editor=no Viewer=no
        ServiceAccounts Edit: Owner=yes Admin=yes Billing=no Editor=no Viewer=no
        ServiceAccounts Stop: Owner=yes Admin=yes Billing=no Editor=no Viewer=no
        ServiceAccounts Rotate: Owner=yes Admin=yes Billing=no Editor=no Viewer=no
        ");
    }
}
