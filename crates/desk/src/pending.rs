//! Changes that are not yet in force, and how far the copy is in step.

use std::sync::Arc;

use domain::id::{AccountId, MemberId, OperationId};
use replica::{KeyEdit, Operation, OutboxEntry, OutboxState, Replica, UntoldTrace};
use sync::merge::{Field, Merge, merge, one_by_one};
use sync::status::{Phase, RoundError};

use crate::error::DeskError;
use crate::keys::{as_shown, fields, pending_operation, text};
use crate::open::{OpenConnection, item};
use crate::view::{
    AppError, EditField, KeyEditDraft, PendingChange, PendingEdit, Progress, SyncState, SyncStatus, sentence,
};
use crate::{Desk, Topic, blocking};

impl Desk {
    /// Changes that wait, are under way, or were refused; oldest first.
    ///
    /// # Errors
    /// [`DeskError`].
    pub async fn list_pending(self: &Arc<Self>) -> Result<Vec<PendingChange>, DeskError> {
        let open = self.current()?;
        blocking(move || pending_of(&open.replica)).await
    }

    /// Drops a change that waits or was refused. Dropping the making or the rotation of a key removes its new secret
    /// from the keychain.
    ///
    /// # Errors
    /// [`DeskError::Refused`] when it is under way: it may be in force already.
    pub async fn drop_pending(self: &Arc<Self>, id: OperationId) -> Result<(), DeskError> {
        let open = self.current()?;
        let desk = self.clone();
        blocking(move || {
            let entry = open
                .replica
                .outbox()?
                .into_iter()
                .find(|entry| entry.operation_id == id);
            if entry.is_some_and(|entry| entry.state == OutboxState::Sent) {
                return Err(DeskError::Refused(
                    "this change was sent and may be in force; wait for the server's answer, then undo it"
                        .to_owned(),
                ));
            }
            for dropped in open.replica.drop_wanted(id)? {
                if let Some(secret) = dropped.operation.new_secret() {
                    open.keychain.remove(&item(open.record().id, secret.id))?;
                }
            }
            desk.announce(&[Topic::Outbox, Topic::Keys, Topic::Sync]);
            Ok(())
        })
        .await
    }

    /// Decides an edit that stands in conflict: its author has seen the key as it is now, and says what is to be made of
    /// it. Deciding for what the server has ends it. Whom the key is assigned to is never in conflict: each person that
    /// was added or taken away is so, whatever the draft says.
    ///
    /// # Errors
    /// [`DeskError::Input`] at the field that is the reason; [`DeskError::NotFound`] when nothing is to be decided.
    pub async fn decide_edit(
        self: &Arc<Self>,
        id: OperationId,
        draft: KeyEditDraft,
    ) -> Result<(), DeskError> {
        let open = self.current()?;
        let (seen, mut made) = (fields(&draft.seen)?, fields(&draft.made)?);
        let now = self.now();
        let operation_id = self.with_entropy(|entropy| OperationId::make(now, entropy));
        let desk = self.clone();
        blocking(move || {
            let entry = open
                .replica
                .outbox()?
                .into_iter()
                .find(|entry| entry.operation_id == id && entry.state == OutboxState::Conflict)
                .ok_or_else(|| DeskError::NotFound("there is nothing to decide here any more".to_owned()))?;
            if let Operation::EditKey(edit) = &entry.operation {
                made.people = one_by_one(&edit.base.people, &edit.mine.people, &seen.people);
            }
            open.replica
                .want_edit(operation_id, entry.operation.key_id(), (&seen, &made), false, now)?;
            desk.went(&open);
            Ok(())
        })
        .await
    }

    /// Sends what was refused once more, as it is: the reason may be gone.
    ///
    /// # Errors
    /// [`DeskError::NotFound`] when it is not there, or was not refused.
    pub async fn retry_pending(self: &Arc<Self>, id: OperationId) -> Result<(), DeskError> {
        let open = self.current()?;
        let desk = self.clone();
        blocking(move || {
            if !open.replica.want_retry(id)? {
                return Err(DeskError::NotFound(
                    "this change is not there any more, or was not refused".to_owned(),
                ));
            }
            desk.went(&open);
            Ok(())
        })
        .await
    }

    /// How far the copy is in step.
    ///
    /// # Errors
    /// [`DeskError`].
    pub async fn sync_status(self: &Arc<Self>) -> Result<SyncStatus, DeskError> {
        let open = self.current()?;
        blocking(move || open.sync_status()).await
    }

    /// Does a round of sync now, and says how it ended. A server that is away is no error: the status says so.
    ///
    /// # Errors
    /// [`DeskError`].
    pub async fn sync_now(self: &Arc<Self>) -> Result<SyncStatus, DeskError> {
        let open = self.current()?;
        // How it ended is in the status.
        let _shown_by_status = open.engine.round().await;
        self.sync_status().await
    }
}

impl OpenConnection {
    /// Writes what waited in another copy into this one, with the same operation ids.
    pub(crate) fn want_again(
        &self,
        wishes: &[OutboxEntry],
        traces: &[UntoldTrace],
        account: AccountId,
    ) -> Result<(), DeskError> {
        for untold in traces {
            self.replica.leave_trace(untold)?;
        }
        for entry in wishes {
            self.replica.want_again(entry)?;
            if let Operation::CreateKey(request) = &entry.operation {
                self.replica
                    .show_unconfirmed(&as_shown(request, account, entry.queued_at))?;
            }
        }
        self.engine.wake();
        Ok(())
    }

    fn sync_status(&self) -> Result<SyncStatus, DeskError> {
        let status = self.engine.status();
        let (waiting, needs_you) = self.replica.waiting()?;
        let small = |number: u64| u32::try_from(number).unwrap_or(u32::MAX);
        Ok(SyncStatus {
            state: match status.phase {
                Phase::Synced => SyncState::Synced,
                Phase::Syncing => SyncState::Syncing,
                Phase::Offline => SyncState::Offline,
                Phase::SignedOut => SyncState::SignedOut,
                Phase::Failed => SyncState::Failed,
            },
            last_synced_at: self.replica.synced_at()?,
            since: Some(status.since),
            progress: status.progress.map(|(done, total)| Progress {
                done: small(done),
                total: small(total),
            }),
            waiting,
            needs_you,
            problem: status.cause.as_deref().map(problem),
        })
    }
}

fn problem(error: &RoundError) -> AppError {
    let code = match error {
        RoundError::Client(error) => DeskError::code_of_client(error),
        RoundError::SignedOut => crate::ErrorCode::SignedOut,
        RoundError::GoneBack { .. } => crate::ErrorCode::ServerGoneBack,
        RoundError::NotAMember => crate::ErrorCode::NotAMember,
        RoundError::NoServer(_) | RoundError::Replica(_) => crate::ErrorCode::Unexpected,
    };
    AppError {
        code,
        message: sentence(&error.to_string()),
        field: None,
        details: None,
    }
}

/// Changes that wait in a replica, oldest first.
pub(crate) fn pending_of(replica: &Replica) -> Result<Vec<PendingChange>, DeskError> {
    replica
        .outbox()?
        .iter()
        .map(|entry| pending_change(replica, entry))
        .collect()
}

fn pending_change(replica: &Replica, entry: &OutboxEntry) -> Result<PendingChange, DeskError> {
    let key_id = entry.operation.key_id();
    let key_name = match &entry.operation {
        Operation::CreateKey(request) => request.name.to_string(),
        Operation::EditKey(edit) => edit.base.name.to_string(),
        _ => replica
            .key(key_id)?
            .map_or_else(|| key_id.to_string(), |record| record.shown.name.to_string()),
    };
    let edit = match &entry.operation {
        Operation::EditKey(edit) => Some(pending_edit(replica, edit)?),
        _ => None,
    };
    Ok(PendingChange {
        operation_id: entry.operation_id,
        operation: pending_operation(&entry.operation),
        key_id,
        key_name,
        queued_at: entry.queued_at,
        state: entry.state,
        message: entry.message.as_deref().map(sentence),
        attempts: entry.attempts,
        edit,
    })
}

fn pending_edit(replica: &Replica, edit: &KeyEdit) -> Result<PendingEdit, DeskError> {
    let theirs = replica.key(edit.key_id)?.map(|record| record.view.fields());
    let conflicts = match theirs
        .as_ref()
        .map(|theirs| merge(&edit.base, &edit.mine, theirs))
    {
        Some(Merge::Conflict(of)) => of
            .into_iter()
            .map(|field| match field {
                Field::Name => EditField::Name,
                Field::Description => EditField::Description,
                Field::Limit => EditField::RequestsPerMinute,
                Field::Services => EditField::Grants,
            })
            .collect(),
        _ => Vec::new(),
    };
    let names = |ids: std::collections::btree_set::Difference<'_, MemberId>| {
        ids.map(|id| {
            let member = replica.member(*id)?;
            Ok(member.map_or_else(|| id.to_string(), |member| member.display_name.to_string()))
        })
        .collect::<Result<Vec<_>, DeskError>>()
    };
    Ok(PendingEdit {
        base: text(&edit.base),
        mine: text(&edit.mine),
        theirs: theirs.as_ref().map(text),
        conflicts,
        assigned: names(edit.mine.people.difference(&edit.base.people))?,
        unassigned: names(edit.base.people.difference(&edit.mine.people))?,
    })
}
