//! The open connection: its replica, its engine, its keychain.

use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use client::{Server, ServerAddress};
use crypto::secret::{Secret, SecretBytes};
use domain::id::ConnectionId;
use domain::role::Role;
use keychain::Keychain;
use replica::{Replica, ReplicaError, Topic};
use sync::engine::{Engine, Link, Running};
use sync::status::Phase;
use tokio::task::JoinHandle;

use crate::error::DeskError;
use crate::host::{LocalPlace, LocalServer};
use crate::registry::Record;
use crate::view::ConnectionKind;
use crate::{Desk, blocking, lock, recovery};

/// Names of a connection's items in the keychain.
pub(crate) fn item(connection: ConnectionId, what: impl std::fmt::Display) -> String {
    format!("{connection}/{what}")
}
pub(crate) const REPLICA_KEY: &str = "replica";
pub(crate) const SESSION: &str = "session";
/// The password of the workspace of this computer, which no person types.
pub(crate) const PASSWORD: &str = "password";

/// How long after a new start of the server of this computer it is looked after again.
const TEND: Duration = Duration::from_secs(2);

pub(crate) struct OpenConnection {
    /// Renewed when the account's own feed says otherwise.
    record: Mutex<Arc<Record>>,
    pub(crate) replica: Arc<Replica>,
    pub(crate) engine: Arc<Engine>,
    pub(crate) keychain: Arc<dyn Keychain>,
    /// The server of this computer; another one takes its place when a joined one ends.
    local: Mutex<Option<Arc<LocalServer>>>,
    running: Mutex<Option<Running>>,
    tend: Mutex<Option<JoinHandle<()>>>,
    /// Sample data: gone when this is.
    _sample: Option<Arc<tempfile::TempDir>>,
}

impl OpenConnection {
    /// What is known of it now.
    pub(crate) fn record(&self) -> Arc<Record> {
        lock(&self.record).clone()
    }

    /// Where its server answers; none while the server of this computer does not run.
    pub(crate) fn url(&self) -> Option<String> {
        let url = self.record().url.clone();
        let url = url.or_else(|| lock(&self.local).as_ref().map(|local| local.url().to_owned()))?;
        Some(url.trim_end_matches('/').to_owned())
    }

    /// What the replica says of the account by now, where that is something else.
    fn renewed(&self) -> Result<Option<Record>, ReplicaError> {
        let known = self.record();
        let mut record = Record::clone(&known);
        if let Some(profile) = self.replica.profile()? {
            record.account_email = profile.email;
            record.account_name = profile.display_name.to_string();
        }
        match self.replica.membership(record.organization_id)? {
            Some(membership) => {
                record.organization_name = membership.organization_name.to_string();
                record.role = membership.role;
                record.left = false;
            }
            // The account was pulled, and belongs there no more: nothing is allowed but looking at what is left, nothing.
            None if self.replica.profile()?.is_some() => {
                record.role = Role::Viewer;
                record.left = true;
            }
            None => {}
        }
        Ok((record != *known).then_some(record))
    }

    /// Stops the sync and a server that was started for it.
    pub(crate) async fn shut(&self) {
        if let Some(local) = self.shut_but_server().await {
            local.stop().await;
        }
    }

    /// Stops the sync; answers the server that was started for it, which goes on.
    pub(crate) async fn shut_but_server(&self) -> Option<Arc<LocalServer>> {
        if let Some(tend) = lock(&self.tend).take() {
            tend.abort();
        }
        let running = lock(&self.running).take();
        if let Some(running) = running {
            running.stop().await;
        }
        let replica = self.replica.clone();
        if let Err(error) = blocking(move || Ok(replica.settle()?)).await {
            tracing::warn!(%error, "the replica was not settled into one file");
        }
        lock(&self.local).take()
    }
}

/// What opening needs beyond the record.
pub(crate) struct Parts {
    pub(crate) keychain: Arc<dyn Keychain>,
    pub(crate) replica_path: PathBuf,
    pub(crate) local: Option<Arc<LocalServer>>,
    pub(crate) link: Link,
    pub(crate) sample: Option<Arc<tempfile::TempDir>>,
}

impl Desk {
    /// The connection that is open.
    pub(crate) fn current(&self) -> Result<Arc<OpenConnection>, DeskError> {
        self.unlocked()?;
        lock(&self.open).clone().ok_or_else(|| {
            DeskError::NotFound("no workspace is open; start one, or connect to a server".to_owned())
        })
    }

    pub(crate) fn server(&self, url: &str) -> Result<Server, DeskError> {
        self.unlocked()?;
        Ok(Server::at(ServerAddress::parse(url)?, &self.ports.client_name)?)
    }

    pub(crate) async fn start_local(&self, place: LocalPlace) -> Result<Arc<LocalServer>, DeskError> {
        if place.folder == self.place.this_computer()
            && let Some(kept) = self.lock.kept_server()
        {
            return Ok(kept);
        }
        self.ports
            .host
            .local_server(place)
            .await
            .map_err(DeskError::Unexpected)
    }

    pub(crate) fn this_computer(&self, name: &str) -> LocalPlace {
        LocalPlace {
            folder: self.place.this_computer(),
            name: name.to_owned(),
        }
    }

    /// Opens a connection that is in the list, and makes it the current one.
    pub(crate) async fn open_record(
        self: &Arc<Self>,
        record: Record,
    ) -> Result<Arc<OpenConnection>, DeskError> {
        let keychain = self.keychain().await?;
        let session = {
            let (keychain, name) = (keychain.clone(), item(record.id, SESSION));
            blocking(move || Ok(keychain.get(&name)?)).await?
        };
        let (local, link) = match record.kind {
            ConnectionKind::ThisComputer => {
                match self
                    .start_local(self.this_computer(&record.organization_name))
                    .await
                {
                    Ok(local) => {
                        let link = self.local_link(&record, &local, &keychain, session).await;
                        (Some(local), link)
                    }
                    Err(error) => (None, Link::NoServer(error.to_string())),
                }
            }
            _ => (
                None,
                self.link(record.url.as_deref().unwrap_or_default(), session)?,
            ),
        };
        let replica_path = self.place.replica(record.id);
        self.open_parts(
            record,
            Parts {
                keychain,
                replica_path,
                local,
                link,
                sample: None,
            },
        )
        .await
    }

    fn link(&self, url: &str, session: Option<Secret>) -> Result<Link, DeskError> {
        Ok(match session {
            Some(token) => Link::Session(self.server(url)?.with_session(token)),
            None => Link::SignedOut,
        })
    }

    /// The workspace of this computer signs itself in again, with the password only the keychain knows.
    async fn local_link(
        self: &Arc<Self>,
        record: &Record,
        local: &LocalServer,
        keychain: &Arc<dyn Keychain>,
        session: Option<Secret>,
    ) -> Link {
        let signed_in = async {
            let server = self.server(local.url())?;
            if let Some(token) = session {
                let session = server.with_session(token);
                match session.account().await {
                    Ok(_) => return Ok(session),
                    Err(error) if error.code() == Some(protocol::problem::ProblemCode::SignedOut) => {}
                    Err(error) => return Err(error.into()),
                }
            }
            let (again, name) = (keychain.clone(), item(record.id, PASSWORD));
            let password = blocking(move || Ok(again.get(&name)?))
                .await?
                .ok_or(DeskError::SignedOut)?;
            let request = protocol::account::SignInRequest {
                email: record.account_email.clone(),
                password,
            };
            let started = server.sign_in(&request).await?;
            self.keep_session(keychain, record.id, &started.token).await?;
            Ok(server.with_session(started.token))
        };
        match signed_in.await {
            Ok(session) => Link::Session(session),
            Err(DeskError::SignedOut) => Link::SignedOut,
            Err(error) => Link::NoServer(error.to_string()),
        }
    }

    pub(crate) async fn keep_session(
        &self,
        keychain: &Arc<dyn Keychain>,
        id: ConnectionId,
        token: &Secret,
    ) -> Result<(), DeskError> {
        let (keychain, name, token) = (keychain.clone(), item(id, SESSION), token.duplicate());
        blocking(move || Ok(keychain.set(&name, &token)?)).await
    }

    /// Opens the replica and begins to sync; the connection that was open is shut first.
    pub(crate) async fn open_parts(
        self: &Arc<Self>,
        record: Record,
        parts: Parts,
    ) -> Result<Arc<OpenConnection>, DeskError> {
        let Parts {
            keychain,
            replica_path,
            local,
            link,
            sample,
        } = parts;
        let opened = {
            let (desk, keychain, id) = (self.clone(), keychain.clone(), record.id);
            blocking(move || desk.open_replica(&keychain, id, &replica_path)).await
        };
        let replica = match opened {
            Ok(replica) => Arc::new(replica),
            Err(error) => {
                if let Some(local) = local {
                    local.stop().await;
                }
                return Err(error);
            }
        };
        let (topics, desk, id) = (self.topics.clone(), Arc::downgrade(self), record.id);
        let engine = Engine::new(
            replica.clone(),
            link,
            record.organization_id,
            self.ports.clock.clone(),
            self.ports.entropy.clone(),
            Arc::new(move |changed| {
                if changed.contains(&Topic::Account)
                    && let Some(desk) = desk.upgrade()
                {
                    desk.follow_account(id);
                }
                // Nobody may be listening.
                let _listeners = topics.send(changed.clone());
            }),
        );
        let running = self.ports.background_sync.then(|| engine.spawn());
        let open = Arc::new(OpenConnection {
            record: Mutex::new(Arc::new(record)),
            replica,
            engine,
            keychain,
            local: Mutex::new(local),
            running: Mutex::new(running),
            tend: Mutex::new(None),
            _sample: sample,
        });
        if open.record().kind == ConnectionKind::ThisComputer && self.ports.background_sync {
            *lock(&open.tend) = Some(tokio::spawn(self.clone().tend(open.clone())));
        }
        let before = lock(&self.open).replace(open.clone());
        if let Some(before) = before {
            before.shut().await;
        }
        // Of a workspace that was open before the lock, and is not wanted now.
        if let Some(kept) = self.lock.kept_server() {
            kept.stop().await;
        }
        self.announce(&[
            Topic::Connections,
            Topic::Keys,
            Topic::Outbox,
            Topic::Sync,
            Topic::Organization,
        ]);
        Ok(open)
    }

    /// Takes over what the feed of the account said of who is signed in, and as what: from now on it is decided, shown
    /// and remembered so.
    fn follow_account(&self, id: ConnectionId) {
        let Some(open) = lock(&self.open).clone().filter(|open| open.record().id == id) else {
            return;
        };
        let followed = open.renewed().map_err(DeskError::from).and_then(|renewed| {
            let Some(record) = renewed else { return Ok(()) };
            *lock(&open.record) = Arc::new(record.clone());
            self.announce(&[Topic::Connections]);
            lock(&self.registry).renew(record)
        });
        if let Err(error) = followed {
            tracing::warn!(%error, "what is known of the connection was not renewed");
        }
    }

    /// Starts the server of this computer again when the one that was joined has ended with its program.
    async fn tend(self: Arc<Self>, open: Arc<OpenConnection>) {
        let mut status = open.engine.watch();
        loop {
            let away = status
                .wait_for(|status| matches!(status.phase, Phase::Offline | Phase::Failed))
                .await
                .is_ok();
            let joined = lock(&open.local).as_ref().is_none_or(|local| local.is_joined());
            if !away || !joined {
                return;
            }
            if let Ok(local) = self
                .start_local(self.this_computer(&open.record().organization_name))
                .await
            {
                let link = self
                    .local_link(&open.record(), &local, &open.keychain, None)
                    .await;
                *lock(&open.local) = Some(local);
                open.engine.set_link(link);
            }
            tokio::time::sleep(TEND).await;
        }
    }

    /// Opens the replica with the key the keychain has, or makes both where there is no file (invariant: no replica
    /// key is made while a replica file exists).
    pub(crate) fn open_replica(
        &self,
        keychain: &Arc<dyn Keychain>,
        id: ConnectionId,
        path: &std::path::Path,
    ) -> Result<Replica, DeskError> {
        let name = item(id, REPLICA_KEY);
        let key = keychain.get(&name)?;
        if path.exists() {
            let key =
                key.as_ref()
                    .and_then(SecretBytes::from_hex)
                    .ok_or_else(|| DeskError::ReplicaKeyMissing {
                        path: path.display().to_string(),
                    })?;
            return Ok(Replica::open(path, &key)?);
        }
        let key = match key.as_ref().and_then(SecretBytes::from_hex) {
            Some(key) => key,
            None => {
                recovery::leave_behind(&self.place.recovery(id))?;
                let key = self.with_entropy(|entropy| SecretBytes::mint(entropy));
                keychain.set(&name, &key.to_hex())?;
                key
            }
        };
        Ok(Replica::create(path, &key)?)
    }
}
