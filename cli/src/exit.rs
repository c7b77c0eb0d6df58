//! Exit codes: one for each thing a script may act on.

use desk::{DeskError, ErrorCode};

pub(crate) const FAILED: u8 = 1;
pub(crate) const USAGE: u8 = 2;
pub(crate) const NOT_FOUND: u8 = 3;
pub(crate) const REFUSED: u8 = 4;
pub(crate) const AWAY: u8 = 5;
pub(crate) const KEYCHAIN: u8 = 6;
pub(crate) const SIGNED_OUT: u8 = 7;
/// `scan`: a secret that works was found.
pub(crate) const FOUND_WORKING: u8 = 8;
/// `scan`: something was found, and none of it is known to work.
pub(crate) const FOUND: u8 = 9;
/// `scan`: nothing was found where it could be looked, and not everywhere it could.
pub(crate) const INCOMPLETE: u8 = 10;
/// `keys import`: some rows are refused, the others are imported.
pub(crate) const SOME_REFUSED: u8 = 11;
/// `run`: the command is there and can't be run; as shells say it.
pub(crate) const NOT_EXECUTABLE: u8 = 126;
/// `run`: there is no such command; as shells say it.
pub(crate) const NO_COMMAND: u8 = 127;
/// Ended by this signal and 128, as shells say it.
pub(crate) const SIGNALLED: u8 = 128;
/// `scan`: ended by Ctrl-C.
pub(crate) const INTERRUPTED: u8 = SIGNALLED + 2;

pub(crate) const fn of(error: &DeskError) -> u8 {
    match error.code() {
        ErrorCode::NotFound => NOT_FOUND,
        ErrorCode::Refused | ErrorCode::NotAMember => REFUSED,
        ErrorCode::Offline | ErrorCode::Tls | ErrorCode::NotKeystead => AWAY,
        ErrorCode::KeychainLocked
        | ErrorCode::KeychainAbsent
        | ErrorCode::VaultLocked
        | ErrorCode::WrongPassphrase
        | ErrorCode::Locked
        | ErrorCode::ReplicaKeyMissing => KEYCHAIN,
        ErrorCode::SignedOut | ErrorCode::WrongCredentials => SIGNED_OUT,
        ErrorCode::InvalidInput => USAGE,
        ErrorCode::ReplicaDamaged
        | ErrorCode::ReplicaNewer
        | ErrorCode::ServerGoneBack
        | ErrorCode::TooManyAttempts
        | ErrorCode::Unexpected => FAILED,
    }
}
