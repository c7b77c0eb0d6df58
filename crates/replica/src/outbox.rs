//! The outbox: what this computer wants of the server, written before anything is sent (O2).
//!
//! An entry holds its operation's id from the first moment, so asking again is always the same question. It never
//! holds a secret: that is in the keychain before the entry is written.

use std::collections::HashSet;

use domain::clock::Timestamp;
use domain::id::{KeyId, OperationId};
use protocol::key::{CreateKeyRequest, EditKeyRequest, KeyFields, KeyView};
use rusqlite::{Connection, Row, params};
use serde::{Deserialize, Serialize};

use crate::{Replica, ReplicaError, key};

/// What is wanted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Operation {
    /// Make a key.
    CreateKey(CreateKeyRequest),
    /// Edit a key.
    EditKey(KeyEdit),
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
            Self::RevokeKey { key_id } => *key_id,
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

/// Puts edits that were meant after another one, and have not been sent, upon what became of that one.
fn rebase(
    connection: &Connection,
    key_id: KeyId,
    from: &KeyFields,
    to: &KeyFields,
) -> Result<(), ReplicaError> {
    for entry in of_key(connection, key_id)? {
        let (Operation::EditKey(mut edit), OutboxState::Waiting) = (entry.operation, entry.state) else {
            continue;
        };
        // The one this is about stands upon what its author saw.
        if edit.base != *from {
            continue;
        }
        edit.mine = edit.mine.since(&edit.base).upon(to);
        edit.base = to.clone();
        if edit.mine == edit.base {
            remove(connection, entry.operation_id)?;
        } else {
            replace(connection, entry.operation_id, &Operation::EditKey(edit))?;
        }
    }
    Ok(())
}

/// The keys of which edits wait or were sent: they are shown as their authors want them.
pub(crate) fn edited(connection: &Connection) -> Result<HashSet<String>, ReplicaError> {
    let sql = "SELECT key_id FROM outbox WHERE state IN ('waiting', 'sent') AND operation LIKE '{\"type\":\"edit_key\"%'";
    let mut statement = connection.prepare_cached(sql)?;
    let ids = statement
        .query_map([], |row| row.get(0))?
        .collect::<Result<_, _>>()?;
    Ok(ids)
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
    /// Writes the wish to edit a key whose author saw `base`, and made `mine` of it.
    ///
    /// What has not been sent yet takes the edit in: the making of the key, or an edit before. One that was refused or
    /// stands in conflict is replaced by this one, which is how its author mends or decides it.
    ///
    /// # Errors
    /// [`ReplicaError`].
    pub fn want_edit(
        &self,
        operation_id: OperationId,
        key_id: KeyId,
        base: &KeyFields,
        mine: &KeyFields,
        now: Timestamp,
    ) -> Result<(), ReplicaError> {
        self.transaction(|change| {
            let edit = mine.since(base);
            for earlier in of_key(change, key_id)? {
                match (earlier.operation, earlier.state) {
                    (Operation::CreateKey(mut request), OutboxState::Waiting | OutboxState::Refused) => {
                        request.name = edit.name.unwrap_or(request.name);
                        request.description = edit.description.unwrap_or(request.description);
                        replace(
                            change,
                            earlier.operation_id,
                            &Operation::CreateKey(request.clone()),
                        )?;
                        return key::rename_unconfirmed(change, key_id, &request);
                    }
                    (Operation::EditKey(mut waiting), OutboxState::Waiting) => {
                        waiting.mine = edit.upon(&waiting.mine);
                        waiting.sent = None;
                        if waiting.mine == waiting.base {
                            remove(change, earlier.operation_id)?;
                        } else {
                            replace(change, earlier.operation_id, &Operation::EditKey(waiting))?;
                        }
                        return key::show_anew(change, key_id);
                    }
                    (Operation::EditKey(stopped), OutboxState::Refused | OutboxState::Conflict) => {
                        // It keeps its place before what was meant after it, and is about nothing but what is edited.
                        let in_force = key::confirmed(change, key_id)?.unwrap_or_else(|| base.clone());
                        let decided = KeyEdit {
                            key_id,
                            base: base.since(mine).upon(&in_force),
                            mine: edit.clone().upon(&in_force),
                            sent: None,
                        };
                        rebase(change, key_id, &stopped.mine, &decided.mine)?;
                        if edit.is_empty() {
                            remove(change, earlier.operation_id)?;
                        } else {
                            replace(change, earlier.operation_id, &Operation::EditKey(decided))?;
                        }
                        return key::show_anew(change, key_id);
                    }
                    _ => {}
                }
            }
            if !edit.is_empty() {
                let wanted = KeyEdit {
                    key_id,
                    base: base.clone(),
                    mine: mine.clone(),
                    sent: None,
                };
                insert(change, operation_id, &Operation::EditKey(wanted), now)?;
            }
            key::show_anew(change, key_id)
        })
    }

    /// Writes what waited in another copy into this one, as it was: what was sent is asked again as the same question.
    ///
    /// # Errors
    /// [`ReplicaError`].
    pub fn want_again(&self, entry: &OutboxEntry) -> Result<(), ReplicaError> {
        self.transaction(|change| {
            insert(change, entry.operation_id, &entry.operation, entry.queued_at)?;
            change.execute(
                "UPDATE outbox SET state = ?2, message = ?3, attempts = ?4 WHERE operation_id = ?1",
                params![
                    entry.operation_id.to_string(),
                    entry.state.as_str(),
                    entry.message,
                    entry.attempts
                ],
            )?;
            Ok(())
        })
    }

    /// Shows a key that is not made yet.
    ///
    /// # Errors
    /// [`ReplicaError`].
    pub fn show_unconfirmed(&self, as_shown: &KeyView) -> Result<(), ReplicaError> {
        self.transaction(|change| key::put(change, as_shown, true))
    }

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

    /// Lets what was refused go to the server once more. Whether it was there and refused.
    ///
    /// # Errors
    /// [`ReplicaError`].
    pub fn want_retry(&self, operation_id: OperationId) -> Result<bool, ReplicaError> {
        self.transaction(|change| {
            let retried = change.execute(
                "UPDATE outbox SET state = 'waiting', message = NULL WHERE operation_id = ?1 AND state = 'refused'",
                [operation_id.to_string()],
            )?;
            if let Some(entry) = find(change, operation_id)? {
                key::show_anew(change, entry.operation.key_id())?;
            }
            Ok(retried > 0)
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
            let Some(found) = find(change, operation_id)? else {
                return Ok(Vec::new());
            };
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
                remove(change, operation_id)?;
                if let Operation::EditKey(edit) = &found.operation {
                    rebase(change, key_id, &edit.mine, &edit.base)?;
                }
                key::show_anew(change, key_id)?;
                Ok(vec![found])
            }
        })
    }
}
