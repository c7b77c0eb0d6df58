//! The passphrase vault: where there is no keychain, one file that a passphrase opens. Never plaintext.
//!
//! The key is Argon2id of the passphrase; the items are sealed together with AES-256-GCM. The file is written whole
//! beside itself and renamed over, with its data on the disk first: a power cut leaves the old file or the new one.
//! Two programs may share it: each change takes the lock file and reads the file anew.

use std::collections::BTreeMap;
use std::fs::{self, File, OpenOptions};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use crypto::derive::{Work, derive_key};
use crypto::seal;
use crypto::secret::{Secret, SecretBytes};
use domain::entropy::Entropy;
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::{Keychain, KeychainError, Rung};

const VERSION: u32 = 1;
const NAMESPACE: &str = "keystead.vault.v1";
const ITEMS: &str = "items";

#[derive(Serialize, Deserialize)]
struct VaultFile {
    version: u32,
    work: Work,
    salt: String,
    sealed: String,
}

type Items = BTreeMap<String, Zeroizing<String>>;

/// What a passphrase gives: the key, and what it was derived with.
struct Opener {
    key: SecretBytes,
    salt: [u8; 16],
    work: Work,
}

impl Opener {
    fn derive(path: &Path, passphrase: &Secret, salt: [u8; 16], work: Work) -> Result<Self, KeychainError> {
        let key = derive_key(passphrase, &salt, work).map_err(|error| problem(path, error))?;
        Ok(Self { key, salt, work })
    }

    fn of_file(path: &Path, passphrase: &Secret, file: &VaultFile) -> Result<Self, KeychainError> {
        let salt = salt_of(file).ok_or_else(|| problem(path, "its salt is damaged"))?;
        Self::derive(path, passphrase, salt, file.work)
    }
}

/// An unlocked vault.
pub struct Vault {
    path: PathBuf,
    opener: Mutex<Opener>,
    entropy: Mutex<Box<dyn Entropy>>,
}

impl Vault {
    /// Whether a vault file lies there.
    #[must_use]
    pub fn exists(path: &Path) -> bool {
        path.exists()
    }

    /// Makes a new, empty vault.
    ///
    /// # Errors
    /// [`KeychainError::Vault`] when a file lies there already or can't be written.
    pub fn create(
        path: &Path,
        passphrase: &Secret,
        work: Work,
        entropy: Box<dyn Entropy>,
    ) -> Result<Self, KeychainError> {
        Self::create_with(path, passphrase, work, entropy, Vec::new())
    }

    /// Makes a new vault that holds these items from the first moment its file lies there.
    ///
    /// # Errors
    /// [`KeychainError::Vault`] when a file lies there already or can't be written; there is no vault then.
    pub fn create_with(
        path: &Path,
        passphrase: &Secret,
        work: Work,
        mut entropy: Box<dyn Entropy>,
        items: Vec<(String, Secret)>,
    ) -> Result<Self, KeychainError> {
        let mut salt = [0u8; 16];
        entropy.fill(&mut salt);
        let vault = Self {
            path: path.to_owned(),
            opener: Mutex::new(Opener::derive(path, passphrase, salt, work)?),
            entropy: Mutex::new(entropy),
        };
        let _lock = vault.lock()?;
        if path.exists() {
            return Err(problem(path, "there is one already; unlock it instead"));
        }
        let items = items
            .into_iter()
            .map(|(name, secret)| (name, Zeroizing::new(secret.expose().to_owned())))
            .collect();
        vault.write(&vault.opener(), &items)?;
        Ok(vault)
    }

    /// Opens a vault with its passphrase.
    ///
    /// # Errors
    /// [`KeychainError::WrongPassphrase`], or [`KeychainError::Vault`] when the file can't be read or is newer.
    pub fn unlock(
        path: &Path,
        passphrase: &Secret,
        entropy: Box<dyn Entropy>,
    ) -> Result<Self, KeychainError> {
        let file = read(path)?;
        let opener = Opener::of_file(path, passphrase, &file)?;
        open(path, &opener, &file)?;
        Ok(Self {
            path: path.to_owned(),
            opener: Mutex::new(opener),
            entropy: Mutex::new(entropy),
        })
    }

    /// Gives the vault another passphrase. Other programs that have it open ask for it anew.
    ///
    /// # Errors
    /// [`KeychainError::WrongPassphrase`] when `current` is not its passphrase; nothing is changed then.
    pub fn change_passphrase(&self, current: &Secret, new: &Secret, work: Work) -> Result<(), KeychainError> {
        let _lock = self.lock()?;
        let file = read(&self.path)?;
        let items = open(&self.path, &Opener::of_file(&self.path, current, &file)?, &file)?;
        let mut salt = [0u8; 16];
        self.entropy
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .fill(&mut salt);
        let opener = Opener::derive(&self.path, new, salt, work)?;
        self.write(&opener, &items)?;
        *self.opener() = opener;
        Ok(())
    }

    /// Removes the vault's file, once everything in it is elsewhere.
    ///
    /// # Errors
    /// [`KeychainError::Vault`] when it may still be there.
    pub fn remove_file(&self) -> Result<(), KeychainError> {
        let _lock = self.lock()?;
        fs::remove_file(&self.path)
            .and_then(|()| File::open(folder_of(&self.path))?.sync_all())
            .map_err(|error| problem(&self.path, error))
    }

    fn opener(&self) -> MutexGuard<'_, Opener> {
        self.opener.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn read_items(&self) -> Result<Items, KeychainError> {
        let file = read(&self.path)?;
        let opener = self.opener();
        if salt_of(&file) != Some(opener.salt) {
            // Another program changed the passphrase.
            return Err(KeychainError::VaultLocked);
        }
        open(&self.path, &opener, &file)
    }

    /// Writes the whole beside the file, reads it back, and puts it in the file's place.
    fn write(&self, opener: &Opener, items: &Items) -> Result<(), KeychainError> {
        let plain: BTreeMap<&str, &str> = items
            .iter()
            .map(|(name, text)| (name.as_str(), text.as_str()))
            .collect();
        let plain = Zeroizing::new(serde_json::to_vec(&plain).map_err(|error| problem(&self.path, error))?);
        let sealed = {
            let mut entropy = self.entropy.lock().unwrap_or_else(PoisonError::into_inner);
            seal::seal(&opener.key, NAMESPACE, ITEMS, &plain, &mut **entropy)
                .map_err(|error| problem(&self.path, error))?
        };
        let file = VaultFile {
            version: VERSION,
            work: opener.work,
            salt: STANDARD.encode(opener.salt),
            sealed: STANDARD.encode(sealed),
        };
        let text = serde_json::to_vec_pretty(&file).map_err(|error| problem(&self.path, error))?;
        let beside = self
            .write_beside(&text)
            .map_err(|error| problem(&self.path, error))?;
        let path = beside.path().to_owned();
        if open(&path, opener, &read(&path)?)? != *items {
            return Err(problem(
                &self.path,
                "it was not written as it was meant; nothing was changed",
            ));
        }
        beside
            .persist(&self.path)
            .map_err(|error| error.error)
            .and_then(|_| File::open(folder_of(&self.path))?.sync_all())
            .map_err(|error| problem(&self.path, error))
    }

    fn write_beside(&self, text: &[u8]) -> std::io::Result<tempfile::NamedTempFile> {
        let folder = folder_of(&self.path);
        fs::create_dir_all(folder)?;
        // A named temporary file is readable by its owner alone.
        let mut beside = tempfile::NamedTempFile::new_in(folder)?;
        beside.write_all(text)?;
        beside.as_file().sync_all()?;
        Ok(beside)
    }

    fn lock(&self) -> Result<File, KeychainError> {
        let path = self.path.with_extension("lock");
        fs::create_dir_all(folder_of(&path)).map_err(|error| problem(&path, error))?;
        let file = OpenOptions::new()
            .create(true)
            .truncate(false)
            .write(true)
            .open(&path)
            .map_err(|error| problem(&path, error))?;
        file.lock().map_err(|error| problem(&path, error))?;
        Ok(file)
    }
}

impl Keychain for Vault {
    fn get(&self, name: &str) -> Result<Option<Secret>, KeychainError> {
        Ok(self
            .read_items()?
            .get(name)
            .map(|text| Secret::new(text.as_str().to_owned())))
    }

    fn set(&self, name: &str, secret: &Secret) -> Result<(), KeychainError> {
        let _lock = self.lock()?;
        let mut items = self.read_items()?;
        items.insert(name.to_owned(), Zeroizing::new(secret.expose().to_owned()));
        self.write(&self.opener(), &items)
    }

    fn remove(&self, name: &str) -> Result<(), KeychainError> {
        let _lock = self.lock()?;
        let mut items = self.read_items()?;
        if items.remove(name).is_some() {
            self.write(&self.opener(), &items)
        } else {
            Ok(())
        }
    }

    fn names(&self) -> Result<Option<Vec<String>>, KeychainError> {
        Ok(Some(self.read_items()?.into_keys().collect()))
    }

    fn rung(&self) -> Rung {
        Rung::Vault
    }
}

fn folder_of(path: &Path) -> &Path {
    path.parent().unwrap_or_else(|| Path::new("."))
}

fn salt_of(file: &VaultFile) -> Option<[u8; 16]> {
    STANDARD.decode(&file.salt).ok()?.try_into().ok()
}

fn open(path: &Path, opener: &Opener, file: &VaultFile) -> Result<Items, KeychainError> {
    let sealed = STANDARD
        .decode(&file.sealed)
        .map_err(|error| problem(path, error))?;
    let plain =
        seal::open(&opener.key, NAMESPACE, ITEMS, &sealed).map_err(|_| KeychainError::WrongPassphrase)?;
    serde_json::from_slice::<BTreeMap<String, String>>(&plain)
        .map(|items| {
            items
                .into_iter()
                .map(|(name, text)| (name, Zeroizing::new(text)))
                .collect()
        })
        .map_err(|_| problem(path, "its content is damaged"))
}

fn read(path: &Path) -> Result<VaultFile, KeychainError> {
    let text = fs::read(path).map_err(|error| problem(path, error))?;
    let file: VaultFile = serde_json::from_slice(&text).map_err(|_| problem(path, "it is damaged"))?;
    if file.version > VERSION {
        return Err(problem(
            path,
            format!("it was written by a newer Keystead (version {})", file.version),
        ));
    }
    Ok(file)
}

fn problem(path: &Path, reason: impl std::fmt::Display) -> KeychainError {
    KeychainError::Vault {
        path: path.display().to_string(),
        reason: reason.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIGHT: Work = Work {
        memory_kib: 64,
        passes: 1,
        lanes: 1,
    };

    struct Counting(u8);
    impl Entropy for Counting {
        fn fill(&mut self, bytes: &mut [u8]) {
            for byte in bytes {
                self.0 = self.0.wrapping_add(1);
                *byte = self.0;
            }
        }
    }

    fn text(text: &str) -> Secret {
        Secret::new(text.to_owned())
    }

    fn entropy() -> Box<dyn Entropy> {
        Box::new(Counting(0))
    }

    #[test]
    fn o5_what_the_vault_keeps_only_its_passphrase_opens() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("vault.json");
        let vault = Vault::create(&path, &text("open sesame now"), LIGHT, entropy()).unwrap();
        vault.set("con_1/session", &text("kss_very_secret")).unwrap();
        assert!(!String::from_utf8_lossy(&fs::read(&path).unwrap()).contains("kss_very"));

        let again = Vault::unlock(&path, &text("open sesame now"), entropy()).unwrap();
        assert_eq!(
            again.get("con_1/session").unwrap().unwrap().expose(),
            "kss_very_secret"
        );
        assert!(again.get("con_1/other").unwrap().is_none());
        assert!(matches!(
            Vault::unlock(&path, &text("open sesame not"), entropy()),
            Err(KeychainError::WrongPassphrase)
        ));
        again.remove("con_1/session").unwrap();
        assert!(vault.get("con_1/session").unwrap().is_none(), "both see one file");
    }

    #[test]
    fn o5_a_vault_is_never_written_over() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("vault.json");
        Vault::create(&path, &text("open sesame now"), LIGHT, entropy()).unwrap();
        assert!(matches!(
            Vault::create(&path, &text("open sesame now"), LIGHT, entropy()),
            Err(KeychainError::Vault { .. })
        ));
        fs::write(&path, b"{ torn").unwrap();
        assert!(matches!(
            Vault::unlock(&path, &text("open sesame now"), entropy()),
            Err(KeychainError::Vault { .. })
        ));
        assert_eq!(fs::read(&path).unwrap(), b"{ torn", "left as it is");
    }

    #[test]
    fn o5_a_vault_is_made_with_everything_in_it_or_not_at_all() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("vault.json");
        let items = || vec![("con_1/replica".to_owned(), text("00ff"))];
        let vault = Vault::create_with(&path, &text("open sesame now"), LIGHT, entropy(), items()).unwrap();
        assert_eq!(vault.get("con_1/replica").unwrap().unwrap().expose(), "00ff");
        assert_eq!(vault.names().unwrap().unwrap(), ["con_1/replica"]);
        let before = fs::read(&path).unwrap();
        assert!(Vault::create_with(&path, &text("another phrase"), LIGHT, entropy(), items()).is_err());
        assert_eq!(fs::read(&path).unwrap(), before, "left as it is");
        vault.remove_file().unwrap();
        assert!(!Vault::exists(&path));
        assert!(matches!(vault.get("x"), Err(KeychainError::Vault { .. })));
    }

    #[test]
    fn o5_another_passphrase_opens_the_same_items() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("vault.json");
        let vault = Vault::create(&path, &text("open sesame now"), LIGHT, entropy()).unwrap();
        vault.set("a", &text("1")).unwrap();
        let elsewhere = Vault::unlock(&path, &text("open sesame now"), entropy()).unwrap();
        let before = fs::read(&path).unwrap();
        let wrong = vault.change_passphrase(&text("open sesame not"), &text("seven new words"), LIGHT);
        assert!(matches!(wrong, Err(KeychainError::WrongPassphrase)));
        assert_eq!(fs::read(&path).unwrap(), before, "left as it is");

        vault
            .change_passphrase(&text("open sesame now"), &text("seven new words"), LIGHT)
            .unwrap();
        vault.set("b", &text("2")).unwrap();
        assert!(
            matches!(elsewhere.get("a"), Err(KeychainError::VaultLocked)),
            "who had it open asks for the new one"
        );
        assert!(matches!(
            elsewhere.set("a", &text("3")),
            Err(KeychainError::VaultLocked)
        ));
        assert!(Vault::unlock(&path, &text("open sesame now"), entropy()).is_err());
        let again = Vault::unlock(&path, &text("seven new words"), entropy()).unwrap();
        assert_eq!(again.names().unwrap().unwrap(), ["a", "b"]);
    }

    #[test]
    fn o5_two_programs_share_the_vault() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("vault.json");
        Vault::create(&path, &text("open sesame now"), LIGHT, entropy()).unwrap();
        std::thread::scope(|scope| {
            for program in 0..4 {
                let path = &path;
                scope.spawn(move || {
                    let vault =
                        Vault::unlock(path, &text("open sesame now"), Box::new(Counting(program))).unwrap();
                    for item in 0..5 {
                        vault.set(&format!("{program}/{item}"), &text("x")).unwrap();
                    }
                });
            }
        });
        let vault = Vault::unlock(&path, &text("open sesame now"), entropy()).unwrap();
        assert_eq!(vault.read_items().unwrap().len(), 20);
    }
}
