//! Carries out what the plan says.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::Duration;

use client::{ClientError, Session};
use domain::clock::Clock;
use domain::entropy::Entropy;
use domain::id::{OperationId, OrganizationId};
use futures::StreamExt as _;
use protocol::change::MOST_CHANGES;
use protocol::problem::ProblemCode;
use replica::{KeyEdit, Operation, OutboxEntry, OutboxState, Replica, ReplicaError, SentEdit, Topic};
use tokio::sync::{Notify, watch};
use tokio::task::JoinHandle;

use crate::backoff;
use crate::failpoint::reach;
use crate::merge::{Merge, merge};
use crate::plan::{Course, Step, next_to_push};
use crate::status::{Phase, RoundError, Status};

/// Told which topics have new content.
pub type Announce = Arc<dyn Fn(&HashSet<Topic>) + Send + Sync>;

/// A pull of more changes than this shows its progress.
const SHOW_PROGRESS_FROM: i64 = 2_000;
/// A round without any notice, in case one was lost on the way.
const SAFETY_ROUND: Duration = Duration::from_secs(300);
/// How long opening the stream of notices may take.
const OPEN_NOTICES: Duration = Duration::from_secs(15);

/// How often in one round an edit is merged anew because the key was changed just then.
const MOST_OUTDATED: u32 = 8;

/// How sending an entry ended.
enum Pushed {
    /// It needs nothing more now.
    Done,
    /// The key was changed meanwhile: it is merged with what a pull brings.
    Outdated,
}

/// The way to the server.
pub enum Link {
    /// Signed in.
    Session(Session),
    /// No session is known.
    SignedOut,
    /// The server of this computer did not start; the reason in words.
    NoServer(String),
}

/// Keeps one replica in step with one organization of one server.
pub struct Engine {
    replica: Arc<Replica>,
    link: RwLock<Link>,
    organization: OrganizationId,
    clock: Arc<dyn Clock>,
    entropy: Arc<Mutex<dyn Entropy>>,
    announce: Announce,
    status: watch::Sender<Status>,
    wake: Notify,
    /// One round at a time.
    round: tokio::sync::Mutex<()>,
}

impl Engine {
    /// An engine that has not begun: nothing is sent before [`Engine::round`] or [`Engine::spawn`].
    #[must_use]
    pub fn new(
        replica: Arc<Replica>,
        link: Link,
        organization: OrganizationId,
        clock: Arc<dyn Clock>,
        entropy: Arc<Mutex<dyn Entropy>>,
        announce: Announce,
    ) -> Arc<Self> {
        let status = Status {
            phase: Phase::Syncing,
            since: clock.now(),
            progress: None,
            cause: None,
        };
        Arc::new(Self {
            replica,
            link: RwLock::new(link),
            organization,
            clock,
            entropy,
            announce,
            status: watch::Sender::new(status),
            wake: Notify::new(),
            round: tokio::sync::Mutex::new(()),
        })
    }

    /// How far the copy is in step now.
    #[must_use]
    pub fn status(&self) -> Status {
        self.status.borrow().clone()
    }

    /// Changes of the status, for those who wait for one.
    #[must_use]
    pub fn watch(&self) -> watch::Receiver<Status> {
        self.status.subscribe()
    }

    /// Uses another link from now on: its owner signed in again, or out.
    pub fn set_link(&self, link: Link) {
        *self.link.write().unwrap_or_else(PoisonError::into_inner) = link;
        self.wake();
    }

    /// The session in use.
    ///
    /// # Errors
    /// [`RoundError`] says why there is none.
    pub fn session(&self) -> Result<Session, RoundError> {
        match &*self.link.read().unwrap_or_else(PoisonError::into_inner) {
            Link::Session(session) => Ok(session.clone()),
            Link::SignedOut => Err(RoundError::SignedOut),
            Link::NoServer(reason) => Err(RoundError::NoServer(reason.clone())),
        }
    }

    /// Asks for a round soon.
    pub fn wake(&self) {
        self.wake.notify_one();
    }

    /// Runs until the handle is aborted: rounds on every wish and notice, with backoff while the server is away.
    #[must_use]
    pub fn spawn(self: &Arc<Self>) -> Running {
        let rounds = tokio::spawn(self.clone().rounds());
        let notices = tokio::spawn(self.clone().listen());
        Running {
            tasks: [rounds, notices],
        }
    }

    async fn rounds(self: Arc<Self>) {
        let mut failures = 0u32;
        loop {
            let wait = match self.round().await {
                Ok(()) => {
                    failures = 0;
                    SAFETY_ROUND
                }
                Err(_) if self.status.borrow().phase == Phase::SignedOut => {
                    failures = 0;
                    self.wake.notified().await;
                    continue;
                }
                Err(_) => {
                    failures = failures.saturating_add(1);
                    self.backoff(failures)
                }
            };
            // Whichever comes first; a wish that came during the round is remembered by the notify.
            let _woken = tokio::time::timeout(wait, self.wake.notified()).await;
        }
    }

    fn backoff(&self, failures: u32) -> Duration {
        let mut entropy = self.entropy.lock().unwrap_or_else(PoisonError::into_inner);
        backoff::wait(failures, &mut *entropy)
    }

    /// Follows the server's notices; each wakes a round. When the stream ends, a round finds out why.
    async fn listen(self: Arc<Self>) {
        let mut failures = 0u32;
        loop {
            if let Ok(session) = self.session()
                && let Ok(Ok(mut notices)) = tokio::time::timeout(OPEN_NOTICES, session.notices()).await
            {
                failures = 0;
                while let Some(Ok(notice)) = notices.next().await {
                    if notice.organization_id == self.organization {
                        self.wake();
                    }
                }
                self.wake();
            } else if self.status.borrow().phase == Phase::Synced {
                // In step a moment ago, and no stream to be had: the server may have gone in between.
                self.wake();
            }
            failures = failures.saturating_add(1);
            tokio::time::sleep(self.backoff(failures)).await;
        }
    }

    /// One round: push what waits, then pull to the head.
    ///
    /// # Errors
    /// [`RoundError`], which the status shows too.
    pub async fn round(&self) -> Result<(), Arc<RoundError>> {
        let _one = self.round.lock().await;
        let result = self.carry_out().await.map_err(Arc::new);
        match &result {
            Ok(()) => self.set_status(Phase::Synced, None, None),
            Err(error) => self.show(error),
        }
        result
    }

    async fn carry_out(&self) -> Result<(), RoundError> {
        if self.replica_work(Replica::changed_elsewhere).await? {
            (self.announce)(&HashSet::from([Topic::Keys, Topic::Outbox, Topic::Organization]));
        }
        // Nothing is sent to a server that has lost what this copy has seen.
        self.pull().await?;
        if self.push().await? {
            self.pull().await?;
        }
        let now = self.clock.now();
        self.replica_work(move |replica| replica.set_synced(now)).await?;
        Ok(())
    }

    fn show(&self, error: &Arc<RoundError>) {
        let phase = match &**error {
            RoundError::Client(ClientError::Problem(problem)) => match problem.code {
                ProblemCode::SignedOut => Phase::SignedOut,
                ProblemCode::Unavailable => Phase::Offline,
                _ => Phase::Failed,
            },
            RoundError::Client(_) => Phase::Offline,
            RoundError::SignedOut => Phase::SignedOut,
            RoundError::NoServer(_) | RoundError::GoneBack { .. } | RoundError::Replica(_) => Phase::Failed,
        };
        tracing::info!(%error, ?phase, "a round of sync ended early");
        self.set_status(phase, None, Some(error.clone()));
    }

    fn set_status(&self, phase: Phase, progress: Option<(u64, u64)>, cause: Option<Arc<RoundError>>) {
        let now = self.clock.now();
        self.status.send_modify(|status| {
            let was_away = matches!(status.phase, Phase::Offline | Phase::SignedOut | Phase::Failed);
            // Trying again while away is no change of state worth showing.
            let hidden = phase == Phase::Syncing && was_away && progress.is_none();
            if hidden {
                return;
            }
            if status.phase != phase {
                status.since = now;
            }
            status.phase = phase;
            status.progress = progress;
            status.cause = cause;
        });
        (self.announce)(&HashSet::from([Topic::Sync]));
    }

    /// Sends what can be sent; whether anything was.
    async fn push(&self) -> Result<bool, RoundError> {
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
                    self.pull().await?;
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
                let sent = SentEdit {
                    version: key.view.version,
                    request: made.since(&theirs),
                };
                let kept = sent.clone();
                self.replica_work(move |replica| replica.mark_edit_sent(id, &kept))
                    .await?;
                reach("push.marked");
                Ok(Some(sent))
            }
        }
    }

    async fn pull(&self) -> Result<(), RoundError> {
        let cursor = self.replica_work(Replica::cursor).await?;
        let mut course = Course::from(cursor);
        let mut seen = HashSet::new();
        let mut applied = 0u64;
        let mut topics = HashSet::new();
        loop {
            let page = self
                .session()?
                .changes(self.organization, course.since(), MOST_CHANGES)
                .await?;
            reach("pull.answered");
            let step = course.take(&page);
            let count = page.changes.len() as u64;
            let remaining = page.remaining;
            let (next, epoch) = (page.next, page.epoch);
            match step {
                Step::Nothing => break,
                Step::GoneBack => {
                    return Err(RoundError::GoneBack {
                        seen: cursor.sequence,
                        now: page.head,
                    });
                }
                Step::Begin => {
                    seen.clear();
                    applied = 0;
                    continue;
                }
                Step::Apply { .. } => {
                    topics.extend(self.replica_work(move |replica| replica.apply(&page)).await?);
                }
                Step::Gather | Step::Finish => {
                    seen.extend(page.changes.iter().filter_map(|change| change.entity.here()));
                    topics.extend(
                        self.replica_work(move |replica| replica.apply_of_snapshot(&page))
                            .await?,
                    );
                }
            }
            reach("pull.applied");
            if step == Step::Finish {
                let seen = std::mem::take(&mut seen);
                self.replica_work(move |replica| replica.finish_snapshot(&seen, next, epoch))
                    .await?;
                reach("pull.finished");
                topics.extend([Topic::Keys, Topic::Organization]);
            }
            applied += count;
            let is_long =
                remaining + i64::try_from(count).unwrap_or(0) >= SHOW_PROGRESS_FROM || applied > count;
            if is_long {
                let total = applied + u64::try_from(remaining).unwrap_or(0);
                self.set_status(Phase::Syncing, Some((applied, total)), None);
                (self.announce)(&topics);
            }
            if matches!(step, Step::Apply { more: false } | Step::Finish) {
                break;
            }
        }
        if self.replica_work(Replica::forget_satisfied).await? {
            topics.extend([Topic::Outbox, Topic::Keys]);
        }
        if !topics.is_empty() {
            (self.announce)(&topics);
        }
        Ok(())
    }

    /// The replica blocks (it reads and writes a file), so it works on a thread that may.
    async fn replica_work<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Replica) -> Result<T, ReplicaError> + Send + 'static,
    ) -> Result<T, ReplicaError> {
        let replica = self.replica.clone();
        match tokio::task::spawn_blocking(move || work(&replica)).await {
            Ok(done) => done,
            Err(error) if error.is_panic() => std::panic::resume_unwind(error.into_panic()),
            // Only when the runtime ends: nobody waits for the answer then.
            Err(_) => std::future::pending().await,
        }
    }
}

/// A running engine; ends when dropped.
pub struct Running {
    tasks: [JoinHandle<()>; 2],
}

impl Running {
    /// Stops it, and waits until nothing of it runs. A request that is under way is answered at its next try.
    pub async fn stop(mut self) {
        for task in &mut self.tasks {
            task.abort();
            // Aborted: that is what was wanted.
            let _ended = task.await;
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        for task in &self.tasks {
            task.abort();
        }
    }
}
