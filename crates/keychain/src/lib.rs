//! Where this computer keeps secrets: the operating system's keychain, or the passphrase vault where there is none.
//!
//! One trait, [`Keychain`]. Its calls block (the system may ask its user to unlock), so nobody calls them on a thread
//! that paints or polls. A keychain that is locked is never taken for one that is empty: see [`OsKeychain::probe`].

mod error;
mod memory;
mod os;
mod vault;

pub use error::KeychainError;
pub use memory::MemoryKeychain;
pub use os::{OsKeychain, SERVICE};
pub use vault::Vault;

use crypto::secret::Secret;

/// Which rung of the ladder a keychain stands on (O5).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rung {
    /// The operating system's.
    Os,
    /// The passphrase vault.
    Vault,
    /// Memory only: sample data.
    Memory,
}

/// A place for secrets. Names are like `con_…/sec_…`; each is an item of its own.
pub trait Keychain: Send + Sync {
    /// The secret of that name; `None` when there is none.
    ///
    /// # Errors
    /// [`KeychainError`] when that can't be told.
    fn get(&self, name: &str) -> Result<Option<Secret>, KeychainError>;

    /// Keeps a secret under that name, over one that was there.
    ///
    /// # Errors
    /// [`KeychainError`] when it was not kept.
    fn set(&self, name: &str, secret: &Secret) -> Result<(), KeychainError>;

    /// Removes the secret of that name; nothing happens when there is none.
    ///
    /// # Errors
    /// [`KeychainError`] when it may still be there.
    fn remove(&self, name: &str) -> Result<(), KeychainError>;

    /// The names of everything it keeps for Keystead, of other data folders too; `None` where it can't tell.
    ///
    /// # Errors
    /// [`KeychainError`] when it did not answer.
    fn names(&self) -> Result<Option<Vec<String>>, KeychainError> {
        Ok(None)
    }

    /// Which rung this is.
    fn rung(&self) -> Rung;
}
