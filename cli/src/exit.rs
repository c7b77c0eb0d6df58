//! Exit codes: one for each thing a script may act on.

use desk::{DeskError, ErrorCode};

pub(crate) const FAILED: u8 = 1;
pub(crate) const USAGE: u8 = 2;
pub(crate) const NOT_FOUND: u8 = 3;
pub(crate) const REFUSED: u8 = 4;
pub(crate) const AWAY: u8 = 5;
pub(crate) const KEYCHAIN: u8 = 6;
pub(crate) const SIGNED_OUT: u8 = 7;

pub(crate) const fn of(error: &DeskError) -> u8 {
    match error.code() {
        ErrorCode::NotFound => NOT_FOUND,
        ErrorCode::Refused => REFUSED,
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
