//! The keychain ladder (O5): the operating system's keychain, or the passphrase vault where there is none or where the
//! person wants it so.
//!
//! The switch is the vault's file: while it exists, secrets are in it. Programs that share a data folder look at the
//! switch at each call, under a lock that whoever moves secrets between the rungs holds alone.

use std::fs::{File, OpenOptions};
use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use crypto::secret::Secret;
use keychain::{Keychain, KeychainError, OsKeychain, Rung, Vault};

use crate::error::DeskError;
use crate::host::Host;
use crate::place::Place;
use crate::view::{KeychainStatus, sentence};
use crate::{Desk, Topic, blocking, lock};

/// Which rung this desk stands on.
pub(crate) enum Rungs {
    /// Not looked yet.
    Unknown,
    Os(Arc<dyn Keychain>),
    Vault(Arc<Vault>),
    VaultLocked,
    /// Locked, absent or failing; the error is told again to whoever needs the keychain.
    Refused(KeychainError),
}

/// The keychain of whichever rung the desk stands on when it is asked: an open connection keeps working when the rung
/// changes beneath it.
pub(crate) struct Ladder {
    rung: Mutex<Rungs>,
    /// One look at the keychain, or one opening of the vault, at a time.
    climbing: Mutex<()>,
    vault: PathBuf,
    /// Held by everyone who uses a rung, and alone by who changes it.
    guard: PathBuf,
    host: Arc<dyn Host>,
}

impl Ladder {
    pub(crate) fn new(place: &Place, host: Arc<dyn Host>) -> Arc<Self> {
        Arc::new(Self {
            rung: Mutex::new(Rungs::Unknown),
            climbing: Mutex::new(()),
            vault: place.vault(),
            guard: place.folder().join("keychain.lock"),
            host,
        })
    }

    fn status(&self) -> KeychainStatus {
        match &*lock(&self.rung) {
            Rungs::Os(_) => KeychainStatus::Os {
                name: OsKeychain::name().to_owned(),
            },
            Rungs::Vault(_) => KeychainStatus::Vault { unlocked: true },
            Rungs::VaultLocked => KeychainStatus::Vault { unlocked: false },
            Rungs::Refused(error @ KeychainError::Absent(_)) => KeychainStatus::Absent {
                message: sentence(&error.to_string()),
            },
            Rungs::Refused(error) => KeychainStatus::Locked {
                message: sentence(&error.to_string()),
            },
            Rungs::Unknown => KeychainStatus::Locked {
                message: "The keychain was not looked at yet.".to_owned(),
            },
        }
    }

    /// Whether the rung is open and still the one that the vault's file says.
    fn stands(&self) -> bool {
        match &*lock(&self.rung) {
            Rungs::Os(_) => !Vault::exists(&self.vault),
            Rungs::Vault(_) => Vault::exists(&self.vault),
            _ => false,
        }
    }

    /// Looks which rung there is. Blocks while the system asks its user.
    fn look(&self) {
        let _one = lock(&self.climbing);
        // Somebody else may have climbed meanwhile; what is open is not looked for anew.
        if self.stands() {
            return;
        }
        let found = if Vault::exists(&self.vault) {
            Rungs::VaultLocked
        } else {
            match self.host.os_keychain() {
                Ok(keychain) => Rungs::Os(keychain),
                Err(error) => Rungs::Refused(error),
            }
        };
        self.stand_on(found);
    }

    pub(crate) fn stand_on(&self, rung: Rungs) {
        *lock(&self.rung) = rung;
    }

    /// The open vault; none on another rung.
    pub(crate) fn open_vault(&self) -> Option<Arc<Vault>> {
        match &*lock(&self.rung) {
            Rungs::Vault(vault) => Some(vault.clone()),
            _ => None,
        }
    }

    /// The rung itself, looked at anew where another program has changed it.
    pub(crate) fn standing(&self) -> Result<Arc<dyn Keychain>, KeychainError> {
        if !self.stands() {
            self.look();
        }
        match &*lock(&self.rung) {
            Rungs::Os(keychain) => Ok(keychain.clone()),
            Rungs::Vault(vault) => Ok(vault.clone()),
            Rungs::VaultLocked => Err(KeychainError::VaultLocked),
            Rungs::Refused(error) => Err(error.clone()),
            Rungs::Unknown => Err(KeychainError::Locked("it was not looked at yet".to_owned())),
        }
    }

    /// Holds the ladder alone: nobody reads or writes a secret, in any program, until this is dropped.
    pub(crate) fn alone(&self) -> Result<File, KeychainError> {
        let file = self.guard()?;
        file.lock().map_err(|error| self.unguarded(&error))?;
        Ok(file)
    }

    fn guard(&self) -> Result<File, KeychainError> {
        let folder = self.guard.parent().unwrap_or(&self.guard);
        std::fs::create_dir_all(folder)
            .and_then(|()| {
                OpenOptions::new()
                    .create(true)
                    .truncate(false)
                    .write(true)
                    .open(&self.guard)
            })
            .map_err(|error| self.unguarded(&error))
    }

    fn unguarded(&self, error: &std::io::Error) -> KeychainError {
        KeychainError::Vault {
            path: self.guard.display().to_string(),
            reason: error.to_string(),
        }
    }

    fn on_rung<T>(
        &self,
        work: impl FnOnce(&dyn Keychain) -> Result<T, KeychainError>,
    ) -> Result<T, KeychainError> {
        let guard = self.guard()?;
        guard.lock_shared().map_err(|error| self.unguarded(&error))?;
        let rung = self.standing()?;
        let done = work(&*rung);
        if matches!(done, Err(KeychainError::VaultLocked)) {
            // Another program has changed the passphrase; who has opened the vault anew meanwhile is left alone.
            let mut now = lock(&self.rung);
            if matches!(&*now, Rungs::Vault(vault) if std::ptr::addr_eq(Arc::as_ptr(vault), Arc::as_ptr(&rung)))
            {
                *now = Rungs::VaultLocked;
            }
        }
        done
    }
}

impl Keychain for Ladder {
    fn get(&self, name: &str) -> Result<Option<Secret>, KeychainError> {
        self.on_rung(|rung| rung.get(name))
    }

    fn set(&self, name: &str, secret: &Secret) -> Result<(), KeychainError> {
        self.on_rung(|rung| rung.set(name, secret))
    }

    fn remove(&self, name: &str) -> Result<(), KeychainError> {
        self.on_rung(|rung| rung.remove(name))
    }

    fn names(&self) -> Result<Option<Vec<String>>, KeychainError> {
        self.on_rung(|rung| rung.names())
    }

    fn rung(&self) -> Rung {
        match &*lock(&self.rung) {
            Rungs::Os(keychain) => keychain.rung(),
            _ => Rung::Vault,
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
        if !self.ladder.stands() {
            let desk = self.clone();
            blocking(move || {
                desk.ladder.look();
                desk.announce(&[Topic::Keychain]);
                Ok(())
            })
            .await?;
        }
        Ok(self.ladder.status())
    }

    /// Makes the passphrase vault, where the computer has no keychain.
    ///
    /// # Errors
    /// [`DeskError::Input`] at `passphrase`, or why the file could not be made.
    pub async fn create_vault(self: &Arc<Self>, passphrase: Secret) -> Result<KeychainStatus, DeskError> {
        self.unlocked()?;
        check_passphrase(&passphrase)?;
        if let KeychainStatus::Os { .. } = self.keychain_status().await? {
            return Err(DeskError::Refused(
                "this computer's keychain works; a vault is not needed".to_owned(),
            ));
        }
        let desk = self.clone();
        blocking(move || {
            let _one = lock(&desk.ladder.climbing);
            let vault = Vault::create(
                &desk.place.vault(),
                &passphrase,
                desk.ports.vault_work,
                (desk.ports.more_entropy)(),
            )?;
            desk.ladder.stand_on(Rungs::Vault(Arc::new(vault)));
            desk.announce(&[Topic::Keychain]);
            Ok(())
        })
        .await?;
        self.watch();
        Ok(self.ladder.status())
    }

    /// Opens the passphrase vault.
    ///
    /// # Errors
    /// [`KeychainError::WrongPassphrase`], or why the file can't be read.
    pub async fn unlock_vault(self: &Arc<Self>, passphrase: Secret) -> Result<KeychainStatus, DeskError> {
        let desk = self.clone();
        blocking(move || {
            let vault = {
                let _one = lock(&desk.ladder.climbing);
                let entropy = (desk.ports.more_entropy)();
                let vault = Arc::new(Vault::unlock(&desk.place.vault(), &passphrase, entropy)?);
                desk.ladder.stand_on(Rungs::Vault(vault.clone()));
                vault
            };
            desk.finish_leaving_os(&vault);
            Ok(())
        })
        .await?;
        self.unlock_window();
        Ok(self.ladder.status())
    }

    /// The keychain, open.
    pub(crate) async fn keychain(self: &Arc<Self>) -> Result<Arc<dyn Keychain>, DeskError> {
        self.unlocked()?;
        self.keychain_status().await?;
        self.ladder.standing()?;
        Ok(self.ladder.clone())
    }
}

pub(crate) fn check_passphrase(passphrase: &Secret) -> Result<(), DeskError> {
    domain::password::check(passphrase.expose())
        .map_err(|problem| DeskError::input("passphrase", format!("the passphrase: {problem}")))
}
