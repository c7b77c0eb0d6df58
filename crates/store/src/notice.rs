//! Who hears that something changed.
//!
//! On SQLite one process writes, so a channel inside it is enough. On PostgreSQL the notice is part of the transaction
//! (`NOTIFY`) and every node listens, the one that wrote included: a notice never comes before what it is about.
//!
//! Which keys changed is told beside it, for [`Fresh`]. A connection to PostgreSQL can die without a word, so a question is
//! asked over it again and again, and one that is not answered in time ends it.

use std::str::FromStr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use domain::activity::Scope;
use domain::id::{AccountId, KeyId, OrganizationId, SessionId};
use protocol::change::Notice;
use sqlx::Executor;
use sqlx::postgres::{PgConnectOptions, PgListener, PgPoolOptions};
use tokio::sync::broadcast;
use tokio::task::JoinHandle;
use tokio::time::{MissedTickBehavior, interval, timeout};
use uuid::Uuid;

use crate::error::StoreError;
use crate::fresh::Fresh;
use crate::write::{scope_id, scope_kind};

pub(crate) const CHANNEL: &str = "keystead";
const SESSION: &str = "session";
const KEY: &str = "key";
/// Something every key of an organization may depend on.
const KEYS: &str = "keys";
const LISTENS: &str = "SELECT 1 FROM pg_listening_channels()";
/// The name of the connection that listens, in the database's list of connections.
const LISTENER: &str = "keystead-server notices";
/// How often it is seen whether the channel is open.
const PROVEN_EACH: Duration = Duration::from_millis(150);
/// A channel that does not answer within this time is given up, and another opened.
const ANSWERS_WITHIN: Duration = Duration::from_secs(1);
const OPENS_WITHIN: Duration = Duration::from_secs(5);
const PAUSE: Duration = Duration::from_millis(200);
/// How many notices a slow listener may be behind before it is told to look for itself.
const KEPT: usize = 1_024;

/// What a listener hears.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Heard {
    /// The sequence of an organization or an account moved.
    Changed(Notice),
    /// A session was ended.
    SessionEnded(SessionId),
    /// Notices may have been lost: whoever listens looks for itself.
    Lost,
}

/// What a transaction has to tell when it is committed.
#[derive(Debug, Default)]
pub(crate) struct Told {
    pub(crate) heard: Vec<Heard>,
    /// What is known of them elsewhere holds no more. Uses are told without: they change nothing that verify asks.
    pub(crate) keys: Vec<KeyId>,
    /// The same of every key of these.
    pub(crate) keys_of: Vec<OrganizationId>,
}

impl From<Vec<Heard>> for Told {
    fn from(heard: Vec<Heard>) -> Self {
        Self {
            heard,
            ..Self::default()
        }
    }
}

impl Told {
    /// As the payloads of `NOTIFY`, keys first; [`Heard::Lost`] is never sent.
    pub(crate) fn payloads(&self) -> Vec<String> {
        let heard = self.heard.iter().filter_map(|what| match what {
            Heard::Changed(Notice { scope, head }) => {
                Some(format!("{} {} {head}", scope_kind(*scope), scope_id(*scope)))
            }
            Heard::SessionEnded(session) => Some(format!("{SESSION} {}", session.as_uuid())),
            Heard::Lost => None,
        });
        let keys = self.keys.iter().map(|key| format!("{KEY} {}", key.as_uuid()));
        let keys_of = self
            .keys_of
            .iter()
            .map(|organization| format!("{KEYS} {}", organization.as_uuid()));
        keys_of.chain(keys).chain(heard).collect()
    }
}

/// What a payload says.
enum Said {
    Heard(Heard),
    Key(KeyId),
    KeysOf(OrganizationId),
}

/// Reads a payload; whatever a newer node says that is not understood means "look for yourself".
fn read(payload: &str) -> Said {
    let read = || {
        let mut words = payload.split(' ');
        let (kind, id) = (words.next()?, Uuid::from_str(words.next()?).ok()?);
        let scope = match kind {
            KEY => return Some(Said::Key(KeyId::from_uuid(id))),
            KEYS => return Some(Said::KeysOf(OrganizationId::from_uuid(id))),
            SESSION => return Some(Said::Heard(Heard::SessionEnded(SessionId::from_uuid(id)))),
            "organization" => Scope::Organization(OrganizationId::from_uuid(id)),
            "account" => Scope::Account(AccountId::from_uuid(id)),
            _ => return None,
        };
        let head = words.next()?.parse().ok()?;
        Some(Said::Heard(Heard::Changed(Notice { scope, head })))
    };
    read().unwrap_or(Said::Heard(Heard::Lost))
}

/// The channel inside this process.
#[derive(Debug)]
pub(crate) struct Notices {
    sender: broadcast::Sender<Heard>,
    fresh: Arc<Fresh>,
    listening: Mutex<Option<JoinHandle<()>>>,
}

impl Notices {
    /// For a database only this process writes to.
    pub(crate) fn alone() -> Self {
        Self {
            sender: broadcast::channel(KEPT).0,
            fresh: Arc::new(Fresh::alone()),
            listening: Mutex::new(None),
        }
    }

    /// For a database that several nodes write to.
    pub(crate) async fn shared(options: &PgConnectOptions) -> Result<Self, StoreError> {
        let sender = broadcast::channel(KEPT).0;
        let fresh = Arc::new(Fresh::shared());
        let ear = Ear {
            // A connection of its own: one that hangs takes none from the requests.
            options: options.clone().application_name(LISTENER),
            sender: sender.clone(),
            fresh: fresh.clone(),
        };
        let listener = ear.open().await?;
        let listening = tokio::spawn(ear.listen(listener));
        Ok(Self {
            sender,
            fresh,
            listening: Mutex::new(Some(listening)),
        })
    }

    /// Tells this process.
    pub(crate) fn tell(&self, heard: &[Heard]) {
        for what in heard {
            // Nobody listening is no failure.
            let _ = self.sender.send(*what);
        }
    }

    pub(crate) fn listen(&self) -> broadcast::Receiver<Heard> {
        self.sender.subscribe()
    }

    pub(crate) fn fresh(&self) -> &Fresh {
        &self.fresh
    }

    fn stop(&self) -> Option<JoinHandle<()>> {
        let listening = self
            .listening
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take()?;
        listening.abort();
        Some(listening)
    }

    /// Ends listening, and waits for it.
    pub(crate) async fn close(&self) {
        if let Some(listening) = self.stop() {
            // That it was aborted is no news.
            let _aborted = listening.await;
        }
        self.fresh.lost();
    }
}

impl Drop for Notices {
    fn drop(&mut self) {
        self.stop();
    }
}

/// The task that listens to PostgreSQL.
struct Ear {
    options: PgConnectOptions,
    sender: broadcast::Sender<Heard>,
    fresh: Arc<Fresh>,
}

impl Ear {
    async fn open(&self) -> Result<PgListener, sqlx::Error> {
        let opening = async {
            let pool = PgPoolOptions::new()
                .max_connections(1)
                .idle_timeout(None)
                .max_lifetime(None)
                .connect_with(self.options.clone())
                .await?;
            let mut listener = PgListener::connect_with(&pool).await?;
            listener.eager_reconnect(false);
            listener.listen(CHANNEL).await?;
            Ok(listener)
        };
        timeout(OPENS_WITHIN, opening)
            .await
            .unwrap_or(Err(sqlx::Error::PoolTimedOut))
    }

    async fn listen(self, mut listener: PgListener) {
        loop {
            let error = self.hear(&mut listener).await;
            self.lost();
            tracing::warn!(%error, "the notice channel to the database is interrupted");
            listener = loop {
                match self.open().await {
                    Ok(listener) => break listener,
                    Err(error) => {
                        tracing::warn!(%error, "the notice channel to the database can't be opened");
                    }
                }
                tokio::time::sleep(PAUSE).await;
            };
            // What was told meanwhile nobody here heard.
            self.lost();
            tracing::warn!("the notice channel to the database is open again");
        }
    }

    fn lost(&self) {
        self.fresh.lost();
        // Nobody listening is no failure.
        let _ = self.sender.send(Heard::Lost);
    }

    /// Hears until the channel breaks; answers why.
    async fn hear(&self, listener: &mut PgListener) -> sqlx::Error {
        let mut ticks = interval(PROVEN_EACH);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                biased;
                _ = ticks.tick() => if let Err(error) = self.prove(listener).await {
                    return error;
                },
                said = listener.try_recv() => match said {
                    Ok(Some(notification)) => self.take(notification.payload()),
                    Ok(None) => return sqlx::Error::WorkerCrashed,
                    Err(error) => return error,
                },
            }
        }
    }

    fn take(&self, payload: &str) {
        match read(payload) {
            Said::Key(key) => self.fresh.changed(key),
            Said::KeysOf(organization) => self.fresh.changed_all(organization),
            Said::Heard(Heard::Lost) => self.lost(),
            Said::Heard(heard) => {
                let _ = self.sender.send(heard);
            }
        }
    }

    /// Asks a question over the channel and hears all that was said before its answer.
    async fn prove(&self, listener: &mut PgListener) -> Result<(), sqlx::Error> {
        let asked = self.fresh.clock().map(|clock| clock.now());
        // Who answers is asked whether it listens: a pooler may have put another session behind this connection.
        timeout(ANSWERS_WITHIN, listener.fetch_optional(LISTENS))
            .await
            .unwrap_or(Err(sqlx::Error::PoolTimedOut))?
            .ok_or(sqlx::Error::RowNotFound)?;
        while let Some(notification) = listener.next_buffered() {
            self.take(notification.payload());
        }
        if let Some(asked) = asked {
            self.fresh.proven(asked);
        }
        Ok(())
    }
}
