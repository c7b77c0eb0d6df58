//! Carries out what the plan says.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::Duration;

use client::{ClientError, Session};
use domain::activity::Scope;
use domain::clock::Clock;
use domain::entropy::Entropy;
use domain::id::OrganizationId;
use futures::StreamExt as _;
use protocol::problem::ProblemCode;
use replica::{Feed, Replica, ReplicaError, Topic};
use tokio::sync::{Notify, watch};
use tokio::task::JoinHandle;

use crate::backoff;
use crate::status::{Phase, RoundError, Status};

/// Told which topics have new content.
pub type Announce = Arc<dyn Fn(&HashSet<Topic>) + Send + Sync>;

/// A round without any notice, in case one was lost on the way.
const SAFETY_ROUND: Duration = Duration::from_secs(300);
/// How long opening the stream of notices may take.
const OPEN_NOTICES: Duration = Duration::from_secs(15);

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
    pub(crate) replica: Arc<Replica>,
    link: RwLock<Link>,
    pub(crate) organization: OrganizationId,
    clock: Arc<dyn Clock>,
    entropy: Arc<Mutex<dyn Entropy>>,
    pub(crate) announce: Announce,
    status: watch::Sender<Status>,
    wake: Notify,
    /// The tag of the catalog that the server said last.
    pub(crate) catalog_told: Mutex<Option<String>>,
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
            catalog_told: Mutex::default(),
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
                    // There are no notices of other accounts than the one that is signed in.
                    if notice.scope != Scope::Organization(self.organization)
                        && matches!(notice.scope, Scope::Organization(_))
                    {
                        continue;
                    }
                    self.wake();
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
            (self.announce)(&HashSet::from([
                Topic::Keys,
                Topic::Outbox,
                Topic::Organization,
                Topic::Account,
                Topic::Catalog,
            ]));
        }
        // Nothing is sent to a server that has lost what this copy has seen.
        self.pull(Feed::Account).await?;
        self.stay_a_member().await?;
        self.pull(Feed::Organization).await?;
        let pushed = self.push().await?;
        let told = self.tell_traces().await?;
        if pushed || told {
            self.pull(Feed::Organization).await?;
        }
        let now = self.clock.now();
        self.replica_work(move |replica| replica.set_synced(now)).await?;
        self.follow_catalog().await;
        Ok(())
    }

    /// Empties the copy when the account's own feed says that it does not belong to the organization any more.
    async fn stay_a_member(&self) -> Result<(), RoundError> {
        let organization = self.organization;
        let (is_known, membership) = self
            .replica_work(move |replica| {
                Ok((replica.profile()?.is_some(), replica.membership(organization)?))
            })
            .await?;
        if !is_known || membership.is_some() {
            return Ok(());
        }
        if self.replica_work(Replica::empty_organization).await? {
            (self.announce)(&HashSet::from([
                Topic::Keys,
                Topic::Outbox,
                Topic::Organization,
                Topic::Account,
            ]));
        }
        Err(RoundError::NotAMember)
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
            RoundError::NoServer(_)
            | RoundError::GoneBack { .. }
            | RoundError::NotAMember
            | RoundError::Replica(_) => Phase::Failed,
        };
        tracing::info!(%error, ?phase, "a round of sync ended early");
        self.set_status(phase, None, Some(error.clone()));
    }

    pub(crate) fn set_status(
        &self,
        phase: Phase,
        progress: Option<(u64, u64)>,
        cause: Option<Arc<RoundError>>,
    ) {
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

    /// The replica blocks (it reads and writes a file), so it works on a thread that may.
    pub(crate) async fn replica_work<T: Send + 'static>(
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
