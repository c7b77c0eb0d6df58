//! Who hears that something changed.
//!
//! On SQLite one process writes, so a channel inside it is enough. On PostgreSQL the notice is part of the transaction
//! (`NOTIFY`) and every node listens, the one that wrote included: a notice never comes before what it is about.

use std::str::FromStr;
use std::time::Duration;

use domain::activity::Scope;
use domain::id::{AccountId, OrganizationId, SessionId};
use protocol::change::Notice;
use sqlx::PgPool;
use sqlx::postgres::PgListener;
use tokio::sync::broadcast;
use tokio::task::JoinHandle;
use uuid::Uuid;

use crate::error::StoreError;
use crate::write::{scope_id, scope_kind};

pub(crate) const CHANNEL: &str = "keystead";
const SESSION: &str = "session";
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

impl Heard {
    /// As the payload of `NOTIFY`; [`Heard::Lost`] is never sent.
    pub(crate) fn payload(self) -> Option<String> {
        match self {
            Self::Changed(Notice { scope, head }) => {
                Some(format!("{} {} {head}", scope_kind(scope), scope_id(scope)))
            }
            Self::SessionEnded(session) => Some(format!("{SESSION} {}", session.as_uuid())),
            Self::Lost => None,
        }
    }

    /// Reads a payload; whatever a newer node says that is not understood means "look for yourself".
    fn read(payload: &str) -> Self {
        let read = || {
            let mut words = payload.split(' ');
            let (kind, id) = (words.next()?, Uuid::from_str(words.next()?).ok()?);
            let scope = match kind {
                SESSION => return Some(Self::SessionEnded(SessionId::from_uuid(id))),
                "organization" => Scope::Organization(OrganizationId::from_uuid(id)),
                "account" => Scope::Account(AccountId::from_uuid(id)),
                _ => return None,
            };
            let head = words.next()?.parse().ok()?;
            Some(Self::Changed(Notice { scope, head }))
        };
        read().unwrap_or(Self::Lost)
    }
}

/// The channel inside this process.
#[derive(Debug)]
pub(crate) struct Notices {
    sender: broadcast::Sender<Heard>,
    listening: Option<JoinHandle<()>>,
}

impl Notices {
    /// For a database only this process writes to.
    pub(crate) fn alone() -> Self {
        Self {
            sender: broadcast::channel(KEPT).0,
            listening: None,
        }
    }

    /// For a database that several nodes write to.
    pub(crate) async fn shared(pool: &PgPool) -> Result<Self, StoreError> {
        let mut listener = PgListener::connect_with(pool).await?;
        listener.listen(CHANNEL).await?;
        let sender = broadcast::channel(KEPT).0;
        let heard = sender.clone();
        let listening = tokio::spawn(async move {
            loop {
                let what = match listener.try_recv().await {
                    Ok(Some(notification)) => Heard::read(notification.payload()),
                    Ok(None) => {
                        tracing::warn!(
                            "the notice channel to the database was interrupted and is open again"
                        );
                        Heard::Lost
                    }
                    Err(sqlx::Error::PoolClosed) => return,
                    Err(error) => {
                        tracing::warn!(%error, "the notice channel to the database is interrupted");
                        tokio::time::sleep(Duration::from_secs(1)).await;
                        Heard::Lost
                    }
                };
                // Nobody listening is no failure.
                let _ = heard.send(what);
            }
        });
        Ok(Self {
            sender,
            listening: Some(listening),
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
}

impl Drop for Notices {
    fn drop(&mut self) {
        if let Some(listening) = &self.listening {
            listening.abort();
        }
    }
}
