//! The outbox: what this computer wants of the server, written before anything is sent (O2).
//!
//! An entry holds its operation's id from the first moment, so asking again is always the same question. It never
//! holds a secret: that is in the keychain before the entry is written. [`wanted`] is what its author does with it,
//! [`carried`] what the engine reports.

mod carried;
mod wanted;

use std::collections::HashSet;

use domain::clock::Timestamp;
use domain::id::{KeyId, OperationId};
use domain::rotation::RotationStep;
use protocol::key::{CreateKeyRequest, EditKeyRequest, KeyFields, NewSecret, RotateKeyRequest};
use rusqlite::{Connection, Row, params};
use serde::{Deserialize, Serialize};

use crate::{Replica, ReplicaError};

/// What is wanted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Operation {
    /// Make a key.
    CreateKey(CreateKeyRequest),
    /// Edit a key.
    EditKey(KeyEdit),
    /// Give a key a new secret.
    RotateKey(RotateKeyRequest),
    /// Extend, finish or roll back the rotation of a key.
    StepRotation {
        /// Which key.
        key_id: KeyId,
        /// What of its rotation.
        step: RotationStep,
    },
    /// Pause a key.
    PauseKey {
        /// Which.
        key_id: KeyId,
    },
    /// Resume a key.
    ResumeKey {
        /// Which.
        key_id: KeyId,
    },
    /// Revoke a key.
    RevokeKey {
        /// Which.
        key_id: KeyId,
    },
}

impl Operation {
    /// The key it is about.
    #[must_use]
    pub const fn key_id(&self) -> KeyId {
        match self {
            Self::CreateKey(request) => request.secret.key_id,
            Self::EditKey(edit) => edit.key_id,
            Self::RotateKey(request) => request.secret.key_id,
            Self::StepRotation { key_id, .. }
            | Self::PauseKey { key_id }
            | Self::ResumeKey { key_id }
            | Self::RevokeKey { key_id } => *key_id,
        }
    }

    /// The secret that was made for it: it is in the keychain since before the entry was written.
    #[must_use]
    pub const fn new_secret(&self) -> Option<&NewSecret> {
        match self {
            Self::CreateKey(CreateKeyRequest { secret, .. })
            | Self::RotateKey(RotateKeyRequest { secret, .. }) => Some(secret),
            _ => None,
        }
    }
}

/// An edit, with what its author saw.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeyEdit {
    /// Which key.
    pub key_id: KeyId,
    /// What its author saw.
    pub base: KeyFields,
    /// What its author made of it.
    pub mine: KeyFields,
    /// Whether the members whose assignment it changes are told by mail.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub notify: bool,
    /// As it was sent, so that asking again is the same question.
    pub sent: Option<SentEdit>,
}

/// An edit as it was sent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SentEdit {
    /// The version it was made over.
    pub version: i64,
    /// What was asked.
    pub request: EditKeyRequest,
}

/// How far a wanted change has come. One that is in force has left the outbox.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[serde(rename_all = "snake_case")]
pub enum OutboxState {
    /// Not sent yet.
    Waiting,
    /// Sent; its answer has not arrived. It is asked again with the same id.
    Sent,
    /// The server refused it; it stays until its author drops it or mends it.
    Refused,
    /// Somebody else changed the same field: its author decides.
    Conflict,
}

impl OutboxState {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Sent => "sent",
            Self::Refused => "refused",
            Self::Conflict => "conflict",
        }
    }

    /// Whether it goes to the server without its author doing anything more.
    #[must_use]
    pub const fn goes_on(self) -> bool {
        matches!(self, Self::Waiting | Self::Sent)
    }

    fn from_name(name: &str) -> Self {
        match name {
            "sent" => Self::Sent,
            "refused" => Self::Refused,
            "conflict" => Self::Conflict,
            _ => Self::Waiting,
        }
    }
}

/// One wanted change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OutboxEntry {
    /// Its `Idempotency-Key`.
    pub operation_id: OperationId,
    /// What is wanted.
    pub operation: Operation,
    /// How far it has come.
    pub state: OutboxState,
    /// Why it was refused, or why the last attempt failed.
    pub message: Option<String>,
    /// How often it was sent.
    pub attempts: u32,
    /// When it was meant.
    pub queued_at: Timestamp,
}

const COLUMNS: &str = "operation_id, operation, state, message, attempts, queued_at";

fn entry(row: &Row<'_>) -> Result<OutboxEntry, ReplicaError> {
    let operation_id: String = row.get(0)?;
    let operation: String = row.get(1)?;
    let state: String = row.get(2)?;
    Ok(OutboxEntry {
        operation_id: operation_id
            .parse()
            .map_err(<serde_json::Error as serde::de::Error>::custom)?,
        operation: serde_json::from_str(&operation)?,
        state: OutboxState::from_name(&state),
        message: row.get(3)?,
        attempts: row.get(4)?,
        queued_at: Timestamp::from_micros(row.get(5)?),
    })
}

pub(crate) fn of_key(connection: &Connection, id: KeyId) -> Result<Vec<OutboxEntry>, ReplicaError> {
    let mut statement = connection.prepare_cached(&format!(
        "SELECT {COLUMNS} FROM outbox WHERE key_id = ?1 ORDER BY position"
    ))?;
    let mut rows = statement.query([id.to_string()])?;
    let mut entries = Vec::new();
    while let Some(row) = rows.next()? {
        entries.push(entry(row)?);
    }
    Ok(entries)
}

fn insert(
    connection: &Connection,
    operation_id: OperationId,
    operation: &Operation,
    now: Timestamp,
) -> Result<(), ReplicaError> {
    connection.execute(
        "INSERT INTO outbox (operation_id, key_id, operation, state, queued_at) VALUES (?1, ?2, ?3, ?4, ?5)",
        params![
            operation_id.to_string(),
            operation.key_id().to_string(),
            serde_json::to_string(operation)?,
            OutboxState::Waiting.as_str(),
            now.as_micros(),
        ],
    )?;
    Ok(())
}

fn find(connection: &Connection, operation_id: OperationId) -> Result<Option<OutboxEntry>, ReplicaError> {
    let mut statement =
        connection.prepare_cached(&format!("SELECT {COLUMNS} FROM outbox WHERE operation_id = ?1"))?;
    let mut rows = statement.query([operation_id.to_string()])?;
    rows.next()?.map(entry).transpose()
}

fn remove(connection: &Connection, operation_id: OperationId) -> Result<(), ReplicaError> {
    connection.execute(
        "DELETE FROM outbox WHERE operation_id = ?1",
        [operation_id.to_string()],
    )?;
    Ok(())
}

fn replace(
    connection: &Connection,
    operation_id: OperationId,
    operation: &Operation,
) -> Result<(), ReplicaError> {
    connection.execute(
        "UPDATE outbox SET operation = ?2, state = 'waiting', message = NULL WHERE operation_id = ?1",
        params![operation_id.to_string(), serde_json::to_string(operation)?],
    )?;
    Ok(())
}

/// The keys of which edits wait or were sent: they are shown as their authors want them.
pub(crate) fn edited(connection: &Connection) -> Result<HashSet<String>, ReplicaError> {
    let sql = "SELECT key_id FROM outbox WHERE state IN ('waiting', 'sent') AND kind = 'edit_key'";
    let mut statement = connection.prepare_cached(sql)?;
    let ids = statement
        .query_map([], |row| row.get(0))?
        .collect::<Result<_, _>>()?;
    Ok(ids)
}

/// The rotations that wait or were sent: their secrets are not the key's yet, and are recognised all the same.
pub(crate) fn rotations(connection: &Connection) -> Result<Vec<RotateKeyRequest>, ReplicaError> {
    let sql = format!("SELECT {COLUMNS} FROM outbox WHERE kind = 'rotate_key' ORDER BY position");
    let mut statement = connection.prepare_cached(&sql)?;
    let mut rows = statement.query([])?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        if let Operation::RotateKey(request) = entry(row)?.operation {
            found.push(request);
        }
    }
    Ok(found)
}

/// What a key's fields are once everything that waits for it is in force.
pub(crate) fn as_wanted(confirmed: KeyFields, pending: &[OutboxEntry]) -> KeyFields {
    pending
        .iter()
        .filter(|entry| entry.state.goes_on())
        .filter_map(|entry| match &entry.operation {
            Operation::EditKey(edit) => Some(edit.mine.since(&edit.base)),
            _ => None,
        })
        .fold(confirmed, |fields, edit| edit.upon(&fields))
}

impl Replica {
    /// Everything wanted, in the order it was meant.
    ///
    /// # Errors
    /// [`ReplicaError::Sqlite`] or [`ReplicaError::Row`].
    pub fn outbox(&self) -> Result<Vec<OutboxEntry>, ReplicaError> {
        let connection = self.lock();
        let mut statement =
            connection.prepare_cached(&format!("SELECT {COLUMNS} FROM outbox ORDER BY position"))?;
        let mut rows = statement.query([])?;
        let mut entries = Vec::new();
        while let Some(row) = rows.next()? {
            entries.push(entry(row)?);
        }
        Ok(entries)
    }

    /// How many wanted changes wait or are under way, and how many need their author: refused, or in conflict.
    ///
    /// # Errors
    /// [`ReplicaError::Sqlite`].
    pub fn waiting(&self) -> Result<(u32, u32), ReplicaError> {
        Ok(self.lock().query_row(
            "SELECT count(*) FILTER (WHERE state IN ('waiting', 'sent')),
                    count(*) FILTER (WHERE state IN ('refused', 'conflict')) FROM outbox",
            [],
            |row| Ok((row.get(0)?, row.get(1)?)),
        )?)
    }
}
