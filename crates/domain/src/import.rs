//! Keys brought from another system: what is told of their secrets, checked as far as it can be without them.
//!
//! The other system knows the SHA-256 of each secret, and so do we from then on; the secrets themselves stay with
//! whoever holds them, so no key has to be given out anew.

use crate::clock::Timestamp;
use crate::key::KeyKind;

/// The most rows of one file.
pub const MOST_ROWS: usize = 10_000;
/// The most bytes of one file: 8 MiB.
pub const MOST_FILE_BYTES: u64 = 8 * 1_024 * 1_024;
/// The most rows of one request.
pub const MOST_IN_A_REQUEST: usize = 500;
/// The most characters of a prefix.
pub const MOST_PREFIX: usize = 16;
/// The fewest and the most bytes of a secret of another system. What is shorter can be guessed, what is longer is none.
pub const FOREIGN_LENGTH: std::ops::RangeInclusive<usize> = 16..=512;

/// Whether a text may be a secret of another system: visible ASCII of a bounded length. Says nothing about whose.
#[must_use]
pub fn may_be_foreign(text: &str) -> bool {
    FOREIGN_LENGTH.contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic())
}

/// Why a cell of a row was refused. The sentence follows the name of its column.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CellProblem {
    /// More than the beginning of a secret.
    #[error("the prefix has {found} characters; 16 is the most, or it would give the secret away")]
    PrefixTooLong {
        /// How many were given.
        found: usize,
    },
    /// A character that no secret has.
    #[error("the prefix may have letters, digits and signs of ASCII, and no space")]
    PrefixAlphabet,
    /// Not four characters.
    #[error("the last four are four characters; {found} were given")]
    LastFourLength {
        /// How many were given.
        found: usize,
    },
    /// A character that no secret has.
    #[error("the last four may have letters, digits and signs of ASCII, and no space")]
    LastFourAlphabet,
    /// Nothing is called so.
    #[error("there is no such kind of key; write team, or leave it empty")]
    Kind,
    /// A kind that can't be made yet.
    #[error("team keys can be imported now, keys of other kinds can't")]
    KindNow,
    /// Made later than now.
    #[error("the time of creation lies in the future")]
    CreatedLater,
    /// Made before there were API keys.
    #[error("the time of creation lies before 1990")]
    CreatedEarly,
    /// Ended before it began.
    #[error("the expiry lies before the time of creation")]
    ExpiresFirst,
}

/// 1990-01-01T00:00:00Z.
const EARLIEST: Timestamp = Timestamp::from_micros(631_152_000_000_000);

/// Checks the beginning of a secret; it may be empty, where the other system does not tell it.
///
/// # Errors
/// [`CellProblem`].
pub fn check_prefix(text: &str) -> Result<(), CellProblem> {
    let found = text.chars().count();
    if found > MOST_PREFIX {
        return Err(CellProblem::PrefixTooLong { found });
    }
    if !text.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err(CellProblem::PrefixAlphabet);
    }
    Ok(())
}

/// Checks the last four characters of a secret; they may be empty, where the other system does not tell them.
///
/// # Errors
/// [`CellProblem`].
pub fn check_last_four(text: &str) -> Result<(), CellProblem> {
    let found = text.chars().count();
    if found != 0 && found != 4 {
        return Err(CellProblem::LastFourLength { found });
    }
    if !text.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err(CellProblem::LastFourAlphabet);
    }
    Ok(())
}

/// Reads the kind of a key; an empty one is a team key.
///
/// # Errors
/// [`CellProblem`].
pub fn read_kind(text: &str) -> Result<KeyKind, CellProblem> {
    match text {
        "" => Ok(KeyKind::Team),
        text => match KeyKind::from_name(&text.to_ascii_lowercase()) {
            Some(KeyKind::Team) => Ok(KeyKind::Team),
            Some(_) => Err(CellProblem::KindNow),
            None => Err(CellProblem::Kind),
        },
    }
}

/// Checks when the other system says that a key was made.
///
/// # Errors
/// [`CellProblem`].
pub fn check_created(created_at: Option<Timestamp>, now: Timestamp) -> Result<(), CellProblem> {
    match created_at {
        Some(at) if at > now => Err(CellProblem::CreatedLater),
        Some(at) if at < EARLIEST => Err(CellProblem::CreatedEarly),
        _ => Ok(()),
    }
}

/// Checks that a key was made before it ends.
///
/// # Errors
/// [`CellProblem`].
pub fn check_order(created_at: Option<Timestamp>, expires_at: Option<Timestamp>) -> Result<(), CellProblem> {
    match (created_at, expires_at) {
        (Some(created), Some(expires)) if expires <= created => Err(CellProblem::ExpiresFirst),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn import_cells_are_checked_exactly() {
        assert_eq!(check_prefix(""), Ok(()));
        assert_eq!(check_prefix("sk_live_"), Ok(()));
        assert_eq!(
            check_prefix("sk_live_12345678x"),
            Err(CellProblem::PrefixTooLong { found: 17 })
        );
        assert_eq!(check_prefix("sk live"), Err(CellProblem::PrefixAlphabet));
        assert_eq!(check_last_four("a-_9"), Ok(()));
        assert_eq!(check_last_four(""), Ok(()));
        assert_eq!(
            check_last_four("abc"),
            Err(CellProblem::LastFourLength { found: 3 })
        );
        assert_eq!(check_last_four("äöüß"), Err(CellProblem::LastFourAlphabet));
        assert_eq!(read_kind("Team"), Ok(KeyKind::Team));
        assert_eq!(read_kind(""), Ok(KeyKind::Team));
        assert_eq!(read_kind("service"), Err(CellProblem::KindNow));
        assert_eq!(read_kind("root"), Err(CellProblem::Kind));
    }

    #[test]
    fn import_times_are_in_order() {
        let now = Timestamp::from_micros(1_773_312_127_000_000);
        assert_eq!(check_created(Some(now), now), Ok(()));
        assert_eq!(
            check_created(Some(now.plus_seconds(1)), now),
            Err(CellProblem::CreatedLater)
        );
        assert_eq!(
            check_created(Some(Timestamp::from_micros(0)), now),
            Err(CellProblem::CreatedEarly)
        );
        assert_eq!(check_order(Some(now), Some(now)), Err(CellProblem::ExpiresFirst));
        assert_eq!(check_order(None, Some(now)), Ok(()));
    }

    #[test]
    fn import_a_foreign_secret_is_visible_and_bounded() {
        assert!(may_be_foreign("sk_live_51H8xkz4e9"));
        assert!(may_be_foreign(&"x".repeat(512)));
        for text in [
            "",
            "hunter2",
            "fifteen-letters",
            "sixteen letters!",
            "sk_live_ключключ",
        ] {
            assert!(!may_be_foreign(text), "{text}");
        }
        assert!(!may_be_foreign(&"x".repeat(513)));
    }
}
