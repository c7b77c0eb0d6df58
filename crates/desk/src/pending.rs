//! Changes that are not yet in force, and how far the copy is in step.

use std::sync::Arc;

use domain::id::{AccountId, ConnectionId, OperationId};
use replica::{Operation, OutboxEntry, OutboxState};
use sync::status::{Phase, RoundError};

use crate::error::DeskError;
use crate::keys::{as_shown, pending_operation};
use crate::open::{OpenConnection, item};
use crate::view::{AppError, PendingChange, Progress, SyncState, SyncStatus, sentence};
use crate::{Desk, Topic, blocking, lock};

impl Desk {
    /// Changes that wait, are under way, or were refused; oldest first.
    ///
    /// # Errors
    /// [`DeskError`].
    pub async fn list_pending(self: &Arc<Self>) -> Result<Vec<PendingChange>, DeskError> {
        let open = self.current()?;
        blocking(move || open.pending()).await
    }

    pub(crate) fn pending_of(&self, id: ConnectionId) -> Result<Vec<PendingChange>, DeskError> {
        let open = lock(&self.open).clone().filter(|open| open.record.id == id);
        open.map_or_else(|| Ok(Vec::new()), |open| open.pending())
    }

    /// Drops a change that waits or was refused. Dropping the making of a key removes its secret from the keychain.
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
                if let Operation::CreateKey(request) = dropped.operation {
                    open.keychain.remove(&item(open.record.id, request.secret.id))?;
                }
            }
            desk.announce(&[Topic::Outbox, Topic::Keys, Topic::Sync]);
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
    pub(crate) fn want_again(&self, wishes: &[OutboxEntry], account: AccountId) -> Result<(), DeskError> {
        for OutboxEntry {
            operation_id,
            operation,
            queued_at,
            ..
        } in wishes
        {
            match operation {
                Operation::CreateKey(request) => {
                    let shown = as_shown(request, account, *queued_at);
                    self.replica
                        .want_key(*operation_id, request, &shown, *queued_at)?;
                }
                Operation::RevokeKey { key_id } => {
                    self.replica.want_revocation(*operation_id, *key_id, *queued_at)?;
                }
            }
        }
        self.engine.wake();
        Ok(())
    }

    fn pending(&self) -> Result<Vec<PendingChange>, DeskError> {
        self.replica
            .outbox()?
            .iter()
            .map(|entry| self.pending_change(entry))
            .collect()
    }

    fn pending_change(&self, entry: &OutboxEntry) -> Result<PendingChange, DeskError> {
        let key_id = entry.operation.key_id();
        let key_name = match &entry.operation {
            Operation::CreateKey(request) => request.name.to_string(),
            Operation::RevokeKey { .. } => self
                .replica
                .key(key_id)?
                .map_or_else(|| key_id.to_string(), |record| record.view.name.to_string()),
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
        })
    }

    fn sync_status(&self) -> Result<SyncStatus, DeskError> {
        let status = self.engine.status();
        let small = |number: u64| u32::try_from(number).unwrap_or(u32::MAX);
        Ok(SyncStatus {
            state: match status.phase {
                Phase::Synced => SyncState::Synced,
                Phase::Syncing => SyncState::Syncing,
                Phase::Offline => SyncState::Offline,
                Phase::SignedOut => SyncState::SignedOut,
                Phase::Failed => SyncState::Failed,
            },
            last_synced_at: self.replica.cursor()?.synced_at,
            since: Some(status.since),
            progress: status.progress.map(|(done, total)| Progress {
                done: small(done),
                total: small(total),
            }),
            waiting: self.replica.waiting()?,
            problem: status.cause.as_deref().map(problem),
        })
    }
}

fn problem(error: &RoundError) -> AppError {
    let code = match error {
        RoundError::Client(error) => DeskError::code_of_client(error),
        RoundError::SignedOut => crate::ErrorCode::SignedOut,
        RoundError::GoneBack { .. } => crate::ErrorCode::ServerGoneBack,
        RoundError::NoServer(_) | RoundError::Replica(_) => crate::ErrorCode::Unexpected,
    };
    AppError {
        code,
        message: sentence(&error.to_string()),
        field: None,
        details: None,
    }
}
