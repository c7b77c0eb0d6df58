//! Secrets that this computer's keychain has: copy, save, use. Their text never crosses to the window from here.

use std::io::Write as _;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use crypto::secret::Secret;
use crypto::token::Token;
use domain::clock::Timestamp;
use domain::id::{KeyId, OperationId, SecretId};
use domain::key::{KeyKind, KeyState};
use domain::trace::{Handling, Trace};
use keychain::Rung;
use protocol::key::{NewSecret, SecretView};
use replica::{Operation, UntoldTrace};
use sync::failpoint::reach;

use crate::error::DeskError;
use crate::keys::no_such_key;
use crate::open::{OpenConnection, item};
use crate::view::{ConnectionKind, Copied, CreatedKey, Saved, StoredIn};
use crate::{Desk, blocking};

/// How long a copied secret stays on the clipboard (K17).
pub(crate) const CLIPBOARD: Duration = Duration::from_secs(30);
/// Files that may lie there already before another name is tried no more.
const MOST_NAMES: u32 = 1_000;

/// A secret that was just made here, and what the server learns of it.
pub(crate) struct Born {
    token: Token,
    pub(crate) secret: NewSecret,
}

impl Desk {
    /// Makes a secret for a key.
    pub(crate) fn bear(&self, kind: KeyKind, key_id: KeyId, now: Timestamp) -> Born {
        let (token, id) =
            self.with_entropy(|entropy| (Token::mint(kind, entropy), SecretId::make(now, entropy)));
        let secret = NewSecret {
            key_id,
            id,
            hash: token.hash(),
            prefix: token.prefix(),
            last_four: token.last_four(),
        };
        Born { token, secret }
    }
}

impl OpenConnection {
    /// Puts a new secret into the keychain, and then writes what is wanted with it: nothing is sent whose secret could be
    /// lost. Where that can't be written, the secret goes again.
    pub(crate) fn keep(
        &self,
        born: Born,
        name: String,
        kind: KeyKind,
        want: impl FnOnce() -> Result<(), DeskError>,
    ) -> Result<CreatedKey, DeskError> {
        let Born { token, secret } = born;
        let (prefix, body, checksum) = token.parts();
        let (prefix, body, checksum) = (prefix.to_owned(), body.to_owned(), checksum.to_owned());
        let kept_as = item(self.record().id, secret.id);
        reach("create.minted");
        self.keychain.set(&kept_as, &token.into_secret())?;
        reach("create.kept");
        if let Err(error) = want() {
            // Nothing was sent: the secret is of no key and need not stay.
            let _removed = self.keychain.remove(&kept_as);
            return Err(error);
        }
        Ok(CreatedKey {
            key_id: secret.key_id,
            secret_id: secret.id,
            name,
            kind,
            prefix,
            body,
            checksum,
            stored_in: match self.keychain.rung() {
                Rung::Os => StoredIn::Os,
                Rung::Vault => StoredIn::Vault,
                Rung::Memory => StoredIn::Memory,
            },
        })
    }
}

impl Desk {
    async fn secret(self: &Arc<Self>, id: SecretId) -> Result<Secret, DeskError> {
        let open = self.current()?;
        blocking(move || {
            open.keychain.get(&item(open.record().id, id))?.ok_or_else(|| {
                DeskError::NotFound(
                    "this secret is not in this computer's keychain; make a new key if it is lost".to_owned(),
                )
            })
        })
        .await
    }

    /// Notes what is about to be done with a secret (K17); the server is told as soon as it can be. What is looked at in a
    /// sample leaves none.
    async fn leave_trace(self: &Arc<Self>, id: SecretId, handling: Handling) -> Result<(), DeskError> {
        let open = self.current()?;
        if open.record().kind == ConnectionKind::Sample {
            return Ok(());
        }
        let at = self.now();
        let operation_id = self.with_entropy(|entropy| OperationId::make(at, entropy));
        blocking(move || {
            // A secret whose key is not there any more is of no record.
            let Some(key_id) = open.replica.key_of_secret(id)? else {
                return Ok(());
            };
            open.replica.leave_trace(&UntoldTrace {
                operation_id,
                key_id,
                trace: Trace {
                    secret_id: id,
                    handling,
                    at,
                },
            })?;
            open.engine.wake();
            Ok(())
        })
        .await
    }

    /// Puts a secret on the clipboard; it leaves it by itself.
    ///
    /// # Errors
    /// [`DeskError`].
    pub async fn copy_secret(self: &Arc<Self>, id: SecretId) -> Result<Copied, DeskError> {
        let secret = self.secret(id).await?;
        self.leave_trace(id, Handling::Copied).await?;
        let host = self.ports.host.clone();
        blocking(move || host.copy(&secret, CLIPBOARD).map_err(DeskError::Unexpected)).await?;
        Ok(Copied {
            clears_in_seconds: u32::try_from(CLIPBOARD.as_secs()).unwrap_or(u32::MAX),
        })
    }

    /// Writes a secret to a text file in the downloads folder: readable by its owner alone, never over another file.
    ///
    /// # Errors
    /// [`DeskError`].
    pub async fn save_secret(self: &Arc<Self>, id: SecretId) -> Result<Saved, DeskError> {
        let secret = self.secret(id).await?;
        self.leave_trace(id, Handling::Saved).await?;
        let open = self.current()?;
        let host = self.ports.host.clone();
        blocking(move || {
            let folder = host.downloads().ok_or_else(|| {
                DeskError::Unexpected(
                    "this computer has no folder for downloads; copy the secret instead".to_owned(),
                )
            })?;
            std::fs::create_dir_all(&folder).map_err(|error| DeskError::file(&folder, error))?;
            let name = open
                .replica
                .key_name_of_secret(id)?
                .unwrap_or_else(|| "secret".to_owned());
            let path = write_new(&folder, &file_name(&name), &secret)?;
            Ok(Saved {
                path: path.display().to_string(),
            })
        })
        .await
    }

    /// The secret of a key for a program that is to use it: the newest that this computer has (K17). It is for the
    /// program's eyes only.
    ///
    /// # Errors
    /// [`DeskError::Refused`] when the key is revoked, is to be, or has expired; [`DeskError::NotFound`] when this
    /// computer has none of its secrets; [`DeskError::Keychain`] when the keychain does not answer.
    pub async fn secret_to_use(self: &Arc<Self>, id: KeyId) -> Result<Secret, DeskError> {
        let open = self.current()?;
        let now = self.now();
        let (secret_id, secret) = blocking(move || {
            let record = open.replica.key(id)?.ok_or_else(no_such_key)?;
            let name = &record.shown.name;
            let revoking = record
                .pending
                .iter()
                .any(|entry| matches!(entry.operation, Operation::RevokeKey { .. }) && entry.state.goes_on());
            match record.state(now) {
                KeyState::Revoked => {
                    return Err(DeskError::Refused(format!(
                        "{name} is revoked and gives access to nothing; use another key"
                    )));
                }
                KeyState::Expired => {
                    return Err(DeskError::Refused(format!(
                        "{name} has expired and gives access to nothing; use another key"
                    )));
                }
                KeyState::Paused => {
                    return Err(DeskError::Refused(format!(
                        "{name} is paused and gives access to nothing until it is resumed; use another key, or resume it"
                    )));
                }
                KeyState::Suspended => {
                    let why = record.suspension.map_or("suspended", |why| why.sentence());
                    return Err(DeskError::Refused(format!(
                        "{name} is suspended and gives access to nothing: {why}"
                    )));
                }
                KeyState::Active | KeyState::Rotating if revoking => {
                    return Err(DeskError::Refused(format!(
                        "the revocation of {name} waits for the server; use another key"
                    )));
                }
                KeyState::Active | KeyState::Rotating => {}
            }
            // The newest of those that work.
            let live = |secret: &&SecretView| secret.life().is_live(now);
            for secret in record.view.secrets.iter().rev().filter(live) {
                if let Some(found) = open.keychain.get(&item(open.record().id, secret.id))? {
                    return Ok((secret.id, found));
                }
            }
            Err(DeskError::NotFound(format!(
                "the secret of {name} is not in this computer's keychain; it was made on another computer, or its entry was \
                 removed. Make a key here for what is to run here"
            )))
        })
        .await?;
        self.leave_trace(secret_id, Handling::GivenToCommand).await?;
        Ok(secret)
    }

    /// The text of a secret, to be shown.
    ///
    /// # Errors
    /// [`DeskError`].
    pub async fn reveal_secret(self: &Arc<Self>, id: SecretId) -> Result<Secret, DeskError> {
        let secret = self.secret(id).await?;
        self.leave_trace(id, Handling::Revealed).await?;
        Ok(secret)
    }
}

pub(crate) fn file_name(key_name: &str) -> String {
    let plain: String = key_name
        .chars()
        .map(|c| {
            if c.is_alphanumeric() || matches!(c, '-' | '_' | '.') {
                c
            } else {
                '-'
            }
        })
        .take(60)
        .collect();
    format!("keystead-{}", plain.trim_matches(['.', '-']))
}

pub(crate) fn write_new(folder: &Path, name: &str, secret: &Secret) -> Result<std::path::PathBuf, DeskError> {
    write_new_file(folder, (name, "txt"), |file| {
        writeln!(file, "{}", secret.expose())
    })
}

/// Writes a file that is not there yet, readable by its owner alone.
pub(crate) fn write_new_file(
    folder: &Path,
    (name, ending): (&str, &str),
    write: impl FnOnce(&mut std::fs::File) -> std::io::Result<()>,
) -> Result<std::path::PathBuf, DeskError> {
    for count in 1..=MOST_NAMES {
        let path = folder.join(if count == 1 {
            format!("{name}.{ending}")
        } else {
            format!("{name}-{count}.{ending}")
        });
        let mut options = std::fs::OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        match options.open(&path) {
            Ok(mut file) => {
                return write(&mut file)
                    .and_then(|()| file.sync_all())
                    .map(|()| path.clone())
                    .map_err(|error| DeskError::file(&path, error));
            }
            Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {}
            Err(error) => return Err(DeskError::file(&path, error)),
        }
    }
    Err(DeskError::file(
        folder,
        format!("{name}.{ending} and {MOST_NAMES} more exist already"),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn k3_a_saved_secret_never_goes_over_another_file() {
        let folder = tempfile::tempdir().unwrap();
        let secret = Secret::new("kst_team_x".to_owned());
        let first = write_new(folder.path(), &file_name("ci/deploy ☃"), &secret).unwrap();
        let second = write_new(folder.path(), &file_name("ci/deploy ☃"), &secret).unwrap();
        assert_eq!(first.file_name().unwrap(), "keystead-ci-deploy.txt");
        assert_eq!(second.file_name().unwrap(), "keystead-ci-deploy-2.txt");
        assert_eq!(std::fs::read_to_string(first).unwrap(), "kst_team_x\n");
    }
}
