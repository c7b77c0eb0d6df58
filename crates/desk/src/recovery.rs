//! The recovery code (O5): opens a replica and its outbox where the keychain has lost their key.
//!
//! The replica's key lies sealed beside the replica, under a key that only the code gives. The code itself is nowhere:
//! it is answered once, and remembered only for as long as its dialog may copy or save it.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use crypto::recovery::RecoveryCode;
use crypto::seal;
use crypto::secret::{Secret, SecretBytes};
use domain::clock::Timestamp;
use domain::id::ConnectionId;
use replica::Replica;
use serde::{Deserialize, Serialize};

use crate::error::DeskError;
use crate::open::{PASSWORD, REPLICA_KEY, item};
use crate::registry::{Record, write_whole};
use crate::secrets::{CLIPBOARD, file_name, write_new};
use crate::view::{ConnectionKind, Copied, Opened, Saved};
use crate::{Desk, blocking, lock};

const VERSION: u32 = 1;
const NAMESPACE: &str = "keystead.recovery.v1";

/// A recovery code that was just made: the only answer that carries one.
#[derive(Serialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[serde(rename_all = "camelCase")]
pub struct MadeRecoveryCode {
    /// The code, in groups.
    pub code: String,
    /// When it was made.
    pub made_at: Timestamp,
    /// Whether an older code opens nothing any more.
    pub replaced: bool,
}

/// Whether a connection has a recovery code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[serde(rename_all = "camelCase")]
pub struct RecoveryStatus {
    /// When it was made; none when there is none.
    pub made_at: Option<Timestamp>,
}

/// The code on the screen, and whose it is.
pub(crate) struct Shown {
    connection: ConnectionId,
    code: Secret,
    made_at: Timestamp,
}

/// `recovery.json`: no secret is in it that the code does not open.
#[derive(Serialize, Deserialize)]
struct RecoveryFile {
    version: u32,
    made_at: Timestamp,
    sealed: String,
}

impl RecoveryFile {
    fn read(path: &Path) -> Result<Option<Self>, DeskError> {
        let text = match std::fs::read(path) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(DeskError::file(path, error)),
        };
        let file: Self = serde_json::from_slice(&text).map_err(|error| {
            DeskError::file(path, format!("it can't be read ({error}) and was left as it is"))
        })?;
        if file.version > VERSION {
            return Err(DeskError::file(
                path,
                "it was written by a newer Keystead; update it",
            ));
        }
        Ok(Some(file))
    }
}

/// What the code opens.
struct Kept {
    replica_key: SecretBytes,
    /// Of the workspace of this computer, which signs itself in.
    password: Option<Secret>,
}

impl Kept {
    fn to_text(&self) -> Secret {
        let key = self.replica_key.to_hex();
        let password = self.password.as_ref().map_or("", Secret::expose);
        Secret::new(format!("{}\n{password}", key.expose()))
    }

    fn from_text(text: &Secret) -> Option<Self> {
        let (key, password) = text.expose().split_once('\n')?;
        Some(Self {
            replica_key: SecretBytes::from_hex(&Secret::new(key.to_owned()))?,
            password: (!password.is_empty()).then(|| Secret::new(password.to_owned())),
        })
    }
}

fn unseal(file: &RecoveryFile, code: &RecoveryCode, id: ConnectionId) -> Option<Kept> {
    let id = id.to_string();
    let sealed = STANDARD.decode(&file.sealed).ok()?;
    let plain = seal::open(&code.derive_key(&id), NAMESPACE, &id, &sealed).ok()?;
    Kept::from_text(&Secret::new(String::from_utf8(plain.to_vec()).ok()?))
}

impl Desk {
    /// Whether a connection has a recovery code. Asks no keychain.
    ///
    /// # Errors
    /// [`DeskError`] when its file can't be read.
    pub async fn recovery_status(self: &Arc<Self>, id: ConnectionId) -> Result<RecoveryStatus, DeskError> {
        self.find_record(id)?;
        let path = self.place.recovery(id);
        blocking(move || {
            Ok(RecoveryStatus {
                made_at: RecoveryFile::read(&path)?.map(|file| file.made_at),
            })
        })
        .await
    }

    /// Makes a recovery code for a connection. An older one opens nothing from then on.
    ///
    /// # Errors
    /// [`DeskError`]; then an older one still opens what it did.
    pub async fn make_recovery_code(
        self: &Arc<Self>,
        id: ConnectionId,
    ) -> Result<MadeRecoveryCode, DeskError> {
        let _one = self.changing.lock().await;
        let record = self.find_record(id)?;
        let keychain = self.keychain().await?;
        let (desk, made_at) = (self.clone(), self.now());
        let (code, replaced) = blocking(move || {
            let (path, replica) = (desk.place.recovery(id), desk.place.replica(id));
            let missing = || DeskError::ReplicaKeyMissing {
                path: replica.display().to_string(),
            };
            let text = keychain.get(&item(id, REPLICA_KEY))?.ok_or_else(missing)?;
            let kept = Kept {
                replica_key: SecretBytes::from_hex(&text).ok_or_else(missing)?,
                password: match record.kind {
                    ConnectionKind::ThisComputer => keychain.get(&item(id, PASSWORD))?,
                    _ => None,
                },
            };
            // A code is only worth its paper when the key opens what lies there.
            drop(Replica::open(&replica, &kept.replica_key)?);
            let replaced = RecoveryFile::read(&path)?.is_some();
            let code = desk.with_entropy(|entropy| RecoveryCode::mint(entropy));
            let name = id.to_string();
            let sealed = desk
                .with_entropy(|entropy| {
                    let (key, plain) = (code.derive_key(&name), kept.to_text());
                    seal::seal(&key, NAMESPACE, &name, plain.expose().as_bytes(), entropy)
                })
                .map_err(|error| DeskError::file(&path, error))?;
            let file = RecoveryFile {
                version: VERSION,
                made_at,
                sealed: STANDARD.encode(sealed),
            };
            let text = serde_json::to_vec_pretty(&file).map_err(|error| DeskError::file(&path, error))?;
            write_whole(&path, &text)?;
            Ok((code.to_text(), replaced))
        })
        .await?;
        let made = MadeRecoveryCode {
            code: code.expose().to_owned(),
            made_at,
            replaced,
        };
        *lock(&self.shown_code) = Some(Shown {
            connection: id,
            code,
            made_at,
        });
        Ok(made)
    }

    /// Puts the code that was just made on the clipboard; it leaves it by itself.
    ///
    /// # Errors
    /// [`DeskError`].
    pub async fn copy_recovery_code(self: &Arc<Self>, id: ConnectionId) -> Result<Copied, DeskError> {
        let (code, _) = self.shown_code(id)?;
        let host = self.ports.host.clone();
        blocking(move || host.copy(&code, CLIPBOARD).map_err(DeskError::Unexpected)).await?;
        Ok(Copied {
            clears_in_seconds: u32::try_from(CLIPBOARD.as_secs()).unwrap_or(u32::MAX),
        })
    }

    /// Writes the code that was just made to a text file that can be printed, in the downloads folder.
    ///
    /// # Errors
    /// [`DeskError`].
    pub async fn save_recovery_code(self: &Arc<Self>, id: ConnectionId) -> Result<Saved, DeskError> {
        let record = self.find_record(id)?;
        let (code, made_at) = self.shown_code(id)?;
        let host = self.ports.host.clone();
        blocking(move || {
            let folder = host.downloads().ok_or_else(|| {
                DeskError::Unexpected(
                    "this computer has no folder for downloads; copy the code instead".to_owned(),
                )
            })?;
            std::fs::create_dir_all(&folder).map_err(|error| DeskError::file(&folder, error))?;
            let name = file_name(&format!("recovery-{}", record.organization_name));
            let path = write_new(&folder, &name, &sheet(&record, &code, made_at))?;
            Ok(Saved {
                path: path.display().to_string(),
            })
        })
        .await
    }

    /// Forgets the code that was just made: its dialog was closed.
    pub fn forget_recovery_code(&self) {
        *lock(&self.shown_code) = None;
    }

    fn shown_code(&self, id: ConnectionId) -> Result<(Secret, Timestamp), DeskError> {
        self.find_record(id)?;
        lock(&self.shown_code)
            .as_ref()
            .filter(|shown| shown.connection == id)
            .map(|shown| (shown.code.duplicate(), shown.made_at))
            .ok_or_else(|| {
                DeskError::NotFound("this code is not on the screen any more; make a new one".to_owned())
            })
    }

    /// Opens a connection whose key the keychain has lost, and puts the key back into the keychain. The outbox is
    /// whole; where the session is gone, the password is asked for as at any time.
    ///
    /// # Errors
    /// [`DeskError::Input`] at `code` when the code is mistyped or opens something else; nothing is changed then.
    pub async fn recover(self: &Arc<Self>, id: ConnectionId, code: Secret) -> Result<Opened, DeskError> {
        self.unlocked()?;
        let code = RecoveryCode::parse(code.expose()).map_err(|problem| DeskError::input("code", problem))?;
        let _one = self.changing.lock().await;
        let record = self.find_record(id)?;
        let keychain = self.keychain().await?;
        let (path, replica) = (self.place.recovery(id), self.place.replica(id));
        blocking(move || {
            let file = RecoveryFile::read(&path)?.ok_or_else(|| {
                DeskError::input(
                    "code",
                    "no recovery code was made for this workspace on this computer",
                )
            })?;
            let kept = unseal(&file, &code, id).ok_or_else(|| {
                DeskError::input(
                    "code",
                    format!(
                        "this code does not open this workspace: the one that does was made on {}",
                        date(file.made_at)
                    ),
                )
            })?;
            // The proof comes first: a key that does not open the replica never replaces one that may.
            drop(Replica::open(&replica, &kept.replica_key)?);
            keychain.set(&item(id, REPLICA_KEY), &kept.replica_key.to_hex())?;
            let password = item(id, PASSWORD);
            if let Some(kept) = kept.password
                && keychain.get(&password)?.is_none()
            {
                keychain.set(&password, &kept)?;
            }
            Ok(())
        })
        .await?;
        self.open_and_remember(record).await
    }
}

fn date(at: Timestamp) -> String {
    at.to_string().chars().take(10).collect()
}

fn sheet(record: &Record, code: &Secret, made_at: Timestamp) -> Secret {
    let place = crate::connections::view(record).place;
    Secret::new(format!(
        "Keystead recovery code\n\n    {}\n\nOpens the copy of {} ({place}, {}) on the computer where it was made, and \
         the changes\nthat wait in it, when that computer's keychain has lost their key. Made on {}; a newer code\n\
         replaces it.\n\nKeep it away from that computer: on paper, or in a safe. Whoever has this code and the files\n\
         of that computer can read the copy.",
        code.expose(),
        record.organization_name,
        record.account_email,
        date(made_at),
    ))
}

/// Copies the recovery file along with a replica that is set aside: the code goes on opening it.
pub(crate) fn copy_along(recovery: &Path, aside: &Path) -> Result<(), DeskError> {
    match std::fs::copy(recovery, aside.with_extension("recovery.json")) {
        Ok(_) => Ok(()),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(DeskError::file(recovery, error)),
    }
}

/// Moves a recovery file out of the way of a replica with a new key, which its code does not open.
pub(crate) fn leave_behind(recovery: &Path) -> Result<(), DeskError> {
    let free = |count: u32| -> PathBuf { recovery.with_extension(format!("aside-{count}.json")) };
    let aside = (1..).map(free).find(|path| !path.exists());
    match std::fs::rename(recovery, aside.unwrap_or_else(|| free(0))) {
        Ok(()) => Ok(()),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(DeskError::file(recovery, error)),
    }
}
