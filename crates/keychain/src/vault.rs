//! The passphrase vault: where there is no keychain, one file that a passphrase opens. Never plaintext.
//!
//! The key is Argon2id of the passphrase; the items are sealed together with AES-256-GCM. The file is written whole
//! beside itself and renamed over, with its data on the disk first: a power cut leaves the old file or the new one.
//! Two programs may share it: each change takes the lock file and reads the file anew.

use std::collections::BTreeMap;
use std::fs::{self, File, OpenOptions};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

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

/// An unlocked vault.
pub struct Vault {
    path: PathBuf,
    key: SecretBytes,
    salt: [u8; 16],
    work: Work,
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
        mut entropy: Box<dyn Entropy>,
    ) -> Result<Self, KeychainError> {
        if path.exists() {
            return Err(problem(path, "there is one already; unlock it instead"));
        }
        let mut salt = [0u8; 16];
        entropy.fill(&mut salt);
        let key = derive_key(passphrase, &salt, work).map_err(|error| problem(path, error))?;
        let vault = Self {
            path: path.to_owned(),
            key,
            salt,
            work,
            entropy: Mutex::new(entropy),
        };
        let _lock = vault.lock()?;
        vault.write(&Items::new())?;
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
        let salt: [u8; 16] = STANDARD
            .decode(&file.salt)
            .ok()
            .and_then(|salt| salt.try_into().ok())
            .ok_or_else(|| problem(path, "its salt is damaged"))?;
        let key = derive_key(passphrase, &salt, file.work).map_err(|error| problem(path, error))?;
        let vault = Self {
            path: path.to_owned(),
            key,
            salt,
            work: file.work,
            entropy: Mutex::new(entropy),
        };
        vault.items(&file)?;
        Ok(vault)
    }

    fn items(&self, file: &VaultFile) -> Result<Items, KeychainError> {
        let sealed = STANDARD
            .decode(&file.sealed)
            .map_err(|error| problem(&self.path, error))?;
        let plain =
            seal::open(&self.key, NAMESPACE, ITEMS, &sealed).map_err(|_| KeychainError::WrongPassphrase)?;
        serde_json::from_slice::<BTreeMap<String, String>>(&plain)
            .map(|items| {
                items
                    .into_iter()
                    .map(|(name, text)| (name, Zeroizing::new(text)))
                    .collect()
            })
            .map_err(|_| problem(&self.path, "its content is damaged"))
    }

    fn read_items(&self) -> Result<Items, KeychainError> {
        self.items(&read(&self.path)?)
    }

    fn write(&self, items: &Items) -> Result<(), KeychainError> {
        let plain: BTreeMap<&str, &str> = items
            .iter()
            .map(|(name, text)| (name.as_str(), text.as_str()))
            .collect();
        let plain = Zeroizing::new(serde_json::to_vec(&plain).map_err(|error| problem(&self.path, error))?);
        let sealed = {
            let mut entropy = self.entropy.lock().unwrap_or_else(PoisonError::into_inner);
            seal::seal(&self.key, NAMESPACE, ITEMS, &plain, &mut **entropy)
                .map_err(|error| problem(&self.path, error))?
        };
        let file = VaultFile {
            version: VERSION,
            work: self.work,
            salt: STANDARD.encode(self.salt),
            sealed: STANDARD.encode(sealed),
        };
        let text = serde_json::to_vec_pretty(&file).map_err(|error| problem(&self.path, error))?;
        self.replace(&text).map_err(|error| problem(&self.path, error))
    }

    fn replace(&self, text: &[u8]) -> std::io::Result<()> {
        let folder = self.path.parent().unwrap_or_else(|| Path::new("."));
        fs::create_dir_all(folder)?;
        // A named temporary file is readable by its owner alone.
        let mut beside = tempfile::NamedTempFile::new_in(folder)?;
        beside.write_all(text)?;
        beside.as_file().sync_all()?;
        beside.persist(&self.path).map_err(|error| error.error)?;
        File::open(folder)?.sync_all()
    }

    fn lock(&self) -> Result<File, KeychainError> {
        let path = self.path.with_extension("lock");
        let folder = path.parent().unwrap_or_else(|| Path::new("."));
        fs::create_dir_all(folder).map_err(|error| problem(&path, error))?;
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
        self.write(&items)
    }

    fn remove(&self, name: &str) -> Result<(), KeychainError> {
        let _lock = self.lock()?;
        let mut items = self.read_items()?;
        if items.remove(name).is_some() {
            self.write(&items)
        } else {
            Ok(())
        }
    }

    fn rung(&self) -> Rung {
        Rung::Vault
    }
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
