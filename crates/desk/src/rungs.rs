//! Moving secrets between the rungs of the ladder (O5). A kill at any moment leaves one rung with everything in it.
//!
//! To the vault: its file is written whole beside its place, read back and renamed; from then on it is the rung, and
//! what the operating system's keychain still has is removed. To the operating system's keychain: each item is written
//! there and read back; the vault's file goes last. Copies that a kill leaves in the operating system's keychain are
//! marked in the vault, and removed when it is next unlocked.

use std::collections::BTreeSet;
use std::sync::Arc;

use crypto::secret::{Secret, SecretBytes};
use domain::id::ConnectionId;
use keychain::{Keychain, KeychainError, Vault};
use replica::Replica;

use crate::account::Setup;
use crate::error::DeskError;
use crate::ladder::{Rungs, check_passphrase};
use crate::open::{PASSWORD, REPLICA_KEY, SESSION, item};
use crate::view::KeychainStatus;
use crate::{Desk, Topic, blocking, lock};

/// In the vault while the operating system's keychain may hold copies of its items.
const COPIES_OUTSIDE: &str = "copies-in-os-keychain";

impl Desk {
    /// Moves every secret from the operating system's keychain into a new vault.
    ///
    /// # Errors
    /// [`DeskError::Input`] at `passphrase`; [`DeskError`] when something could not be read or written. Then secrets are
    /// where they were.
    pub async fn move_to_vault(self: &Arc<Self>, passphrase: Secret) -> Result<KeychainStatus, DeskError> {
        self.unlocked()?;
        check_passphrase(&passphrase)?;
        let _one = self.changing.lock().await;
        if let KeychainStatus::Vault { .. } = self.keychain_status().await? {
            return Err(DeskError::Refused(
                "secrets are kept in the vault already".to_owned(),
            ));
        }
        self.ladder.standing()?;
        let desk = self.clone();
        blocking(move || {
            let _alone = desk.ladder.alone()?;
            let os = desk.ladder.standing()?;
            let mut items = Vec::new();
            for name in desk.names_of_ours(&*os)? {
                if let Some(secret) = os.get(&name)? {
                    items.push((name, secret));
                }
            }
            items.push((COPIES_OUTSIDE.to_owned(), Secret::new("yes".to_owned())));
            let vault = Arc::new(Vault::create_with(
                &desk.place.vault(),
                &passphrase,
                desk.ports.vault_work,
                (desk.ports.more_entropy)(),
                items,
            )?);
            // From here on the vault is the rung, whatever happens.
            desk.ladder.stand_on(Rungs::Vault(vault.clone()));
            if let Err(error) = remove_copies(&vault, &*os) {
                tracing::warn!(%error, "copies stay in the keychain until the vault is unlocked again");
            }
            if let Err(error) = desk.lock_moves_to_vault(&*os) {
                tracing::warn!(%error, "the lock's own passphrase stays in the keychain");
            }
            desk.announce(&[Topic::Keychain, Topic::Keys]);
            Ok(())
        })
        .await?;
        self.watch();
        self.keychain_status().await
    }

    /// Moves every secret from the vault into the operating system's keychain, and removes the vault. The lock is off
    /// then: the passphrase that opened it is gone.
    ///
    /// # Errors
    /// [`DeskError`] when there is no such keychain, it is locked, or an item does not read back as it was written. Then
    /// secrets are in the vault, as before.
    pub async fn move_to_os_keychain(self: &Arc<Self>) -> Result<KeychainStatus, DeskError> {
        self.unlocked()?;
        let _one = self.changing.lock().await;
        match self.keychain_status().await? {
            KeychainStatus::Vault { unlocked: true } => {}
            KeychainStatus::Vault { unlocked: false } => return Err(KeychainError::VaultLocked.into()),
            _ => {
                return Err(DeskError::Refused(
                    "secrets are kept in this computer's keychain already".to_owned(),
                ));
            }
        }
        let desk = self.clone();
        blocking(move || {
            // Looked at before anything waits: the system may ask its user.
            let os = desk.ports.host.os_keychain()?;
            let _alone = desk.ladder.alone()?;
            let vault = desk.ladder.open_vault().ok_or(KeychainError::VaultLocked)?;
            vault.set(COPIES_OUTSIDE, &Secret::new("yes".to_owned()))?;
            if let Err(error) = copy_out(&vault, &*os).and_then(|()| vault.remove_file()) {
                if let Err(error) = remove_copies(&vault, &*os) {
                    tracing::warn!(%error, "copies stay in the keychain until the vault is unlocked again");
                }
                return Err(error.into());
            }
            desk.ladder.stand_on(Rungs::Os(os));
            desk.lock_leaves_vault()?;
            desk.announce(&[Topic::Keychain, Topic::Keys]);
            Ok(())
        })
        .await?;
        self.watch();
        self.keychain_status().await
    }

    /// Gives the vault another passphrase.
    ///
    /// # Errors
    /// [`DeskError::Input`] at `current` or `passphrase`; nothing is changed then.
    pub async fn change_vault_passphrase(
        self: &Arc<Self>,
        current: Secret,
        passphrase: Secret,
    ) -> Result<(), DeskError> {
        self.unlocked()?;
        check_passphrase(&passphrase)?;
        self.keychain_status().await?;
        let vault = self
            .ladder
            .open_vault()
            .ok_or_else(|| DeskError::Refused("secrets are not kept in a vault that is open".to_owned()))?;
        let work = self.ports.vault_work;
        blocking(move || {
            vault
                .change_passphrase(&current, &passphrase, work)
                .map_err(|error| match error {
                    KeychainError::WrongPassphrase => {
                        DeskError::input("current", "this is not the passphrase; nothing was changed")
                    }
                    other => other.into(),
                })
        })
        .await
    }

    /// Removes what an interrupted move has left in the operating system's keychain. What does not work now is tried
    /// again at the next unlocking.
    pub(crate) fn finish_leaving_os(&self, vault: &Vault) {
        let finish = || {
            if vault.get(COPIES_OUTSIDE)?.is_none() {
                return Ok(());
            }
            let os = self.ports.host.os_keychain()?;
            // Another program may be about to make this keychain the rung: then the vault is gone, and the copies stay.
            let _alone = self.ladder.alone()?;
            remove_copies(vault, &*os)
        };
        if let Err(error) = finish() {
            tracing::warn!(%error, "copies stay in the keychain until the vault is unlocked again");
        }
    }

    /// The names of all items of this data folder: those that the connections and their replicas know, and those that
    /// the keychain itself finds under them.
    fn names_of_ours(&self, keychain: &dyn Keychain) -> Result<BTreeSet<String>, DeskError> {
        let found = keychain.names()?;
        let mut names = BTreeSet::new();
        let mut ours: Vec<(ConnectionId, String)> = lock(&self.registry)
            .connections
            .iter()
            .map(|record| (record.id, record.organization_name.clone()))
            .collect();
        if let Some(setup) = Setup::read(&self.place.this_computer_setup())? {
            names.insert(item(setup.connection_id, setup.free_secret_id));
            ours.push((setup.connection_id, "this computer".to_owned()));
        }
        for (id, name) in &ours {
            names.extend([REPLICA_KEY, SESSION, PASSWORD].map(|what| item(*id, what)));
            match self.secrets_in_replica(*id, keychain) {
                Ok(secrets) => names.extend(secrets),
                // The keychain itself names what the replica can't.
                Err(DeskError::Replica(_) | DeskError::ReplicaKeyMissing { .. }) if found.is_some() => {}
                Err(error @ (DeskError::Replica(_) | DeskError::ReplicaKeyMissing { .. })) => {
                    return Err(DeskError::Refused(format!(
                        "the copy of {name} can't be opened, so its secrets are not known; open it or remove it first \
                         ({error})"
                    )));
                }
                Err(error) => return Err(error),
            }
        }
        names.extend(found.into_iter().flatten().filter(|name| {
            ours.iter()
                .any(|(id, _)| name.split_once('/').is_some_and(|(of, _)| of == id.to_string()))
        }));
        Ok(names)
    }

    fn secrets_in_replica(
        &self,
        id: ConnectionId,
        keychain: &dyn Keychain,
    ) -> Result<Vec<String>, DeskError> {
        let path = self.place.replica(id);
        if !path.exists() {
            return Ok(Vec::new());
        }
        let key = keychain
            .get(&item(id, REPLICA_KEY))?
            .as_ref()
            .and_then(SecretBytes::from_hex)
            .ok_or_else(|| DeskError::ReplicaKeyMissing {
                path: path.display().to_string(),
            })?;
        let secrets = Replica::open(&path, &key)?.secret_ids()?;
        Ok(secrets.into_iter().map(|secret| item(id, secret)).collect())
    }
}

/// Writes every item of the vault into the other keychain, and reads each back.
fn copy_out(vault: &Vault, to: &dyn Keychain) -> Result<(), KeychainError> {
    for name in items_of(vault)? {
        let Some(secret) = vault.get(&name)? else { continue };
        to.set(&name, &secret)?;
        let back = to.get(&name)?;
        if back.is_none_or(|back| back.expose() != secret.expose()) {
            return Err(KeychainError::Failed(
                "an item does not read back as it was written".to_owned(),
            ));
        }
    }
    Ok(())
}

/// Removes every item of the vault from the other keychain, and then the mark.
fn remove_copies(vault: &Vault, from: &dyn Keychain) -> Result<(), KeychainError> {
    for name in items_of(vault)? {
        from.remove(&name)?;
    }
    vault.remove(COPIES_OUTSIDE)
}

fn items_of(vault: &Vault) -> Result<Vec<String>, KeychainError> {
    let names = vault.names()?.unwrap_or_default();
    Ok(names.into_iter().filter(|name| name != COPIES_OUTSIDE).collect())
}
