//! Why a keychain did not answer. Locked is never absent, and absent is never empty.

/// Why a keychain did not answer.
#[derive(Clone, Debug, thiserror::Error)]
pub enum KeychainError {
    /// It is there and locked.
    #[error("the keychain of this computer is locked; unlock it and try again")]
    Locked(String),
    /// There is none to talk to.
    #[error(
        "this computer has no keychain that answers; start one (GNOME Keyring, KWallet or KeePassXC) and open Keystead \
         again, or keep secrets in a vault behind a passphrase"
    )]
    Absent(String),
    /// The vault has not been unlocked.
    #[error("the vault is locked; enter its passphrase")]
    VaultLocked,
    /// Another passphrase opens this vault.
    #[error("this passphrase does not open the vault; nothing was changed")]
    WrongPassphrase,
    /// The vault's file is damaged or of a newer version.
    #[error("the vault file {path} can't be read: {reason}; it was left as it is")]
    Vault {
        /// Where it lies.
        path: String,
        /// What is wrong with it.
        reason: String,
    },
    /// An item holds something Keystead has not written.
    #[error("an item of Keystead's in the keychain was changed by another program and can't be read")]
    Foreign,
    /// Anything else the system reported.
    #[error("the keychain of this computer refused; see that it is unlocked, and try again")]
    Failed(String),
}

impl KeychainError {
    /// What the system said, in its own words: for whoever helps.
    #[must_use]
    pub fn details(&self) -> Option<&str> {
        match self {
            Self::Locked(said) | Self::Absent(said) | Self::Failed(said) => Some(said),
            Self::VaultLocked | Self::WrongPassphrase | Self::Vault { .. } | Self::Foreign => None,
        }
    }
}
