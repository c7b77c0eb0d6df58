//! Notices that something changed, as server-sent events.
//!
//! A notice says where and up to which number, never what: what a member may see is decided when they ask. The stream
//! ends when its session does, and when the server stops.

use std::collections::{BTreeMap, VecDeque};
use std::convert::Infallible;
use std::time::Duration;

use axum::extract::State;
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use domain::activity::Scope;
use futures::Stream;
use protocol::change::Notice;
use protocol::path;
use store::{Heard, member, session};
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::RecvError;
use tokio::time::{Interval, MissedTickBehavior};

use crate::app::App;
use crate::caller::{Caller, see};
use crate::refusal::Refusal;

/// How often a silent stream shows it is alive, and looks whether its session and memberships still are.
const EVERY: Duration = Duration::from_secs(25);

/// Notices that something changed
///
/// Server-sent events named `change`, with a `Notice` as data: one for the account and each of its organizations at the
/// beginning, then one whenever the sequence of one moves. A comment every 25 seconds keeps the connection open.
#[utoipa::path(get, path = path::EVENTS, tag = "changes", operation_id = "stream_notices",
    responses((status = 200, description = "The stream.", body = Notice, content_type = "text/event-stream")))]
pub(crate) async fn stream(State(app): State<App>, caller: Caller) -> Result<Response, Refusal> {
    // Listening begins before the first look, so that nothing falls between the two.
    let heard = app.store.listen();
    let mut ticks = tokio::time::interval_at(tokio::time::Instant::now() + EVERY, EVERY);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut listener = Listener {
        app,
        caller,
        heard,
        ticks,
        told: BTreeMap::new(),
        waiting: VecDeque::new(),
    };
    listener.look().await?;
    Ok(Sse::new(events(listener))
        .keep_alive(KeepAlive::new().interval(EVERY))
        .into_response())
}

fn events(listener: Listener) -> impl Stream<Item = Result<Event, Infallible>> {
    futures::stream::unfold(listener, |mut listener| async move {
        let notice = listener.next().await?;
        let data = serde_json::to_string(&notice).ok()?;
        Some((Ok(Event::default().event("change").data(data)), listener))
    })
}

struct Listener {
    app: App,
    caller: Caller,
    heard: Receiver<Heard>,
    ticks: Interval,
    /// The number the caller's account and each of its organizations was last told at.
    told: BTreeMap<Scope, i64>,
    waiting: VecDeque<Notice>,
}

impl Listener {
    /// The next notice; `None` ends the stream.
    async fn next(&mut self) -> Option<Notice> {
        loop {
            if let Some(notice) = self.waiting.pop_front() {
                return Some(notice);
            }
            tokio::select! {
                () = self.app.closing.cancelled() => return None,
                heard = self.heard.recv() => match heard {
                    Ok(Heard::Changed(notice)) => {
                        self.tell(notice);
                        // Its memberships may be others now.
                        if notice.scope == Scope::Account(self.caller.account) {
                            self.look_again().await?;
                        }
                    }
                    Ok(Heard::SessionEnded(session)) if session == self.caller.session.id => return None,
                    Ok(Heard::SessionEnded(_)) => {}
                    Ok(Heard::Lost) | Err(RecvError::Lagged(_)) => self.look_again().await?,
                    Err(RecvError::Closed) => return None,
                },
                _ = self.ticks.tick() => self.look_again().await?,
            }
        }
    }

    fn tell(&mut self, notice: Notice) {
        if let Some(told) = self.told.get_mut(&notice.scope)
            && *told < notice.head
        {
            *told = notice.head;
            self.waiting.push_back(notice);
        }
    }

    /// Whether the session still holds, and where its organizations are; what was missed is told. A database that
    /// does not answer ends the stream: whoever listened comes back.
    async fn look_again(&mut self) -> Option<()> {
        let looked = async {
            let found =
                session::find_by_id(&mut self.app.store.direct().await?, self.caller.session.id).await?;
            Ok::<_, Refusal>(found)
        };
        let session = looked.await.ok()??;
        self.caller.session = see(&self.app, session, self.app.now()).await?;
        self.look().await.ok()
    }

    async fn look(&mut self) -> Result<(), Refusal> {
        let heads = member::heads(&mut self.app.store.direct().await?, self.caller.account).await?;
        let before = std::mem::take(&mut self.told);
        for (scope, head) in heads {
            // A restored backup may lie behind what was told: then it is told again.
            if before.get(&scope) != Some(&head) {
                self.waiting.push_back(Notice { scope, head });
            }
            self.told.insert(scope, head);
        }
        Ok(())
    }
}
