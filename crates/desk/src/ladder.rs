//! The keychain ladder (O5): the operating system's keychain, or the passphrase vault where there is none.

use std::sync::Arc;

use crypto::secret::Secret;
use keychain::{Keychain, KeychainError, OsKeychain, Vault};

use crate::error::DeskError;
use crate::view::{KeychainStatus, sentence};
use crate::{Desk, Topic, blocking, lock};

/// Which rung this desk stands on.
pub(crate) enum Ladder {
    /// Not looked yet.
    Unknown,
    Os(Arc<dyn Keychain>),
    Vault(Arc<dyn Keychain>),
    VaultLocked,
    /// Locked, absent or failing; the error is told again to whoever needs the keychain.
    Refused(KeychainError),
}

impl Ladder {
    fn status(&self) -> KeychainStatus {
        match self {
            Self::Os(_) => KeychainStatus::Os {
                name: OsKeychain::name().to_owned(),
            },
            Self::Vault(_) => KeychainStatus::Vault { unlocked: true },
            Self::VaultLocked => KeychainStatus::Vault { unlocked: false },
            Self::Refused(error @ KeychainError::Absent(_)) => KeychainStatus::Absent {
                message: sentence(&error.to_string()),
            },
            Self::Refused(error) => KeychainStatus::Locked {
                message: sentence(&error.to_string()),
            },
            Self::Unknown => KeychainStatus::Locked {
                message: "The keychain was not looked at yet.".to_owned(),
            },
        }
    }
}

impl Desk {
    /// Where secrets are kept, looked at now if that did not work before. Blocks the task, not the thread, while the
    /// system asks its user.
    ///
    /// # Errors
    /// [`DeskError`] when the looking itself failed.
    pub async fn keychain_status(self: &Arc<Self>) -> Result<KeychainStatus, DeskError> {
        if !matches!(&*lock(&self.ladder), Ladder::Os(_) | Ladder::Vault(_)) {
            self.look().await?;
        }
        Ok(lock(&self.ladder).status())
    }

    async fn look(self: &Arc<Self>) -> Result<(), DeskError> {
        let desk = self.clone();
        blocking(move || {
            let _one = lock(&desk.climbing);
            // Somebody else may have climbed meanwhile; what is open is not looked for anew.
            if matches!(&*lock(&desk.ladder), Ladder::Os(_) | Ladder::Vault(_)) {
                return Ok(());
            }
            let vault = desk.place.vault();
            let found = if Vault::exists(&vault) {
                Ladder::VaultLocked
            } else {
                match desk.ports.host.os_keychain() {
                    Ok(keychain) => Ladder::Os(keychain),
                    Err(error) => Ladder::Refused(error),
                }
            };
            *lock(&desk.ladder) = found;
            desk.announce(&[Topic::Keychain]);
            Ok(())
        })
        .await
    }

    /// Makes the passphrase vault, where the computer has no keychain.
    ///
    /// # Errors
    /// [`DeskError::Input`] at `passphrase`, or why the file could not be made.
    pub async fn create_vault(self: &Arc<Self>, passphrase: Secret) -> Result<KeychainStatus, DeskError> {
        domain::password::check(passphrase.expose())
            .map_err(|problem| DeskError::input("passphrase", format!("the passphrase: {problem}")))?;
        if let KeychainStatus::Os { .. } = self.keychain_status().await? {
            return Err(DeskError::Refused(
                "this computer's keychain works; a vault is not needed".to_owned(),
            ));
        }
        let desk = self.clone();
        blocking(move || {
            let _one = lock(&desk.climbing);
            let vault = Vault::create(
                &desk.place.vault(),
                &passphrase,
                desk.ports.vault_work,
                (desk.ports.more_entropy)(),
            )?;
            *lock(&desk.ladder) = Ladder::Vault(Arc::new(vault));
            desk.announce(&[Topic::Keychain]);
            Ok(())
        })
        .await?;
        Ok(lock(&self.ladder).status())
    }

    /// Opens the passphrase vault.
    ///
    /// # Errors
    /// [`KeychainError::WrongPassphrase`], or why the file can't be read.
    pub async fn unlock_vault(self: &Arc<Self>, passphrase: Secret) -> Result<KeychainStatus, DeskError> {
        let desk = self.clone();
        blocking(move || {
            let _one = lock(&desk.climbing);
            let vault = Vault::unlock(&desk.place.vault(), &passphrase, (desk.ports.more_entropy)())?;
            *lock(&desk.ladder) = Ladder::Vault(Arc::new(vault));
            desk.announce(&[Topic::Keychain]);
            Ok(())
        })
        .await?;
        Ok(lock(&self.ladder).status())
    }

    /// The keychain, open.
    pub(crate) async fn keychain(self: &Arc<Self>) -> Result<Arc<dyn Keychain>, DeskError> {
        self.keychain_status().await?;
        match &*lock(&self.ladder) {
            Ladder::Os(keychain) | Ladder::Vault(keychain) => Ok(keychain.clone()),
            Ladder::VaultLocked => Err(KeychainError::VaultLocked.into()),
            Ladder::Refused(error) => Err(error.clone().into()),
            Ladder::Unknown => Err(KeychainError::Locked("it was not looked at yet".to_owned()).into()),
        }
    }
}
