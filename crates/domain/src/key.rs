//! Keys: their kinds, their computed state, and what may be done to them.

use serde::{Deserialize, Serialize};

use crate::clock::Timestamp;

/// What a key is for (K1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[serde(rename_all = "snake_case")]
pub enum KeyKind {
    /// Manages projects: creates and changes them.
    Team,
    /// The resources of one project.
    Project,
    /// Calls services; free or paid.
    Service,
    /// The API token of one account or service account.
    Personal,
}

impl KeyKind {
    /// Every kind, in the order they are shown.
    pub const ALL: [Self; 4] = [Self::Team, Self::Project, Self::Service, Self::Personal];

    /// The part of a secret's prefix that tells its kind.
    #[must_use]
    pub const fn tag(self) -> &'static str {
        match self {
            Self::Team => "team",
            Self::Project => "proj",
            Self::Service => "svc",
            Self::Personal => "pat",
        }
    }

    /// The kind whose secrets carry `tag`.
    #[must_use]
    pub fn from_tag(tag: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.tag() == tag)
    }

    /// The name used in the database, on the wire and on the command line.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Team => "team",
            Self::Project => "project",
            Self::Service => "service",
            Self::Personal => "personal",
        }
    }

    /// The kind with this name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == name)
    }
}

/// The state of a key, computed from what is stored and the time (K10).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[serde(rename_all = "snake_case")]
pub enum KeyState {
    /// Verifies.
    Active,
    /// Verifies with either of two secrets, until the old one ends (K7).
    Rotating,
    /// Stopped, and can be resumed (K8).
    Paused,
    /// Would verify, but for the token policy or its owner (K11). Computed, never stored.
    Suspended,
    /// Its time is over.
    Expired,
    /// Ended for good.
    Revoked,
}

impl KeyState {
    /// Every state, from the most alive to the least.
    pub const ALL: [Self; 6] = [
        Self::Active,
        Self::Rotating,
        Self::Paused,
        Self::Suspended,
        Self::Expired,
        Self::Revoked,
    ];

    /// Whether requests with a live secret of such a key are let through.
    #[must_use]
    pub const fn lets_in(self) -> bool {
        matches!(self, Self::Active | Self::Rotating)
    }

    /// The name used on the wire and on the command line.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Rotating => "rotating",
            Self::Paused => "paused",
            Self::Suspended => "suspended",
            Self::Expired => "expired",
            Self::Revoked => "revoked",
        }
    }
}

/// The stored facts a state is computed from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Life {
    /// When it was revoked.
    pub revoked_at: Option<Timestamp>,
    /// When it ends by itself.
    pub expires_at: Option<Timestamp>,
    /// Since when it is paused.
    pub paused_at: Option<Timestamp>,
    /// Until when two of its secrets work.
    pub rotates_until: Option<Timestamp>,
}

impl Life {
    /// The key's own state at `now`, which knows of no suspension. A revoked key stays revoked after it would have expired; a key expires at the very
    /// microsecond of its expiry, paused or not; a rotation goes on while its key is paused, and is not seen.
    #[must_use]
    pub fn state(self, now: Timestamp) -> KeyState {
        if self.revoked_at.is_some() {
            KeyState::Revoked
        } else if self.expires_at.is_some_and(|end| end <= now) {
            KeyState::Expired
        } else if self.paused_at.is_some() {
            KeyState::Paused
        } else if self.rotates_until.is_some_and(|end| end > now) {
            KeyState::Rotating
        } else {
            KeyState::Active
        }
    }

    /// The state at `now` of a key that is suspended, or not. What has ended or is paused says so; what would let in
    /// does not.
    #[must_use]
    pub fn state_under(self, suspended: bool, now: Timestamp) -> KeyState {
        let own = self.state(now);
        if suspended && own.lets_in() {
            KeyState::Suspended
        } else {
            own
        }
    }
}

/// Why a key can't be revoked, apart from permission.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RevokeRefusal {
    /// K2: the free service key of a sign-up.
    #[error("the free service key can't be revoked; every organization keeps exactly one")]
    FreeKey,
    /// Nothing left to do.
    #[error("this key is already revoked")]
    AlreadyRevoked,
}

/// Whether a key may be revoked at all (K2, K9).
///
/// # Errors
/// [`RevokeRefusal`] says why not.
pub const fn may_revoke(free: bool, life: Life) -> Result<(), RevokeRefusal> {
    if free {
        return Err(RevokeRefusal::FreeKey);
    }
    if life.revoked_at.is_some() {
        return Err(RevokeRefusal::AlreadyRevoked);
    }
    Ok(())
}

/// Why a key can't be paused or resumed, apart from permission.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PauseRefusal {
    /// Nothing of it works any more.
    #[error("this key is revoked; there is nothing left to pause or to resume")]
    Revoked,
    /// Nothing of it works any more.
    #[error("this key has expired; there is nothing left to pause or to resume")]
    Expired,
    /// Nothing left to do.
    #[error("this key is paused already")]
    Paused,
    /// Nothing left to do.
    #[error("this key is not paused")]
    NotPaused,
}

/// Whether a key may be paused (K8): a stop that can be taken back.
///
/// # Errors
/// [`PauseRefusal`] says why not.
pub fn may_pause(life: Life, now: Timestamp) -> Result<(), PauseRefusal> {
    match life.state(now) {
        KeyState::Revoked => Err(PauseRefusal::Revoked),
        KeyState::Expired => Err(PauseRefusal::Expired),
        KeyState::Paused => Err(PauseRefusal::Paused),
        KeyState::Active | KeyState::Rotating | KeyState::Suspended => Ok(()),
    }
}

/// Whether a key may be resumed (K8).
///
/// # Errors
/// [`PauseRefusal`] says why not.
pub fn may_resume(life: Life, now: Timestamp) -> Result<(), PauseRefusal> {
    match life.state(now) {
        KeyState::Revoked => Err(PauseRefusal::Revoked),
        KeyState::Expired => Err(PauseRefusal::Expired),
        KeyState::Paused => Ok(()),
        KeyState::Active | KeyState::Rotating | KeyState::Suspended => Err(PauseRefusal::NotPaused),
    }
}

/// Why a key can't be edited, apart from permission.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EditRefusal {
    /// It stays as it was when it ended.
    #[error("this key is revoked; it stays as it was")]
    Revoked,
}

/// Whether a key's name and description may be edited at all (K4).
///
/// # Errors
/// [`EditRefusal`] says why not.
pub const fn may_edit(life: Life) -> Result<(), EditRefusal> {
    if life.revoked_at.is_some() {
        return Err(EditRefusal::Revoked);
    }
    Ok(())
}

/// The most members a key is assigned to.
pub const MOST_PEOPLE: usize = 200;

/// A key used more recently than this many days asks for its name before it is revoked (K9).
pub const RECENT_USE_DAYS: i64 = 7;

/// Whether revoking a key last used at `last_used` asks for its name first (K9).
#[must_use]
pub fn revoke_asks_for_name(last_used: Option<Timestamp>, now: Timestamp) -> bool {
    last_used.is_some_and(|used| used.plus_days(RECENT_USE_DAYS) > now)
}

/// Why an expiry was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ExpiryProblem {
    /// Not in the future.
    #[error("the expiry lies in the past; choose a later time, or none")]
    Past,
    /// Further away than [`MOST_EXPIRY_DAYS`].
    #[error("the expiry is more than ten years away; choose an earlier time, or none")]
    TooFar,
}

/// The furthest an expiry may lie ahead: ten years, in days.
pub const MOST_EXPIRY_DAYS: i64 = 3_653;

/// Checks an expiry given at creation.
///
/// # Errors
/// [`ExpiryProblem`] when it is past or too far ahead.
pub fn check_expiry(expires_at: Option<Timestamp>, now: Timestamp) -> Result<(), ExpiryProblem> {
    match expires_at {
        Some(end) if end <= now => Err(ExpiryProblem::Past),
        Some(end) if end > now.plus_days(MOST_EXPIRY_DAYS) => Err(ExpiryProblem::TooFar),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::from_micros(1_000_000_000_000);
    const ACTIVE: Life = Life {
        revoked_at: None,
        expires_at: None,
        paused_at: None,
        rotates_until: None,
    };

    #[test]
    fn k10_the_state_is_computed() {
        let (past, later) = (Some(NOW), Some(NOW.plus_seconds(1)));
        let state = |revoked_at, expires_at, paused_at, rotates_until| {
            Life {
                revoked_at,
                expires_at,
                paused_at,
                rotates_until,
            }
            .state(NOW)
        };
        assert_eq!(state(None, None, None, None), KeyState::Active);
        assert_eq!(state(None, later, None, None), KeyState::Active);
        assert_eq!(state(None, None, None, past), KeyState::Active, "rotated");
        assert_eq!(state(None, None, None, later), KeyState::Rotating);
        assert_eq!(state(None, None, past, later), KeyState::Paused);
        assert_eq!(state(None, past, past, later), KeyState::Expired);
        assert_eq!(state(past, past, past, later), KeyState::Revoked);
        assert_eq!(state(past, None, None, None), KeyState::Revoked);
        let letting_in: Vec<KeyState> = KeyState::ALL
            .into_iter()
            .filter(|state| state.lets_in())
            .collect();
        assert_eq!(letting_in, [KeyState::Active, KeyState::Rotating]);
    }

    #[test]
    fn k8_what_works_is_paused_and_what_is_paused_resumed() {
        let paused = Life {
            paused_at: Some(NOW),
            ..ACTIVE
        };
        let expired = Life {
            expires_at: Some(NOW),
            ..paused
        };
        let revoked = Life {
            revoked_at: Some(NOW),
            ..paused
        };
        assert_eq!(may_pause(ACTIVE, NOW), Ok(()));
        assert_eq!(may_resume(ACTIVE, NOW), Err(PauseRefusal::NotPaused));
        assert_eq!(may_pause(paused, NOW), Err(PauseRefusal::Paused));
        assert_eq!(may_resume(paused, NOW), Ok(()));
        assert_eq!(may_resume(expired, NOW), Err(PauseRefusal::Expired));
        assert_eq!(may_pause(revoked, NOW), Err(PauseRefusal::Revoked));
    }

    #[test]
    fn k2_the_free_key_is_never_revoked() {
        assert_eq!(may_revoke(true, ACTIVE), Err(RevokeRefusal::FreeKey));
        assert_eq!(may_revoke(false, ACTIVE), Ok(()));
        let revoked = Life {
            revoked_at: Some(NOW),
            ..ACTIVE
        };
        assert_eq!(may_revoke(false, revoked), Err(RevokeRefusal::AlreadyRevoked));
    }

    #[test]
    fn k4_a_revoked_key_stays_as_it_was() {
        let life = |revoked_at| Life {
            revoked_at,
            expires_at: Some(NOW),
            ..ACTIVE
        };
        assert_eq!(may_edit(life(None)), Ok(()));
        assert_eq!(may_edit(life(Some(NOW))), Err(EditRefusal::Revoked));
    }

    #[test]
    fn k9_a_key_in_use_asks_for_its_name() {
        assert!(!revoke_asks_for_name(None, NOW));
        assert!(revoke_asks_for_name(Some(NOW.plus_days(-6)), NOW));
        assert!(!revoke_asks_for_name(Some(NOW.plus_days(-7)), NOW));
    }

    #[test]
    fn an_expiry_lies_in_the_next_ten_years() {
        assert_eq!(check_expiry(None, NOW), Ok(()));
        assert_eq!(check_expiry(Some(NOW), NOW), Err(ExpiryProblem::Past));
        assert_eq!(
            check_expiry(Some(NOW.plus_days(4_000)), NOW),
            Err(ExpiryProblem::TooFar)
        );
    }

    #[test]
    fn names_and_tags_read_back() {
        for kind in KeyKind::ALL {
            assert_eq!(KeyKind::from_tag(kind.tag()), Some(kind));
            assert_eq!(KeyKind::from_name(kind.as_str()), Some(kind));
        }
    }
}
