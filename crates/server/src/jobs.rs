//! What the server does by itself: put down uses, tell of them, and clear out what ran out.

use std::time::Duration;

use domain::clock::Timestamp;
use store::{operation, secret, session};
use tokio::time::MissedTickBehavior;
use tokio_util::sync::CancellationToken;

use crate::app::App;

const EACH: Duration = Duration::from_secs(1);
/// Clearing out happens when the server starts and after this much time of its clock.
const CLEAR_EVERY_SECONDS: i64 = 6 * 3_600;
/// Rows of sessions are kept this long after they ran out.
const SESSIONS_KEPT_DAYS: i64 = 30;

/// Runs until `ending` is cancelled, and puts down what is left before it returns.
pub(crate) async fn run(app: App, ending: CancellationToken) {
    let mut ticks = tokio::time::interval(EACH);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    // Uses that an earlier run put down and did not tell are due now.
    let mut due: Option<Timestamp> = Some(app.now());
    let mut clear_at = app.now();
    loop {
        let last = tokio::select! {
            _ = ticks.tick() => false,
            () = ending.cancelled() => true,
        };
        let now = app.now();
        match app.uses.put_down(&app.store, now).await {
            Ok(0) => {}
            Ok(_) => due = Some(now),
            Err(error) => {
                tracing::warn!(%error, "uses of secrets could not be put down; they are kept and tried again");
            }
        }
        if due.is_some_and(|due| due <= now) {
            match secret::announce(&app.store, now).await {
                Ok(next) => due = next,
                Err(error) => tracing::warn!(%error, "uses of secrets could not be told; tried again"),
            }
        }
        if last {
            return;
        }
        if clear_at <= now {
            clear_at = now.plus_seconds(CLEAR_EVERY_SECONDS);
            clear(&app, now).await;
        }
    }
}

async fn clear(app: &App, now: Timestamp) {
    let cleared = async {
        operation::remove_old(&app.store, now).await?;
        session::remove_old(&app.store, now.plus_days(-SESSIONS_KEPT_DAYS)).await
    };
    if let Err(error) = cleared.await {
        tracing::warn!(%error, "old answers and sessions could not be cleared out; tried again later");
    }
}
