//! How far the copy is in step, for those who show it.

use std::sync::Arc;

use client::ClientError;
use domain::clock::Timestamp;
use replica::ReplicaError;

/// What the engine is doing or waiting for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// In step with the server.
    Synced,
    /// Pushing or pulling.
    Syncing,
    /// The server can't be reached; it is tried again.
    Offline,
    /// The session ended; its owner has to sign in again.
    SignedOut,
    /// The server or the replica failed; it is tried again.
    Failed,
}

/// Why a round ended before its end.
#[derive(Debug, thiserror::Error)]
pub enum RoundError {
    /// The server refused or could not be reached.
    #[error(transparent)]
    Client(#[from] ClientError),
    /// No session is known, or it ended.
    #[error("you are signed out here; sign in again to go on")]
    SignedOut,
    /// The server of this computer did not start.
    #[error("{0}")]
    NoServer(String),
    /// The server has less than this copy has seen: it was restored from an older backup.
    #[error(
        "this server has gone back: it was restored from an older backup, at {now} where this copy has seen {seen}; \
         nothing was changed here, and nothing is sent; ask who runs it, or set this copy aside and download again"
    )]
    GoneBack {
        /// The last sequence number this copy has applied.
        seen: i64,
        /// The server's.
        now: i64,
    },
    /// The account does not belong to the organization any more.
    #[error(
        "you are not a member of this organization any more: you were removed, or left; the copy on this computer was emptied"
    )]
    NotAMember,
    /// The replica failed.
    #[error(transparent)]
    Replica(#[from] ReplicaError),
}

/// How far the copy is in step.
#[derive(Clone, Debug)]
pub struct Status {
    /// What the engine is doing.
    pub phase: Phase,
    /// Since when.
    pub since: Timestamp,
    /// Changes applied, and to apply in all, while a long pull is under way.
    pub progress: Option<(u64, u64)>,
    /// Why it is not in step.
    pub cause: Option<Arc<RoundError>>,
}
