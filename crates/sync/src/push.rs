//! Sends what waits in the outbox, in the order of the plan.

use std::collections::HashSet;

use domain::id::OperationId;
use protocol::problem::ProblemCode;
use replica::{Feed, KeyEdit, Operation, OutboxEntry, OutboxState, Replica, SentEdit, Topic};

use crate::engine::Engine;
use crate::failpoint::reach;
use crate::merge::{Merge, merge};
use crate::plan::next_to_push;
use crate::status::{Phase, RoundError};

/// How often in one round an edit is merged anew because the key was changed just then.
const MOST_OUTDATED: u32 = 8;

/// How sending an entry ended.
enum Pushed {
    /// It needs nothing more now.
    Done,
    /// The key was changed meanwhile: it is merged with what a pull brings.
    Outdated,
}

impl Engine {
    /// Sends what can be sent; whether anything was.
    pub(crate) async fn push(&self) -> Result<bool, RoundError> {
        let mut sent = false;
        let mut outdated = 0;
        loop {
            let outbox = self.replica_work(Replica::outbox).await?;
            let Some(entry) = next_to_push(&outbox).cloned() else {
                return Ok(sent);
            };
            sent = true;
            self.session()?;
            self.set_status(Phase::Syncing, None, None);
            let operation = entry.operation_id;
            let pushed = self.push_one(entry).await;
            (self.announce)(&HashSet::from([Topic::Outbox, Topic::Keys, Topic::Sync]));
            match pushed? {
                Pushed::Done => {}
                Pushed::Outdated => {
                    outdated += 1;
                    if outdated > MOST_OUTDATED {
                        return Ok(sent);
                    }
                    self.pull(Feed::Organization).await?;
                    self.replica_work(move |replica| replica.mark_outdated(operation))
                        .await?;
                }
            }
        }
    }

    async fn push_one(&self, entry: OutboxEntry) -> Result<Pushed, RoundError> {
        let id = entry.operation_id;
        let session = self.session()?;
        reach("push.chosen");
        let answer = match &entry.operation {
            Operation::CreateKey(request) => {
                self.is_sent(id).await?;
                session.create_key(self.organization, id, request).await
            }
            Operation::RotateKey(request) => {
                self.is_sent(id).await?;
                session.rotate_key(self.organization, id, request).await
            }
            Operation::StepRotation { key_id, step } => {
                self.is_sent(id).await?;
                session.step_rotation(self.organization, id, *key_id, *step).await
            }
            Operation::PauseKey { key_id } => {
                self.is_sent(id).await?;
                session.pause_key(self.organization, id, *key_id).await
            }
            Operation::ResumeKey { key_id } => {
                self.is_sent(id).await?;
                session.resume_key(self.organization, id, *key_id).await
            }
            Operation::RevokeKey { key_id } => {
                self.is_sent(id).await?;
                session.revoke_key(self.organization, id, *key_id).await
            }
            Operation::EditKey(edit) => {
                let Some(sent) = self.edit_to_send(&entry, edit).await? else {
                    return Ok(Pushed::Done);
                };
                (self.announce)(&HashSet::from([Topic::Outbox]));
                session
                    .edit_key(self.organization, id, edit.key_id, sent.version, &sent.request)
                    .await
            }
        };
        reach("push.answered");
        match answer {
            Ok(view) => {
                self.replica_work(move |replica| replica.confirm(id, &view))
                    .await?;
                reach("push.confirmed");
            }
            Err(error) if error.code() == Some(ProblemCode::PreconditionFailed) => {
                return Ok(Pushed::Outdated);
            }
            Err(error) if error.is_passing() || error.code() == Some(ProblemCode::SignedOut) => {
                let (message, may_have_arrived) = (error.to_string(), error.may_have_arrived());
                self.replica_work(move |replica| replica.mark_unanswered(id, &message, may_have_arrived))
                    .await?;
                return Err(error.into());
            }
            Err(error) => {
                let message = error.to_string();
                self.replica_work(move |replica| replica.mark_refused(id, &message))
                    .await?;
            }
        }
        Ok(Pushed::Done)
    }

    async fn is_sent(&self, id: OperationId) -> Result<(), RoundError> {
        self.replica_work(move |replica| replica.mark_sent(id)).await?;
        reach("push.marked");
        (self.announce)(&HashSet::from([Topic::Outbox]));
        Ok(())
    }

    /// The question an edit is asked as: the very one it was asked as before, where the answer is not known; else what
    /// the merge with the key as it is now leaves to do. Nothing when it leaves nothing, or only its author can decide.
    async fn edit_to_send(
        &self,
        entry: &OutboxEntry,
        edit: &KeyEdit,
    ) -> Result<Option<SentEdit>, RoundError> {
        let id = entry.operation_id;
        if entry.state == OutboxState::Sent
            && let Some(sent) = &edit.sent
        {
            return Ok(Some(sent.clone()));
        }
        let key_id = edit.key_id;
        let Some(key) = self.replica_work(move |replica| replica.key(key_id)).await? else {
            self.replica_work(move |replica| {
                replica.mark_refused(id, "this key is gone, or your role no longer shows it")
            })
            .await?;
            return Ok(None);
        };
        let theirs = key.view.fields();
        match merge(&edit.base, &edit.mine, &theirs) {
            Merge::Settled => {
                self.replica_work(move |replica| replica.settle_edit(id)).await?;
                Ok(None)
            }
            Merge::Conflict(_) => {
                self.replica_work(move |replica| {
                    replica.mark_conflict(id, "somebody else changed the same; decide which holds")
                })
                .await?;
                Ok(None)
            }
            Merge::Make(made) => {
                let mut request = made.since(&theirs);
                request.notify_people = edit.notify && request.people.is_some();
                let sent = SentEdit {
                    version: key.view.version,
                    request,
                };
                let kept = sent.clone();
                self.replica_work(move |replica| replica.mark_edit_sent(id, &kept))
                    .await?;
                reach("push.marked");
                Ok(Some(sent))
            }
        }
    }
}
