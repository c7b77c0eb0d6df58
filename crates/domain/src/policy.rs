//! The token creation policy of an organization (K11): who may have personal tokens made, and which of them are suspended.
//!
//! Suspended is computed each time it is asked for, and stored nowhere: a token that was suspended comes back when what
//! suspended it goes, unless it expired, was revoked or was paused meanwhile.

use serde::{Deserialize, Serialize};

use crate::clock::Timestamp;
use crate::id::GroupId;
use crate::key::{KeyKind, Life};
use crate::role::{Action, Grant, NotAllowed, Role, grant, require};

/// Who may have personal tokens made.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[serde(tag = "who", rename_all = "snake_case", deny_unknown_fields)]
pub enum TokenPolicy {
    /// All members and service accounts.
    #[default]
    All,
    /// Members of these groups.
    Groups {
        /// The groups, one at least.
        groups: Vec<GroupId>,
    },
    /// Nobody; personal tokens are suspended.
    Nobody,
}

impl TokenPolicy {
    /// The name used in the database and on the command line.
    #[must_use]
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::All => "all",
            Self::Groups { .. } => "groups",
            Self::Nobody => "nobody",
        }
    }

    /// Whether it suspends the tokens there are.
    #[must_use]
    pub const fn suspends(&self) -> bool {
        matches!(self, Self::Nobody)
    }

    /// Whether it lets those create who are in these groups and bound by it.
    #[must_use]
    pub fn lets(&self, groups: &[GroupId]) -> bool {
        match self {
            Self::All => true,
            Self::Groups { groups: chosen } => groups.iter().any(|group| chosen.contains(group)),
            Self::Nobody => false,
        }
    }

    /// The groups it names.
    #[must_use]
    pub fn groups(&self) -> &[GroupId] {
        match self {
            Self::Groups { groups } => groups,
            Self::All | Self::Nobody => &[],
        }
    }
}

/// What of the holder of a token decides.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Holder {
    /// A member.
    Member {
        /// As what.
        role: Role,
    },
    /// A service account.
    ServiceAccount {
        /// Whether it is enabled.
        enabled: bool,
    },
}

/// Why no token is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TokenRefusal {
    /// The role holds none, or makes none for others.
    #[error(transparent)]
    Role(#[from] NotAllowed),
    /// The policy.
    #[error(
        "the token policy of this organization lets nobody make personal tokens; ask an Owner or Admin to change it"
    )]
    Nobody,
    /// The policy, for a member.
    #[error(
        "the token policy lets only members of chosen groups make personal tokens, and you are in none of them; ask an \
         Owner or Admin"
    )]
    Outside,
    /// The policy, for a service account.
    #[error(
        "the token policy lets only members of chosen groups have personal tokens, and this service account is in none of \
         them; add it to one"
    )]
    ServiceAccountOutside,
    /// A stop.
    #[error("this service account is disabled; enable it first")]
    Disabled,
}

/// Whether a personal token may be made for a holder who is in `groups`. The table of roles grants them to Owner and
/// Admins, and to Billing and Editors by policy: a choice of groups binds the latter and service accounts; that nobody
/// may binds everybody.
///
/// # Errors
/// [`TokenRefusal`] says why not.
pub fn may_create(
    actor: Role,
    policy: &TokenPolicy,
    holder: Holder,
    groups: &[GroupId],
) -> Result<(), TokenRefusal> {
    let (bound, outside) = match holder {
        Holder::Member { role } => match grant(role, Action::OwnTokens) {
            Grant::Full => (false, TokenRefusal::Outside),
            some if some.is_some() => (true, TokenRefusal::Outside),
            _ => {
                let action = Action::OwnTokens;
                return Err(NotAllowed { role, action }.into());
            }
        },
        Holder::ServiceAccount { enabled } => {
            require(actor, Action::ManageKeys)?;
            if !enabled {
                return Err(TokenRefusal::Disabled);
            }
            (true, TokenRefusal::ServiceAccountOutside)
        }
    };
    match policy {
        TokenPolicy::Nobody => Err(TokenRefusal::Nobody),
        TokenPolicy::Groups { .. } if bound && !policy.lets(groups) => Err(outside),
        TokenPolicy::All | TokenPolicy::Groups { .. } => Ok(()),
    }
}

/// Why a token that would work does not now.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[serde(rename_all = "snake_case")]
pub enum Suspension {
    /// The policy lets nobody have personal tokens.
    Policy,
    /// Its service account is disabled.
    Disabled,
    /// Its owner's role holds no personal tokens.
    Role,
}

impl Suspension {
    /// What it means, for people.
    #[must_use]
    pub const fn sentence(self) -> &'static str {
        match self {
            Self::Policy => {
                "the token policy lets nobody use personal tokens; it works again when the policy is loosened"
            }
            Self::Disabled => "its service account is disabled; it works again when that is enabled",
            Self::Role => {
                "the role of its owner holds no personal tokens; it works again when they get another role"
            }
        }
    }
}

/// What suspends a key, apart from its own state. A choice of groups suspends nothing.
#[must_use]
pub const fn suspension(kind: KeyKind, policy_suspends: bool, holder: Option<Holder>) -> Option<Suspension> {
    if !matches!(kind, KeyKind::Personal) {
        return None;
    }
    if policy_suspends {
        return Some(Suspension::Policy);
    }
    match holder {
        Some(Holder::ServiceAccount { enabled: false }) => Some(Suspension::Disabled),
        Some(Holder::Member { role }) if !grant(role, Action::OwnTokens).is_some() => Some(Suspension::Role),
        _ => None,
    }
}

/// What becomes of a token when what suspends it changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Turn {
    /// It works, and would not any more.
    Stops,
    /// It does not work, and would again.
    Returns,
    /// Nothing.
    Stays,
}

/// What becomes of a token when it was suspended or not before, and is or not after.
#[must_use]
pub fn turn(life: Life, before: bool, after: bool, now: Timestamp) -> Turn {
    let works = |suspended| life.state_under(suspended, now).lets_in();
    match (works(before), works(after)) {
        (true, false) => Turn::Stops,
        (false, true) => Turn::Returns,
        _ => Turn::Stays,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::entropy::Entropy;
    use crate::key::KeyState;

    struct Fixed(u8);
    impl Entropy for Fixed {
        fn fill(&mut self, bytes: &mut [u8]) {
            bytes.fill(self.0);
        }
    }

    fn group(number: u8) -> GroupId {
        GroupId::make(Timestamp::from_micros(0), &mut Fixed(number))
    }

    fn at(micros: i64) -> Timestamp {
        Timestamp::from_micros(micros)
    }

    #[test]
    fn k11_who_may_have_tokens_made() {
        let policies = [
            TokenPolicy::All,
            TokenPolicy::Groups {
                groups: vec![group(1)],
            },
            TokenPolicy::Nobody,
        ];
        let mut table = String::new();
        for policy in &policies {
            for (place, groups) in [("inside", vec![group(1)]), ("outside", vec![group(2)])] {
                table.push_str(&format!("{} {place}:", policy.as_str()));
                for role in Role::ALL {
                    let may = may_create(role, policy, Holder::Member { role }, &groups).is_ok();
                    table.push_str(&format!(" {role:?}={}", if may { "yes" } else { "no" }));
                }
                let holder = Holder::ServiceAccount { enabled: true };
                for role in Role::ALL {
                    let may = may_create(role, policy, holder, &groups).is_ok();
                    table.push_str(&format!(
                        " for service by {role:?}={}",
                        if may { "yes" } else { "no" }
                    ));
                }
                table.push('\n');
            }
        }
        insta::assert_snapshot!(table);
        let disabled = Holder::ServiceAccount { enabled: false };
        assert_eq!(
            may_create(Role::Owner, &TokenPolicy::All, disabled, &[]),
            Err(TokenRefusal::Disabled)
        );
    }

    #[test]
    fn k11_a_policy_is_read_strictly() {
        let read = |text| serde_json::from_str::<TokenPolicy>(text);
        assert_eq!(read(r#"{"who":"all"}"#).unwrap(), TokenPolicy::All);
        assert_eq!(read(r#"{"who":"nobody"}"#).unwrap(), TokenPolicy::Nobody);
        assert!(read(r#"{"who":"groups"}"#).is_err());
        assert!(read(r#"{"who":"some"}"#).is_err());
    }

    fn moments() -> impl Strategy<Value = Option<Timestamp>> {
        prop::option::of((0i64..20).prop_map(at))
    }

    fn lives() -> impl Strategy<Value = Life> {
        (moments(), moments(), moments(), moments()).prop_map(
            |(revoked_at, expires_at, paused_at, rotates_until)| Life {
                revoked_at,
                expires_at,
                paused_at,
                rotates_until,
            },
        )
    }

    fn policies() -> impl Strategy<Value = TokenPolicy> {
        prop_oneof![
            Just(TokenPolicy::All),
            prop::collection::vec((0u8..4).prop_map(group), 1..3)
                .prop_map(|groups| TokenPolicy::Groups { groups }),
            Just(TokenPolicy::Nobody),
        ]
    }

    fn holders() -> impl Strategy<Value = Holder> {
        prop_oneof![
            prop::sample::select(Role::ALL.to_vec()).prop_map(|role| Holder::Member { role }),
            any::<bool>().prop_map(|enabled| Holder::ServiceAccount { enabled }),
        ]
    }

    proptest! {
        /// Trap 1: whatever policies a token lived through, its state depends on the last alone, and none of them revives
        /// what has ended, nor lets in what its own state does not.
        #[test]
        fn k11_loosening_revives_nothing(
            life in lives(),
            past in prop::collection::vec(policies(), 0..6),
            last in policies(),
            holder in holders(),
            kind in prop::sample::select(KeyKind::ALL.to_vec()),
            now in 0i64..20,
        ) {
            let now = at(now);
            let own = life.state(now);
            let state = |policy: &TokenPolicy| {
                life.state_under(suspension(kind, policy.suspends(), Some(holder)).is_some(), now)
            };
            for policy in past.iter().chain([&last]) {
                let seen = state(policy);
                prop_assert!(!seen.lets_in() || own.lets_in());
                if !own.lets_in() {
                    prop_assert_eq!(seen, own, "an ended or paused token says so");
                }
                if kind != KeyKind::Personal {
                    prop_assert_eq!(seen, own);
                }
                if seen == KeyState::Suspended {
                    prop_assert!(own.lets_in() && kind == KeyKind::Personal);
                }
            }
            // The whole history is in no other place: the life is what it was.
            prop_assert_eq!(state(&last), state(&last.clone()));
        }

        /// A choice of groups suspends nothing, whoever is in them.
        #[test]
        fn k11_a_choice_of_groups_suspends_nothing(life in lives(), policy in policies(), now in 0i64..20) {
            let holder = Holder::Member { role: Role::Editor };
            let suspended = suspension(KeyKind::Personal, policy.suspends(), Some(holder)).is_some();
            prop_assert_eq!(suspended, policy == TokenPolicy::Nobody);
            prop_assert!(policy == TokenPolicy::Nobody || life.state_under(suspended, at(now)) == life.state(at(now)));
        }

        /// What a dry run says is what happens.
        #[test]
        fn k11_the_dry_run_is_what_happens(
            tokens in prop::collection::vec((lives(), holders()), 0..8),
            before in policies(),
            after in policies(),
            now in 0i64..20,
        ) {
            let now = at(now);
            let works = |policy: &TokenPolicy, (life, holder): &(Life, Holder)| {
                let suspended = suspension(KeyKind::Personal, policy.suspends(), Some(*holder)).is_some();
                life.state_under(suspended, now).lets_in()
            };
            for token in &tokens {
                let is = |policy: &TokenPolicy| {
                    suspension(KeyKind::Personal, policy.suspends(), Some(token.1)).is_some()
                };
                let said = turn(token.0, is(&before), is(&after), now);
                let happens = match (works(&before, token), works(&after, token)) {
                    (true, false) => Turn::Stops,
                    (false, true) => Turn::Returns,
                    _ => Turn::Stays,
                };
                prop_assert_eq!(said, happens);
            }
        }
    }
}
