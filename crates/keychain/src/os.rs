//! The operating system's keychain: Secret Service, Keychain Services or the Credential Manager.
//!
//! Each secret is an item of its own (service `Keystead`, user = the name), so the system's own tools can show, revoke
//! and script it: `secret-tool search --all service Keystead`.

use std::collections::HashMap;

use crypto::secret::Secret;
use keyring::{Entry, Error};

use crate::{Keychain, KeychainError, Rung};

/// The service under which every item stands.
pub const SERVICE: &str = "Keystead";
/// Written and read back by [`OsKeychain::probe`].
const PROBE: &str = "keychain-check";

/// The operating system's keychain.
pub struct OsKeychain(());

impl OsKeychain {
    /// Looks whether the keychain answers, and whether it is unlocked, by writing an item and reading it back.
    ///
    /// Reading alone can't tell: a Secret Service that was never unlocked says "no such entry" to a read. Blocks while
    /// the system asks its user to unlock.
    ///
    /// # Errors
    /// [`KeychainError::Absent`] or [`KeychainError::Locked`].
    pub fn probe() -> Result<Self, KeychainError> {
        if let Err(error) = Entry::store_status() {
            return Err(KeychainError::Absent(plain(error)));
        }
        let keychain = Self(());
        keychain.set(PROBE, &Secret::new("unlocked".to_owned()))?;
        match keychain.get(PROBE)? {
            Some(_) => Ok(keychain),
            None => Err(KeychainError::Locked(
                "it took an item and does not show it".to_owned(),
            )),
        }
    }

    /// The name of the system's keychain, for people.
    #[must_use]
    pub const fn name() -> &'static str {
        if cfg!(target_os = "macos") {
            "macOS Keychain"
        } else if cfg!(target_os = "windows") {
            "Windows Credential Manager"
        } else {
            "Secret Service"
        }
    }
}

impl Keychain for OsKeychain {
    fn get(&self, name: &str) -> Result<Option<Secret>, KeychainError> {
        match Entry::new(SERVICE, name).and_then(|entry| entry.get_password()) {
            Ok(text) => Ok(Some(Secret::new(text))),
            Err(Error::NoEntry) => Ok(None),
            Err(error) => Err(refusal(&error)),
        }
    }

    fn set(&self, name: &str, secret: &Secret) -> Result<(), KeychainError> {
        Entry::new(SERVICE, name)
            .and_then(|entry| entry.set_password(secret.expose()))
            .map_err(|error| refusal(&error))
    }

    fn remove(&self, name: &str) -> Result<(), KeychainError> {
        match Entry::new(SERVICE, name).and_then(|entry| entry.delete_credential()) {
            Ok(()) | Err(Error::NoEntry) => Ok(()),
            Err(error) => Err(refusal(&error)),
        }
    }

    fn names(&self) -> Result<Option<Vec<String>>, KeychainError> {
        match keyring_core::Entry::search(&HashMap::from([("service", SERVICE)])) {
            Ok(found) => Ok(Some(
                found
                    .iter()
                    .filter_map(keyring_core::Entry::get_specifiers)
                    .filter_map(|(service, name)| (service == SERVICE).then_some(name))
                    .collect(),
            )),
            // The Credential Manager is searched in other words.
            Err(Error::NotSupportedByStore(_) | Error::Invalid(..)) => Ok(None),
            Err(error) => Err(refusal(&error)),
        }
    }

    fn rung(&self) -> Rung {
        Rung::Os
    }
}

/// Never the error's `Debug`: some of its variants carry the bytes of the item.
fn refusal(error: &Error) -> KeychainError {
    match error {
        Error::NoStorageAccess(_) => KeychainError::Locked(plain(error)),
        Error::NoDefaultStore => KeychainError::Absent(plain(error)),
        Error::PlatformFailure(cause) if is_gone(&cause.to_string()) => KeychainError::Absent(plain(error)),
        Error::BadEncoding(_) | Error::BadDataFormat(..) => KeychainError::Foreign,
        _ => KeychainError::Failed(plain(error)),
    }
}

fn is_gone(cause: &str) -> bool {
    [
        "ServiceUnknown",
        "Disconnected",
        "NoReply",
        "no secret service provider",
    ]
    .iter()
    .any(|sign| cause.contains(sign))
}

fn plain(error: &Error) -> String {
    match error {
        Error::NoDefaultStore => "no secret store was found".to_owned(),
        Error::PlatformFailure(cause) | Error::NoStorageAccess(cause) => cause.to_string(),
        Error::BadEncoding(_) | Error::BadDataFormat(..) => "an item can't be read".to_owned(),
        other => other.to_string(),
    }
}
