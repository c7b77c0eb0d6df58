//! The outbox: what this computer wants of the server, written before anything is sent (O2).
//!
//! An entry holds its operation's id from the first moment, so asking again is always the same question. It never
//! holds a secret: that is in the keychain before the entry is written.

use domain::clock::Timestamp;
use domain::id::{KeyId, OperationId};
use protocol::key::{CreateKeyRequest, KeyView};
use rusqlite::{Connection, Row, params};
use serde::{Deserialize, Serialize};

use crate::{Replica, ReplicaError, key};

/// What is wanted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Operation {
    /// Make a key.
    CreateKey(CreateKeyRequest),
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
            Self::RevokeKey { key_id } => *key_id,
        }
    }
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
    /// The server refused it; it stays until its author drops it.
    Refused,
}

impl OutboxState {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Sent => "sent",
            Self::Refused => "refused",
        }
    }

    fn from_name(name: &str) -> Self {
        match name {
            "sent" => Self::Sent,
            "refused" => Self::Refused,
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

impl Replica {
    /// Writes the wish to make a key, and shows the key as unconfirmed, in one transaction.
    ///
    /// # Errors
    /// [`ReplicaError`]; then neither was written.
    pub fn want_key(
        &self,
        operation_id: OperationId,
        request: &CreateKeyRequest,
        as_shown: &KeyView,
        now: Timestamp,
    ) -> Result<(), ReplicaError> {
        self.transaction(|change| {
            key::put(change, as_shown, true)?;
            insert(change, operation_id, &Operation::CreateKey(request.clone()), now)
        })
    }

    /// Writes the wish to revoke a key. A wish that waits already is not written twice.
    ///
    /// # Errors
    /// [`ReplicaError`].
    pub fn want_revocation(
        &self,
        operation_id: OperationId,
        key_id: KeyId,
        now: Timestamp,
    ) -> Result<(), ReplicaError> {
        self.transaction(|change| {
            let waits = of_key(change, key_id)?.iter().any(|entry| {
                matches!(entry.operation, Operation::RevokeKey { .. }) && entry.state != OutboxState::Refused
            });
            if waits {
                return Ok(());
            }
            change.execute(
                "DELETE FROM outbox WHERE key_id = ?1 AND state = 'refused' AND operation LIKE '{\"type\":\"revoke_key\"%'",
                [key_id.to_string()],
            )?;
            insert(change, operation_id, &Operation::RevokeKey { key_id }, now)
        })
    }

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

    /// How many wanted changes wait or are under way.
    ///
    /// # Errors
    /// [`ReplicaError::Sqlite`].
    pub fn waiting(&self) -> Result<u32, ReplicaError> {
        Ok(self.lock().query_row(
            "SELECT count(*) FROM outbox WHERE state <> 'refused'",
            [],
            |row| row.get(0),
        )?)
    }

    /// Notes that an entry is being sent.
    ///
    /// # Errors
    /// [`ReplicaError::Sqlite`].
    pub fn mark_sent(&self, operation_id: OperationId) -> Result<(), ReplicaError> {
        self.lock().execute(
            "UPDATE outbox SET state = 'sent', attempts = attempts + 1 WHERE operation_id = ?1",
            [operation_id.to_string()],
        )?;
        Ok(())
    }

    /// Notes that an entry's answer did not arrive; it will be asked again with the same id. One that can't have arrived
    /// at the server waits as before, and can be dropped.
    ///
    /// # Errors
    /// [`ReplicaError::Sqlite`].
    pub fn mark_unanswered(
        &self,
        operation_id: OperationId,
        message: &str,
        may_have_arrived: bool,
    ) -> Result<(), ReplicaError> {
        let state = if may_have_arrived {
            OutboxState::Sent
        } else {
            OutboxState::Waiting
        };
        self.lock().execute(
            "UPDATE outbox SET message = ?2, state = ?3 WHERE operation_id = ?1",
            params![operation_id.to_string(), message, state.as_str()],
        )?;
        Ok(())
    }

    /// Notes that the server refused an entry. What was wanted is kept until its author drops it.
    ///
    /// # Errors
    /// [`ReplicaError::Sqlite`].
    pub fn mark_refused(&self, operation_id: OperationId, message: &str) -> Result<(), ReplicaError> {
        self.lock().execute(
            "UPDATE outbox SET state = 'refused', message = ?2 WHERE operation_id = ?1",
            params![operation_id.to_string(), message],
        )?;
        Ok(())
    }

    /// Takes an entry out and writes the key as the server confirmed it, in one transaction.
    ///
    /// # Errors
    /// [`ReplicaError`]; then the entry is still there and will be asked again.
    pub fn confirm(&self, operation_id: OperationId, confirmed: &KeyView) -> Result<(), ReplicaError> {
        self.transaction(|change| {
            change.execute(
                "DELETE FROM outbox WHERE operation_id = ?1",
                [operation_id.to_string()],
            )?;
            key::put(change, confirmed, false)
        })
    }

    /// Forgets revocations that were refused because the key is revoked already: what was wanted is so. Whether there
    /// were any.
    ///
    /// # Errors
    /// [`ReplicaError::Sqlite`].
    pub fn forget_satisfied(&self) -> Result<bool, ReplicaError> {
        let sql = "DELETE FROM outbox WHERE state = 'refused' AND operation LIKE '{\"type\":\"revoke_key\"%'
                   AND key_id IN (SELECT id FROM key WHERE revoked_at IS NOT NULL)";
        Ok(self.lock().prepare_cached(sql)?.execute([])? > 0)
    }

    /// Drops an entry on its author's word. Dropping the making of a key drops what waits for that key too, and the
    /// key. Answers what was dropped, oldest first; nothing when the entry is gone already.
    ///
    /// # Errors
    /// [`ReplicaError`].
    pub fn drop_wanted(&self, operation_id: OperationId) -> Result<Vec<OutboxEntry>, ReplicaError> {
        self.transaction(|change| {
            let found = {
                let mut statement = change
                    .prepare_cached(&format!("SELECT {COLUMNS} FROM outbox WHERE operation_id = ?1"))?;
                let mut rows = statement.query([operation_id.to_string()])?;
                rows.next()?.map(entry).transpose()?
            };
            let Some(found) = found else { return Ok(Vec::new()) };
            let key_id = found.operation.key_id();
            if matches!(found.operation, Operation::CreateKey(_)) {
                let dropped = of_key(change, key_id)?;
                change.execute("DELETE FROM outbox WHERE key_id = ?1", [key_id.to_string()])?;
                change.execute(
                    "DELETE FROM key WHERE id = ?1 AND unconfirmed = 1",
                    [key_id.to_string()],
                )?;
                change.touched(key_id);
                Ok(dropped)
            } else {
                change.execute(
                    "DELETE FROM outbox WHERE operation_id = ?1",
                    [operation_id.to_string()],
                )?;
                Ok(vec![found])
            }
        })
    }
}
