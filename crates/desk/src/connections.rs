//! The connections of this computer: list, switch, remove, set a replica aside.

use std::sync::Arc;

use crypto::secret::Secret;
use domain::id::{ConnectionId, SecretId};
use domain::role::{Action, grant, require};
use replica::KeyQuery;

use crate::error::DeskError;
use crate::open::{PASSWORD, REPLICA_KEY, SESSION, item};
use crate::pending::pending_of;
use crate::registry::Record;
use crate::view::{
    ActionPermission, Boot, ConnectionKind, ConnectionView, Opened, PendingChange, Preferences,
    RemovalPreview, SetAside, sentence,
};
use crate::{Desk, Topic, blocking, lock, recovery};

/// What of a connection is on this computer.
struct Contents {
    record: Record,
    /// The secrets of it that the keychain has.
    secrets: Vec<SecretId>,
    unsent: Vec<PendingChange>,
    session: Option<Secret>,
    /// Another connection of this computer uses the same session.
    shared: bool,
}

impl Desk {
    /// What the first paint needs.
    ///
    /// # Errors
    /// [`DeskError`].
    pub async fn boot(self: &Arc<Self>, preferences: Preferences) -> Result<Boot, DeskError> {
        let keychain = self.keychain_status().await?;
        let mut connections: Vec<ConnectionView> =
            lock(&self.registry).connections.iter().map(view).collect();
        let open = lock(&self.open).clone();
        let current = match &open {
            Some(open) => {
                if open.record().kind == ConnectionKind::Sample {
                    connections.push(view(&open.record()));
                }
                Some(open.record().id)
            }
            None => lock(&self.registry).current,
        };
        let state = self.lock_status();
        let (connections, current) = if state.locked {
            (Vec::new(), None)
        } else {
            (connections, current)
        };
        Ok(Boot {
            connections,
            current,
            keychain,
            lock: state,
            preferences,
            version: env!("CARGO_PKG_VERSION").to_owned(),
        })
    }

    /// The connections of this computer.
    #[must_use]
    pub fn connections(&self) -> Vec<ConnectionView> {
        lock(&self.registry).connections.iter().map(view).collect()
    }

    /// The connection that was used last.
    #[must_use]
    pub fn last_used(&self) -> Option<ConnectionId> {
        lock(&self.registry).current
    }

    /// Opens a connection of the list.
    ///
    /// # Errors
    /// [`DeskError`]: the keychain, or the replica. A server that is away is no error.
    pub async fn open_connection(self: &Arc<Self>, id: ConnectionId) -> Result<Opened, DeskError> {
        let _one = self.changing.lock().await;
        self.unlocked()?;
        let open = lock(&self.open).clone().filter(|open| open.record().id == id);
        if let Some(open) = open {
            return Ok(self.opened(&open.record()));
        }
        self.open_and_remember(self.find_record(id)?).await
    }

    /// Opens the connection that was used last before anybody asks, and reads its list of keys: a window takes a while to
    /// come, and finds them ready. What is in the way is told to whoever asks.
    pub async fn open_ahead(self: &Arc<Self>) {
        let Some(id) = self.last_used() else { return };
        if self.open_connection(id).await.is_ok() {
            let first = KeyQuery::by_name(1);
            let _read = self.list_keys(first).await;
        }
    }

    pub(crate) fn find_record(&self, id: ConnectionId) -> Result<Record, DeskError> {
        self.unlocked()?;
        lock(&self.registry)
            .find(id)
            .cloned()
            .ok_or_else(|| DeskError::NotFound("this connection is not in the list any more".to_owned()))
    }

    pub(crate) fn opened(&self, record: &Record) -> Opened {
        let permissions = Action::ALL
            .into_iter()
            .map(|action| {
                let refusal = if record.left {
                    Some(format!(
                        "you are not a member of {} any more",
                        record.organization_name
                    ))
                } else if let Action::OwnTokens | Action::ReadKeys | Action::RotateKeys = action
                    && grant(record.role, action).is_some()
                {
                    // How far goes by the token policy, and by which keys are assigned: each says so for itself.
                    None
                } else {
                    require(record.role, action)
                        .err()
                        .map(|refusal| refusal.to_string())
                };
                ActionPermission {
                    action,
                    allowed: refusal.is_none(),
                    reason: refusal.map(|refusal| sentence(&refusal)),
                }
            })
            .collect();
        Opened {
            connection: view(record),
            permissions,
            region: record.region.clone(),
        }
    }

    /// What removing a connection would take away. The one that is open stays open.
    ///
    /// # Errors
    /// [`DeskError`].
    pub async fn removal_preview(self: &Arc<Self>, id: ConnectionId) -> Result<RemovalPreview, DeskError> {
        let Contents {
            record,
            secrets,
            unsent,
            ..
        } = self.contents_of(id).await?;
        Ok(RemovalPreview {
            unsent_changes: unsent,
            secrets_here: u32::try_from(secrets.len()).unwrap_or(u32::MAX),
            deletes_server: record.kind != ConnectionKind::Server,
            connection: view(&record),
        })
    }

    /// What of a connection is on this computer, whether it is open or not; the one that is open stays so.
    async fn contents_of(self: &Arc<Self>, id: ConnectionId) -> Result<Contents, DeskError> {
        let open = lock(&self.open).clone().filter(|open| open.record().id == id);
        let record = match &open {
            Some(open) => open.record().as_ref().clone(),
            None => self.find_record(id)?,
        };
        let keychain = match &open {
            Some(open) => open.keychain.clone(),
            None => self.keychain().await?,
        };
        let (desk, path) = (self.clone(), self.place.replica(id));
        let others: Vec<ConnectionId> = lock(&self.registry)
            .connections
            .iter()
            .filter(|other| other.id != id && other.account_id == record.account_id)
            .map(|other| other.id)
            .collect();
        blocking(move || {
            let session = keychain.get(&item(id, SESSION))?;
            let mut shared = false;
            if let Some(session) = &session {
                for other in others {
                    let theirs = keychain.get(&item(other, SESSION))?;
                    shared |= theirs.is_some_and(|theirs| theirs.expose() == session.expose());
                }
            }
            let opened = match open {
                Some(open) => Some(open.replica.clone()),
                None if !path.exists() => None,
                None => match desk.open_replica(&keychain, id, &path) {
                    Ok(replica) => Some(Arc::new(replica)),
                    // A replica that can't be read can't say what it holds; it can still be removed.
                    Err(DeskError::Replica(_) | DeskError::ReplicaKeyMissing { .. }) => None,
                    Err(error) => return Err(error),
                },
            };
            let mut contents = Contents {
                record,
                secrets: Vec::new(),
                unsent: Vec::new(),
                session,
                shared,
            };
            if let Some(replica) = opened {
                contents.unsent = pending_of(&replica)?;
                for secret in replica.secret_ids()? {
                    if keychain.get(&item(id, secret))?.is_some() {
                        contents.secrets.push(secret);
                    }
                }
            }
            Ok(contents)
        })
        .await
    }

    /// Removes a connection: ends its session, removes its secrets and keys from the keychain and wipes its files.
    ///
    /// # Errors
    /// [`DeskError`]; asking again goes on where it stopped.
    pub async fn remove_connection(self: &Arc<Self>, id: ConnectionId) -> Result<(), DeskError> {
        let Contents {
            record,
            secrets,
            session,
            shared,
            ..
        } = self.contents_of(id).await?;
        let kind = record.kind;
        let _one = self.changing.lock().await;
        let open = {
            let mut slot = lock(&self.open);
            if slot.as_ref().is_some_and(|open| open.record().id == id) {
                slot.take()
            } else {
                None
            }
        };
        if let Some(open) = open {
            if let Ok(session) = open.engine.session()
                && !shared
            {
                // Away or signed out already: the session ends by itself.
                let _ended = session.sign_out().await;
            }
            open.shut().await;
        } else if let (Some(url), Some(token), false) = (&record.url, session, shared) {
            let _ended = self.server(url)?.with_session(token).sign_out().await;
        }
        if kind != ConnectionKind::Sample {
            let keychain = self.keychain().await?;
            let (place, this_computer) = (self.place.connection(id), self.place.this_computer());
            blocking(move || {
                for secret in secrets {
                    keychain.remove(&item(id, secret))?;
                }
                for name in [SESSION, PASSWORD] {
                    keychain.remove(&item(id, name))?;
                }
                remove_folder(&place)?;
                if kind == ConnectionKind::ThisComputer {
                    remove_folder(&this_computer)?;
                }
                // Last: while a file exists, its key does.
                keychain.remove(&item(id, REPLICA_KEY))?;
                Ok(())
            })
            .await?;
            lock(&self.registry).remove(id)?;
        }
        self.announce(&[Topic::Connections, Topic::Keys, Topic::Outbox, Topic::Sync]);
        Ok(())
    }

    /// Moves a replica that can't be read aside, never deleting it, and downloads a new one.
    ///
    /// # Errors
    /// [`DeskError`].
    pub async fn set_replica_aside(self: &Arc<Self>, id: ConnectionId) -> Result<SetAside, DeskError> {
        let record = self.find_record(id)?;
        let path = self.place.replica(id);
        let stamp: String = self
            .now()
            .to_string()
            .chars()
            .filter(char::is_ascii_alphanumeric)
            .take(15)
            .collect();
        let (moved_to, wishes) = {
            let _one = self.changing.lock().await;
            let open = {
                let mut slot = lock(&self.open);
                if slot.as_ref().is_some_and(|open| open.record().id == id) {
                    slot.take()
                } else {
                    None
                }
            };
            let wishes = match &open {
                Some(open) => (open.replica.outbox()?, open.replica.untold_traces()?),
                None => (Vec::new(), Vec::new()),
            };
            if let Some(open) = open {
                open.shut().await;
            }
            let recovery = self.place.recovery(id);
            let moved_to = blocking(move || {
                let aside = (0..)
                    .map(|count| {
                        path.with_extension(if count == 0 {
                            format!("aside-{stamp}.db")
                        } else {
                            format!("aside-{stamp}-{count}.db")
                        })
                    })
                    .find(|aside| !aside.exists())
                    .unwrap_or_else(|| path.with_extension("aside.db"));
                recovery::copy_along(&recovery, &aside)?;
                for suffix in ["", "-wal", "-shm"] {
                    let (from, to) = (with_suffix(&path, suffix), with_suffix(&aside, suffix));
                    match std::fs::rename(&from, &to) {
                        Ok(()) => {}
                        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
                        Err(error) => return Err(DeskError::file(&from, error)),
                    }
                }
                Ok(aside)
            })
            .await?;
            (moved_to, wishes)
        };
        let account = record.account_id;
        let opened = self.open_and_remember(record).await?;
        let open = self.current()?;
        blocking(move || open.want_again(&wishes.0, &wishes.1, account)).await?;
        Ok(SetAside {
            moved_to: moved_to.display().to_string(),
            opened,
        })
    }
}

fn with_suffix(path: &std::path::Path, suffix: &str) -> std::path::PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}

fn remove_folder(path: &std::path::Path) -> Result<(), DeskError> {
    match std::fs::remove_dir_all(path) {
        Ok(()) => Ok(()),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(DeskError::file(path, error)),
    }
}

pub(crate) fn view(record: &Record) -> ConnectionView {
    let place = match record.kind {
        ConnectionKind::ThisComputer => "this computer".to_owned(),
        ConnectionKind::Sample => "sample data".to_owned(),
        ConnectionKind::Server => record
            .url
            .as_deref()
            .map(|url| url.split_once("://").map_or(url, |(_, host)| host).to_owned())
            .unwrap_or_default(),
    };
    ConnectionView {
        id: record.id,
        kind: record.kind,
        place,
        url: record.url.clone(),
        organization_name: record.organization_name.clone(),
        organization_id: record.organization_id,
        account_email: record.account_email.to_string(),
        account_name: record.account_name.clone(),
        role: record.role,
    }
}
