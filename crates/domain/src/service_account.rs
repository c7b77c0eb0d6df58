//! Service accounts (P11): members that are no person. They sign in nowhere; those who manage keys make tokens for them.

use crate::role::Role;

/// The roles a service account can have.
pub const ROLES: [Role; 2] = [Role::Editor, Role::Viewer];

/// Why a role is none for a service account.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a service account is Editor or Viewer; nobody but people manage keys, members and money")]
pub struct NoSuchRole;

/// Whether a service account may have a role.
///
/// # Errors
/// [`NoSuchRole`] names those it may.
pub fn check_role(role: Role) -> Result<(), NoSuchRole> {
    if ROLES.contains(&role) {
        Ok(())
    } else {
        Err(NoSuchRole)
    }
}

/// Why a service account can't be disabled or enabled.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AbleRefusal {
    /// Nothing left to do.
    #[error("this service account is disabled already")]
    Disabled,
    /// Nothing left to do.
    #[error("this service account is enabled already")]
    Enabled,
}

/// Whether a service account that is `enabled` may be made `to_be`.
///
/// # Errors
/// [`AbleRefusal`] where it is so already.
pub const fn may_able(enabled: bool, to_be: bool) -> Result<(), AbleRefusal> {
    match (enabled, to_be) {
        (true, true) => Err(AbleRefusal::Enabled),
        (false, false) => Err(AbleRefusal::Disabled),
        _ => Ok(()),
    }
}
