//! Who may bring in, change and remove whom (P9): Owner and Admins manage members; Admins are made and touched by the
//! Owner alone; an organization has exactly one Owner; nobody changes or removes themselves, but all others than the Owner
//! may leave.

use crate::role::{Action, NotAllowed, Role, require};

/// Why a member may not do something to another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum MemberRefusal {
    /// The role does not manage members.
    #[error(transparent)]
    Role(#[from] NotAllowed),
    /// Somebody else than the Owner makes an Admin.
    #[error("your role is Admin; only the Owner may make Admins")]
    MakesAdmin,
    /// Somebody else than the Owner changes or removes an Admin.
    #[error("your role is Admin; only the Owner may change or remove Admins")]
    TouchesAdmin,
    /// An organization has exactly one Owner.
    #[error("an organization has exactly one Owner; the ownership can be transferred, not given twice")]
    SecondOwner,
    /// The Owner is changed or removed.
    #[error("nobody may change or remove the Owner")]
    TouchesOwner,
    /// One's own role.
    #[error("nobody changes their own role; ask another Owner or Admin")]
    OwnRole,
    /// Oneself.
    #[error("nobody removes themselves; to go, leave the organization")]
    Oneself,
    /// The Owner leaves.
    #[error("the Owner can't leave; transfer the ownership first")]
    OwnerLeaves,
    /// Nothing would change.
    #[error("that is their role already")]
    Same,
}

/// Whether a role may be given, by an invitation or a change.
///
/// # Errors
/// [`MemberRefusal`] says who may.
pub fn may_invite(actor: Role, role: Role) -> Result<(), MemberRefusal> {
    require(actor, Action::ManageMembers)?;
    match role {
        Role::Owner => Err(MemberRefusal::SecondOwner),
        Role::Admin if actor != Role::Owner => Err(MemberRefusal::MakesAdmin),
        _ => Ok(()),
    }
}

/// Whether an invitation to a role may be sent again or taken back.
///
/// # Errors
/// [`MemberRefusal`] says who may.
pub fn may_touch_invitation(actor: Role, role: Role) -> Result<(), MemberRefusal> {
    require(actor, Action::ManageMembers)?;
    match role {
        Role::Admin if actor != Role::Owner => Err(MemberRefusal::TouchesAdmin),
        _ => Ok(()),
    }
}

/// Whether a member's role may be changed at all. `oneself` says that actor and member are the same.
///
/// # Errors
/// [`MemberRefusal`] says who may.
pub fn may_touch(actor: Role, member: Role, oneself: bool) -> Result<(), MemberRefusal> {
    require(actor, Action::ManageMembers)?;
    match member {
        _ if oneself => Err(MemberRefusal::OwnRole),
        Role::Owner => Err(MemberRefusal::TouchesOwner),
        Role::Admin if actor != Role::Owner => Err(MemberRefusal::TouchesAdmin),
        _ => Ok(()),
    }
}

/// Whether a member's role may be changed to another.
///
/// # Errors
/// [`MemberRefusal`] says who may.
pub fn may_change(actor: Role, member: Role, oneself: bool, to: Role) -> Result<(), MemberRefusal> {
    may_touch(actor, member, oneself)?;
    may_invite(actor, to)?;
    if member == to {
        return Err(MemberRefusal::Same);
    }
    Ok(())
}

/// Whether a member may be removed.
///
/// # Errors
/// [`MemberRefusal`] says who may.
pub fn may_remove(actor: Role, member: Role, oneself: bool) -> Result<(), MemberRefusal> {
    match may_touch(actor, member, oneself) {
        Err(MemberRefusal::OwnRole) => Err(MemberRefusal::Oneself),
        done => done,
    }
}

/// Whether a member may leave.
///
/// # Errors
/// [`MemberRefusal::OwnerLeaves`].
pub const fn may_leave(role: Role) -> Result<(), MemberRefusal> {
    match role {
        Role::Owner => Err(MemberRefusal::OwnerLeaves),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn short(done: Result<(), MemberRefusal>) -> String {
        match done {
            Ok(()) => "yes".to_owned(),
            Err(MemberRefusal::Role(_)) => "role".to_owned(),
            Err(refusal) => format!("{refusal:?}"),
        }
    }

    #[test]
    fn p9_who_may_bring_in_change_and_remove_whom() {
        let mut table = String::new();
        for actor in Role::ALL {
            table.push_str(&format!("{actor:?} leaves: {}\n", short(may_leave(actor))));
            for member in Role::ALL {
                table.push_str(&format!(
                    "  {member:?}: invite {}, resend or cancel {}, remove {}, themselves {}, change to",
                    short(may_invite(actor, member)),
                    short(may_touch_invitation(actor, member)),
                    short(may_remove(actor, member, false)),
                    short(may_remove(actor, member, true)),
                ));
                for to in Role::ALL {
                    table.push_str(&format!(
                        " {to:?}={}",
                        short(may_change(actor, member, false, to))
                    ));
                }
                table.push('\n');
            }
        }
        insta::assert_snapshot!(table);
    }

    #[test]
    fn p9_a_refusal_among_members_says_who_may() {
        let said = |done: Result<(), MemberRefusal>| done.unwrap_err().to_string();
        assert_eq!(
            said(may_invite(Role::Editor, Role::Viewer)),
            "your role is Editor; Owner and Admin may invite people, change roles and remove members"
        );
        assert_eq!(
            said(may_change(Role::Admin, Role::Editor, false, Role::Admin)),
            "your role is Admin; only the Owner may make Admins"
        );
        assert_eq!(
            said(may_remove(Role::Admin, Role::Admin, true)),
            "nobody removes themselves; to go, leave the organization"
        );
    }
}
