//! Rotation: a key's old secret gives way to a new one, with or without a time in which both work (K7).
//!
//! The safe order is: make the new secret, update what uses the key, see its traffic arrive, retire the old one. The
//! key's id, grants, limits and history stay.

use serde::{Deserialize, Serialize};

use crate::clock::Timestamp;
use crate::id::SecretId;
use crate::key::Life;

/// The longest time in which two secrets of a key work: 90 days, in seconds.
pub const LONGEST_OVERLAP_SECONDS: u32 = 90 * 86_400;

/// An old secret that was not used for so many seconds is drained: nobody seems to hold it any more. A day, so that
/// what runs nightly has had its turn.
pub const DRAINED_AFTER_SECONDS: i64 = 86_400;

/// The stored facts of one secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SecretLife {
    /// Which.
    pub id: SecretId,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it ends by itself, because another takes its place.
    pub retires_at: Option<Timestamp>,
    /// When it was ended.
    pub retired_at: Option<Timestamp>,
}

impl SecretLife {
    /// When it ceased to work, if it has. At the very microsecond of its end it does not work any more.
    #[must_use]
    pub fn ended_at(self, now: Timestamp) -> Option<Timestamp> {
        self.retired_at
            .or_else(|| self.retires_at.filter(|end| *end <= now))
    }

    /// Whether it works, as far as it depends on the secret and not on its key.
    #[must_use]
    pub fn is_live(self, now: Timestamp) -> bool {
        self.ended_at(now).is_none()
    }
}

/// A rotation under way: two secrets work.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rotation {
    /// The secret that gives way.
    pub old: SecretId,
    /// The secret that takes its place.
    pub new: SecretId,
    /// When the old one ends by itself.
    pub ends_at: Timestamp,
}

/// The rotation under way among a key's secrets; none when one works, or none does.
#[must_use]
pub fn rotation(secrets: impl IntoIterator<Item = SecretLife>, now: Timestamp) -> Option<Rotation> {
    let live: Vec<SecretLife> = secrets.into_iter().filter(|secret| secret.is_live(now)).collect();
    let newest = |gives_way: bool| {
        live.iter()
            .filter(|secret| secret.retires_at.is_some() == gives_way)
            .max_by_key(|secret| (secret.created_at, secret.id))
    };
    let (old, new) = (newest(true)?, newest(false)?);
    Some(Rotation {
        old: old.id,
        new: new.id,
        ends_at: old.retires_at?,
    })
}

/// The secret that stays: the newest that works and does not give way, or the newest at all.
#[must_use]
pub fn current(secrets: impl IntoIterator<Item = SecretLife>, now: Timestamp) -> Option<SecretId> {
    secrets
        .into_iter()
        .max_by_key(|secret| {
            let gives_way = secret.retires_at.is_some();
            (secret.is_live(now), !gives_way, secret.created_at, secret.id)
        })
        .map(|secret| secret.id)
}

/// Whether nobody seems to use the old secret any more: it, or the rotation where it was never used, is a day old.
#[must_use]
pub fn is_drained(old_last_used: Option<Timestamp>, began_at: Timestamp, now: Timestamp) -> bool {
    old_last_used
        .unwrap_or(began_at)
        .max(began_at)
        .plus_seconds(DRAINED_AFTER_SECONDS)
        <= now
}

/// Why a rotation can't begin, apart from permission.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RotateRefusal {
    /// It has ended.
    #[error("this key is revoked; make a new one")]
    Revoked,
    /// Its time is over.
    #[error("this key has expired; make a new one")]
    Expired,
    /// One is under way.
    #[error("this key is being rotated already; finish it or roll it back first")]
    UnderWay,
    /// A rotation that is extended by nothing is finished.
    #[error("a rotation is extended by a second at least; finish it to end it now")]
    TooShort,
    /// See [`LONGEST_OVERLAP_SECONDS`].
    #[error("two secrets of a key work side by side for 90 days at the most; choose a shorter time")]
    TooLong,
}

/// Whether a key may be given a new secret.
///
/// # Errors
/// [`RotateRefusal`] says why not.
pub fn may_rotate(
    life: Life,
    under_way: Option<Rotation>,
    overlap_seconds: u32,
    now: Timestamp,
) -> Result<(), RotateRefusal> {
    if life.revoked_at.is_some() {
        return Err(RotateRefusal::Revoked);
    }
    if life.expires_at.is_some_and(|end| end <= now) {
        return Err(RotateRefusal::Expired);
    }
    if under_way.is_some() {
        return Err(RotateRefusal::UnderWay);
    }
    check_overlap(overlap_seconds)
}

/// Checks how long two secrets are to work.
///
/// # Errors
/// [`RotateRefusal::TooLong`].
pub const fn check_overlap(seconds: u32) -> Result<(), RotateRefusal> {
    if seconds > LONGEST_OVERLAP_SECONDS {
        return Err(RotateRefusal::TooLong);
    }
    Ok(())
}

/// What is done to a rotation under way.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum RotationStep {
    /// The old secret ends this many seconds from now.
    Extend {
        /// 1 to 7,776,000 (90 days).
        overlap_seconds: u32,
    },
    /// The old secret ends now.
    Finish,
    /// The new secret ends now, and the old one stays.
    RollBack,
}

impl RotationStep {
    /// Checks what is asked for, whatever the key.
    ///
    /// # Errors
    /// [`RotateRefusal::TooShort`] or [`RotateRefusal::TooLong`].
    pub const fn check(self) -> Result<(), RotateRefusal> {
        match self {
            Self::Extend { overlap_seconds: 0 } => Err(RotateRefusal::TooShort),
            Self::Extend { overlap_seconds } => check_overlap(overlap_seconds),
            Self::Finish | Self::RollBack => Ok(()),
        }
    }
}

/// There is no rotation to be extended, finished or rolled back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("this key is not being rotated; its rotation has ended")]
pub struct NotRotating;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::entropy::Entropy;

    const NOW: Timestamp = Timestamp::from_micros(1_000_000_000_000);

    struct Fixed(u8);
    impl Entropy for Fixed {
        fn fill(&mut self, bytes: &mut [u8]) {
            bytes.fill(self.0);
        }
    }

    fn id(number: u8) -> SecretId {
        SecretId::make(NOW, &mut Fixed(number))
    }

    fn secret(number: u8, retires_at: Option<Timestamp>, retired_at: Option<Timestamp>) -> SecretLife {
        SecretLife {
            id: id(number),
            created_at: NOW.plus_seconds(i64::from(number)),
            retires_at,
            retired_at,
        }
    }

    #[test]
    fn k7_two_secrets_that_work_are_a_rotation() {
        let end = NOW.plus_days(1);
        let both = [secret(1, Some(end), None), secret(2, None, None)];
        let expected = Rotation {
            old: id(1),
            new: id(2),
            ends_at: end,
        };
        assert_eq!(rotation(both, NOW), Some(expected));
        assert_eq!(rotation(both, end), None, "over at the very moment");
        assert_eq!(current(both, NOW), Some(id(2)));
        let rolled_back = [secret(1, None, None), secret(2, None, Some(NOW))];
        assert_eq!(rotation(rolled_back, NOW), None);
        assert_eq!(current(rolled_back, NOW), Some(id(1)));
        let all_ended = [secret(1, None, Some(NOW)), secret(2, None, Some(NOW))];
        assert_eq!(current(all_ended, NOW), Some(id(2)));
    }

    #[test]
    fn k7_the_old_secret_is_drained_after_a_quiet_day() {
        let began = NOW;
        assert!(!is_drained(None, began, NOW.plus_seconds(86_399)));
        assert!(is_drained(None, began, NOW.plus_days(1)));
        assert!(!is_drained(Some(NOW.plus_days(1)), began, NOW.plus_days(1)));
        assert!(is_drained(Some(NOW.plus_days(-30)), began, NOW.plus_days(1)));
    }

    #[test]
    fn k7_a_rotation_is_extended_by_a_second_to_ninety_days() {
        let extend = |overlap_seconds| RotationStep::Extend { overlap_seconds }.check();
        assert_eq!(extend(0), Err(RotateRefusal::TooShort));
        assert_eq!(extend(1), Ok(()));
        assert_eq!(extend(LONGEST_OVERLAP_SECONDS), Ok(()));
        assert_eq!(extend(LONGEST_OVERLAP_SECONDS + 1), Err(RotateRefusal::TooLong));
        assert_eq!(RotationStep::Finish.check(), Ok(()));
    }

    #[test]
    fn k7_what_ended_is_not_rotated_and_ninety_days_are_the_most() {
        let life = |revoked_at, expires_at| Life {
            revoked_at,
            expires_at,
            paused_at: None,
            rotates_until: None,
        };
        let under_way = rotation(
            [secret(1, Some(NOW.plus_days(1)), None), secret(2, None, None)],
            NOW,
        );
        assert_eq!(may_rotate(life(None, None), None, 7_776_000, NOW), Ok(()));
        assert_eq!(
            may_rotate(life(None, None), None, 7_776_001, NOW),
            Err(RotateRefusal::TooLong)
        );
        assert_eq!(
            may_rotate(life(Some(NOW), None), None, 0, NOW),
            Err(RotateRefusal::Revoked)
        );
        assert_eq!(
            may_rotate(life(None, Some(NOW)), None, 0, NOW),
            Err(RotateRefusal::Expired)
        );
        assert_eq!(
            may_rotate(life(None, None), under_way, 0, NOW),
            Err(RotateRefusal::UnderWay)
        );
    }
}
