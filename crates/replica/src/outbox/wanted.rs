//! What the author of a change does with it: wants it, edits it, tries again, drops it.

use domain::clock::Timestamp;
use domain::id::{KeyId, OperationId};
use protocol::key::{CreateKeyRequest, KeyFields, KeyView};
use rusqlite::{Connection, params};

use super::{KeyEdit, Operation, OutboxEntry, OutboxState, as_wanted, find, insert, of_key, remove, replace};
use crate::{Change, Replica, ReplicaError, key};

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

fn want_one(
    change: &Change<'_>,
    operation_id: OperationId,
    operation: &Operation,
    now: Timestamp,
) -> Result<(), ReplicaError> {
    let key_id = operation.key_id();
    let alike =
        |entry: &OutboxEntry| std::mem::discriminant(&entry.operation) == std::mem::discriminant(operation);
    let pending = of_key(change, key_id)?;
    for refused in pending
        .iter()
        .filter(|entry| alike(entry) && entry.state == OutboxState::Refused)
    {
        remove(change, refused.operation_id)?;
    }
    let last = |fits: &dyn Fn(&OutboxEntry) -> bool| {
        pending
            .iter()
            .rev()
            .find(|entry| entry.state.goes_on() && fits(entry))
    };
    match operation {
        Operation::PauseKey { .. } | Operation::ResumeKey { .. } => {
            let stops = |entry: &OutboxEntry| {
                matches!(
                    entry.operation,
                    Operation::PauseKey { .. } | Operation::ResumeKey { .. }
                )
            };
            match last(&stops) {
                Some(entry) if alike(entry) => return Ok(()),
                Some(entry) if entry.state == OutboxState::Waiting => {
                    remove(change, entry.operation_id)?;
                    change.touched(key_id);
                    return Ok(());
                }
                _ => {}
            }
        }
        Operation::RevokeKey { .. } if last(&alike).is_some() => return Ok(()),
        _ => {}
    }
    insert(change, operation_id, operation, now)?;
    change.touched(key_id);
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

    /// Shows a key that is not made yet.
    ///
    /// # Errors
    /// [`ReplicaError`].
    pub fn show_unconfirmed(&self, as_shown: &KeyView) -> Result<(), ReplicaError> {
        self.transaction(|change| key::put(change, as_shown, true))
    }

    /// Writes the wish to edit a key whose author saw `base`, and made `mine` of it. `notify` says whether the members
    /// whose assignment it changes are told by mail.
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
        (base, mine): (&KeyFields, &KeyFields),
        notify: bool,
        now: Timestamp,
    ) -> Result<(), ReplicaError> {
        self.transaction(|change| {
            let edit = mine.since(base);
            for earlier in of_key(change, key_id)? {
                match (earlier.operation, earlier.state) {
                    (Operation::CreateKey(mut request), OutboxState::Waiting | OutboxState::Refused) => {
                        // Edits that were meant after it are made with it: there is nothing yet to be edited.
                        let later = of_key(change, key_id)?;
                        let made = edit.upon(&as_wanted(request.fields(), &later));
                        (request.name, request.description) = (made.name, made.description);
                        request.requests_per_minute = made.requests_per_minute;
                        request.people = made.people;
                        request.grants = made.grants;
                        for later in &later {
                            if matches!(later.operation, Operation::EditKey(_)) {
                                remove(change, later.operation_id)?;
                            }
                        }
                        replace(
                            change,
                            earlier.operation_id,
                            &Operation::CreateKey(request.clone()),
                        )?;
                        return key::rename_unconfirmed(change, key_id, &request);
                    }
                    (Operation::EditKey(mut waiting), OutboxState::Waiting) => {
                        waiting.mine = edit.upon(&waiting.mine);
                        waiting.notify |= notify;
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
                            notify: notify || stopped.notify,
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
                    notify,
                    sent: None,
                };
                insert(change, operation_id, &Operation::EditKey(wanted), now)?;
            }
            key::show_anew(change, key_id)
        })
    }

    /// Writes wishes about keys that exist, in one transaction: to rotate, to pause, to resume, to revoke. What is wanted
    /// already is not written twice, and a pause and a resume that have not been sent cancel each other.
    ///
    /// # Errors
    /// [`ReplicaError`]; then none was written.
    pub fn want(&self, wishes: &[(OperationId, Operation)], now: Timestamp) -> Result<(), ReplicaError> {
        self.transaction(|change| {
            for (operation_id, operation) in wishes {
                want_one(change, *operation_id, operation, now)?;
            }
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
