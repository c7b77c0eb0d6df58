//! Why a keychain did not answer. Locked is never absent, and absent is never empty.

/// Why a keychain did not answer.
#[derive(Clone, Debug, thiserror::Error)]
pub enum KeychainError {
    /// It is there and locked.
    #[error("the keychain of this computer is locked; unlock it and try again ({0})")]
    Locked(String),
    /// There is none to talk to.
    #[error(
        "this computer has no keychain that answers ({0}); start one (GNOME Keyring, KWallet or KeePassXC) and open \
         Keystead again, or keep secrets in a vault behind a passphrase"
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
    /// Anything else the system reported.
    #[error("the keychain of this computer refused: {0}")]
    Failed(String),
}
