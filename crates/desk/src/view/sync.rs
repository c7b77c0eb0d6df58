//! How far the copy has come, and what waits for the server.

use domain::clock::Timestamp;
use domain::id::{KeyId, OperationId};
use replica::OutboxState;
use serde::Serialize;

use crate::view::{AppError, KeyText};

view! {
    /// How far the copy is in step.
    #[derive(Clone, Debug)]
    pub struct SyncStatus {
        /// What is going on.
        pub state: SyncState,
        /// When it was last in step.
        pub last_synced_at: Option<Timestamp>,
        /// Since when it is in this state.
        pub since: Option<Timestamp>,
        /// How far a long pull has come.
        pub progress: Option<Progress>,
        /// How many changes wait.
        pub waiting: u32,
        /// How many changes need their author: they were refused, or somebody else changed the same.
        pub needs_you: u32,
        /// Why it is not in step.
        pub problem: Option<AppError>,
    }

    /// How far a long pull has come.
    #[derive(Clone, Copy, Debug)]
    pub struct Progress {
        /// Changes applied.
        pub done: u32,
        /// Changes in all.
        pub total: u32,
    }

    /// A change that waits, is under way, or was refused.
    #[derive(Clone, Debug)]
    pub struct PendingChange {
        /// The change.
        pub operation_id: OperationId,
        /// What.
        pub operation: PendingOperation,
        /// Of which key.
        pub key_id: KeyId,
        /// Its name.
        pub key_name: String,
        /// Since when.
        pub queued_at: Timestamp,
        /// How far it has come.
        pub state: OutboxState,
        /// Why it was refused, or why the last attempt failed.
        pub message: Option<String>,
        /// How often it was sent.
        pub attempts: u32,
        /// What an edit is about.
        pub edit: Option<PendingEdit>,
    }

    /// An edit that is not in force, beside what it was made of and what the key is now.
    #[derive(Clone, Debug)]
    pub struct PendingEdit {
        /// What its author saw.
        pub base: KeyText,
        /// What its author wrote.
        pub mine: KeyText,
        /// The key as it is now; none when it is gone.
        pub theirs: Option<KeyText>,
        /// The fields that both changed, differently.
        pub conflicts: Vec<EditField>,
        /// The names of those it is assigned to by this.
        pub assigned: Vec<String>,
        /// The names of those it is taken from by this.
        pub unassigned: Vec<String>,
    }
}

/// What is wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[serde(rename_all = "snake_case")]
pub enum PendingOperation {
    /// To make a key.
    Create,
    /// To edit a key.
    Edit,
    /// To give a key a new secret.
    Rotate,
    /// To let the old secret of a rotation work longer or shorter.
    ExtendRotation,
    /// To end the old secret of a rotation.
    FinishRotation,
    /// To end the new secret of a rotation.
    RollBackRotation,
    /// To pause a key.
    Pause,
    /// To resume a key.
    Resume,
    /// To revoke a key.
    Revoke,
}

/// A field of a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[serde(rename_all = "camelCase")]
pub enum EditField {
    /// The name.
    Name,
    /// The description.
    Description,
    /// The limit of requests a minute.
    RequestsPerMinute,
    /// The services, all of them together.
    Grants,
}

/// What the sync is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[serde(rename_all = "snake_case")]
pub enum SyncState {
    /// In step.
    Synced,
    /// Pushing or pulling.
    Syncing,
    /// The server is away.
    Offline,
    /// The session ended.
    SignedOut,
    /// The server or the replica failed.
    Failed,
}
