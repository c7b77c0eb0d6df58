//! Stopping keys, one or many: pause, resume, revoke (K8, K9).

use std::sync::Arc;

use domain::clock::Timestamp;
use domain::id::{KeyId, OperationId};
use domain::key::{may_pause, may_resume, may_revoke, revoke_asks_for_name};
use domain::role::{Action, require};
use domain::token::Touch;
use replica::{KeyRecord, Operation};

use crate::error::DeskError;
use crate::keys::no_such_key;
use crate::view::{BulkRefusal, BulkReport, KeyDetail, Stop, sentence};
use crate::{Desk, blocking};

/// The most keys that are stopped at once.
const MOST_KEYS: usize = 10_000;

impl Stop {
    const fn wish(self, key_id: KeyId) -> Operation {
        match self {
            Self::Pause => Operation::PauseKey { key_id },
            Self::Resume => Operation::ResumeKey { key_id },
            Self::Revoke => Operation::RevokeKey { key_id },
        }
    }

    pub(crate) fn may(self, record: &KeyRecord, now: Timestamp) -> Result<(), DeskError> {
        let life = record.view.life();
        // What waits counts as done: a pause that was not sent yet can be taken back.
        let last = record
            .pending
            .iter()
            .rev()
            .find(|entry| {
                entry.state.goes_on()
                    && matches!(
                        entry.operation,
                        Operation::PauseKey { .. } | Operation::ResumeKey { .. }
                    )
            })
            .map(|entry| &entry.operation);
        match (self, last) {
            (Self::Pause, Some(Operation::ResumeKey { .. }))
            | (Self::Resume, Some(Operation::PauseKey { .. })) => Ok(()),
            (Self::Pause, _) => Ok(may_pause(life, now)?),
            (Self::Resume, _) => Ok(may_resume(life, now)?),
            (Self::Revoke, _) => Ok(may_revoke(record.view.free, life)?),
        }
    }
}

impl Desk {
    /// Pauses or resumes a key. It is in force when the server has confirmed it.
    ///
    /// # Errors
    /// [`DeskError::Refused`] for a key that has ended or is so already, or a role that may not.
    pub async fn stop_key(self: &Arc<Self>, id: KeyId, stop: Stop) -> Result<KeyDetail, DeskError> {
        if stop == Stop::Revoke {
            return self.revoke_key(id, None).await;
        }
        let open = self.current()?;
        let now = self.now();
        let operation_id = self.with_entropy(|entropy| OperationId::make(now, entropy));
        let desk = self.clone();
        blocking(move || {
            let record = open.replica.key(id)?.ok_or_else(no_such_key)?;
            open.may_touch(&record.view, Touch::Stop)?;
            stop.may(&record, now)?;
            open.replica.want(&[(operation_id, stop.wish(id))], now)?;
            desk.went(&open);
            open.detail_of(id, now)
        })
        .await
    }

    /// Pauses, resumes or revokes many keys. Those that can't be are named with the reason, and are no obstacle to the
    /// others. Each is in force when the server has confirmed it; how many wait is in the status of the sync.
    ///
    /// # Errors
    /// [`DeskError::Refused`] for a role that may not, or more than 10,000 keys; [`DeskError::Input`] at `confirmCount`
    /// when keys that were used in the last 7 days are to be revoked and it is not how many are chosen.
    pub async fn stop_keys(
        self: &Arc<Self>,
        ids: Vec<KeyId>,
        stop: Stop,
        confirm_count: Option<u32>,
    ) -> Result<BulkReport, DeskError> {
        let open = self.current()?;
        if ids.len() > MOST_KEYS {
            return Err(DeskError::Refused(format!(
                "{} keys are more than can be chosen at once; choose {MOST_KEYS} at the most",
                ids.len()
            )));
        }
        let now = self.now();
        let desk = self.clone();
        blocking(move || {
            let (mut wishes, mut refused, mut used) = (Vec::new(), Vec::new(), 0u32);
            for id in &ids {
                let found = open.replica.key(*id)?.ok_or_else(no_such_key);
                let name = found
                    .as_ref()
                    .map_or_else(|_| id.to_string(), |record| record.shown.name.to_string());
                let may = found.and_then(|record| {
                    open.may_touch(&record.view, Touch::Stop)?;
                    stop.may(&record, now)?;
                    Ok(record)
                });
                match may {
                    Ok(record) => {
                        used += u32::from(revoke_asks_for_name(record.view.last_used_at(), now));
                        let operation_id = desk.with_entropy(|entropy| OperationId::make(now, entropy));
                        wishes.push((operation_id, stop.wish(*id)));
                    }
                    Err(error) => refused.push(BulkRefusal {
                        key_id: *id,
                        key_name: name,
                        reason: sentence(&error.to_string()),
                    }),
                }
            }
            if wishes.is_empty() {
                // Who may stop none but their own tokens is told so once.
                require(open.record().role, Action::ManageKeys)?;
            }
            let chosen = u32::try_from(ids.len()).unwrap_or(u32::MAX);
            if stop == Stop::Revoke && used > 0 && confirm_count != Some(chosen) {
                return Err(DeskError::input(
                    "confirmCount",
                    format!(
                        "{used} of these keys were used in the last 7 days; type how many you have chosen, {chosen}, to \
                         revoke them"
                    ),
                ));
            }
            let done = u32::try_from(wishes.len()).unwrap_or(u32::MAX);
            open.replica.want(&wishes, now)?;
            desk.went(&open);
            Ok(BulkReport { done, refused })
        })
        .await
    }
}
