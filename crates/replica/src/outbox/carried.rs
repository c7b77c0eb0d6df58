//! What became of a change on its way: sent, refused, in conflict, in force.

use domain::id::OperationId;
use domain::rotation::RotationStep;
use protocol::key::KeyView;
use rusqlite::{Connection, params};

use super::{KeyEdit, Operation, OutboxEntry, OutboxState, SentEdit, find, remove};
use crate::{Replica, ReplicaError, key};

/// Changes an edit that is in the outbox, and nothing else of its entry.
fn rewrite(
    connection: &Connection,
    operation_id: OperationId,
    change: impl FnOnce(&mut KeyEdit),
) -> Result<(), ReplicaError> {
    if let Some(OutboxEntry {
        operation: Operation::EditKey(mut edit),
        ..
    }) = find(connection, operation_id)?
    {
        change(&mut edit);
        connection.execute(
            "UPDATE outbox SET operation = ?2 WHERE operation_id = ?1",
            params![
                operation_id.to_string(),
                serde_json::to_string(&Operation::EditKey(edit))?
            ],
        )?;
    }
    Ok(())
}

impl Replica {
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

    /// Notes that an edit is being sent, and as what: asked again, it is the same question.
    ///
    /// # Errors
    /// [`ReplicaError`].
    pub fn mark_edit_sent(&self, operation_id: OperationId, sent: &SentEdit) -> Result<(), ReplicaError> {
        self.transaction(|change| {
            rewrite(change, operation_id, |edit| edit.sent = Some(sent.clone()))?;
            change.execute(
                "UPDATE outbox SET state = 'sent', attempts = attempts + 1 WHERE operation_id = ?1",
                [operation_id.to_string()],
            )?;
            Ok(())
        })
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

    /// Notes that the server did not carry out an edit because the key was changed meanwhile: it is merged and sent
    /// anew.
    ///
    /// # Errors
    /// [`ReplicaError`].
    pub fn mark_outdated(&self, operation_id: OperationId) -> Result<(), ReplicaError> {
        self.transaction(|change| {
            rewrite(change, operation_id, |edit| edit.sent = None)?;
            change.execute(
                "UPDATE outbox SET state = 'waiting', message = NULL WHERE operation_id = ?1",
                [operation_id.to_string()],
            )?;
            Ok(())
        })
    }

    /// Notes that the server refused an entry. What was wanted is kept until its author drops it.
    ///
    /// # Errors
    /// [`ReplicaError::Sqlite`].
    pub fn mark_refused(&self, operation_id: OperationId, message: &str) -> Result<(), ReplicaError> {
        self.stop_at(operation_id, OutboxState::Refused, message)
    }

    /// Notes that somebody else changed what an edit changes. Both stay until its author decides
    /// ([`Replica::want_edit`]).
    ///
    /// # Errors
    /// [`ReplicaError::Sqlite`].
    pub fn mark_conflict(&self, operation_id: OperationId, message: &str) -> Result<(), ReplicaError> {
        self.stop_at(operation_id, OutboxState::Conflict, message)
    }

    fn stop_at(
        &self,
        operation_id: OperationId,
        state: OutboxState,
        message: &str,
    ) -> Result<(), ReplicaError> {
        self.transaction(|change| {
            change.execute(
                "UPDATE outbox SET state = ?2, message = ?3 WHERE operation_id = ?1",
                params![operation_id.to_string(), state.as_str(), message],
            )?;
            match find(change, operation_id)? {
                Some(entry) => key::show_anew(change, entry.operation.key_id()),
                None => Ok(()),
            }
        })
    }

    /// Takes an edit out of which nothing is left to do: the key is as its author wanted it.
    ///
    /// # Errors
    /// [`ReplicaError`].
    pub fn settle_edit(&self, operation_id: OperationId) -> Result<(), ReplicaError> {
        self.transaction(|change| {
            let Some(entry) = find(change, operation_id)? else {
                return Ok(());
            };
            remove(change, operation_id)?;
            key::show_anew(change, entry.operation.key_id())
        })
    }

    /// Takes an entry out and writes the key as the server confirmed it, in one transaction.
    ///
    /// # Errors
    /// [`ReplicaError`]; then the entry is still there and will be asked again.
    pub fn confirm(&self, operation_id: OperationId, confirmed: &KeyView) -> Result<(), ReplicaError> {
        self.transaction(|change| {
            remove(change, operation_id)?;
            key::put(change, confirmed, false)
        })
    }

    /// Forgets what was refused because the key is so already: revoked, paused, resumed, or not rotating any more. Whether
    /// there was anything.
    ///
    /// # Errors
    /// [`ReplicaError`].
    pub fn forget_satisfied(&self) -> Result<bool, ReplicaError> {
        let refused: Vec<OutboxEntry> = self
            .outbox()?
            .into_iter()
            .filter(|entry| entry.state == OutboxState::Refused)
            .collect();
        let mut forgotten = false;
        for entry in refused {
            let Some(key) = self.key(entry.operation.key_id())? else {
                continue;
            };
            let life = key.view.life();
            let is_so = match entry.operation {
                Operation::RevokeKey { .. } => life.revoked_at.is_some(),
                Operation::PauseKey { .. } => life.paused_at.is_some() || life.revoked_at.is_some(),
                Operation::ResumeKey { .. } => life.paused_at.is_none() && life.revoked_at.is_none(),
                Operation::StepRotation {
                    step: RotationStep::Finish,
                    ..
                } => life.rotates_until.is_none(),
                _ => false,
            };
            if is_so {
                self.transaction(|change| remove(change, entry.operation_id))?;
                forgotten = true;
            }
        }
        Ok(forgotten)
    }
}
