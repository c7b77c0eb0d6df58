//! What the server does by itself: put down uses, tell of them, end rotations, tell of keys that
//! expire soon, and clear out what ran out.

use std::time::Duration;

use domain::activity::{Actor, Event, Scope};
use domain::clock::Timestamp;
use domain::id::EventId;
use protocol::change::EntityRef;
use protocol::key::SecretView;
use store::rotation::{self, Due};
use store::{Changed, Record, StoreError, key, operation, secret, session, usage, wallet};
use tokio::time::MissedTickBehavior;
use tokio_util::sync::CancellationToken;

use crate::app::App;
use crate::expiring;
use crate::refusal::Refusal;

/// Coming ends of keys are looked for when the server starts and after this much time of its clock.
const EXPIRY_EVERY_SECONDS: i64 = 60;
const EACH: Duration = Duration::from_secs(1);
/// Clearing out happens when the server starts and after this much time of its clock.
const CLEAR_EVERY_SECONDS: i64 = 6 * 3_600;
/// Rows of sessions are kept this long after they ran out.
const SESSIONS_KEPT_DAYS: i64 = 30;
/// Hours of use are kept this long: a year, and the month before it to compare with.
const USAGE_KEPT_DAYS: i64 = 400;

/// Runs until `ending` is cancelled, and puts down what is left before it returns.
pub(crate) async fn run(app: App, ending: CancellationToken) {
    // A mail server that is slow holds up nothing else.
    let mails = tokio::spawn(crate::mail::run(app.clone(), ending.clone()));
    let mut ticks = tokio::time::interval(EACH);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    // Uses that an earlier run put down and did not tell are due now.
    let mut due: Option<Timestamp> = Some(app.now());
    let mut clear_at = app.now();
    let mut expiry_at = app.now();
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
            match announce(&app, now).await {
                Ok(next) => due = next,
                Err(error) => {
                    tracing::warn!(%error, "uses of secrets and balances could not be told; tried again");
                }
            }
        }
        match end_rotations(&app, now).await {
            Ok(()) => {}
            Err(refusal) => tracing::warn!(?refusal, "rotations could not be ended; tried again"),
        }
        if last {
            if mails.await.is_err() {
                tracing::error!("the sending of mails ended by a panic");
            }
            return;
        }
        if expiry_at <= now {
            match expiring::tell(&app, now).await {
                Ok(()) => expiry_at = now.plus_seconds(EXPIRY_EVERY_SECONDS),
                Err(refusal) => {
                    tracing::warn!(?refusal, "coming ends of keys could not be told; tried again");
                }
            }
        }
        if clear_at <= now {
            clear_at = now.plus_seconds(CLEAR_EVERY_SECONDS);
            clear(&app, now).await;
        }
    }
}

/// Tells of uses and of balances; answers when the next are due.
async fn announce(app: &App, now: Timestamp) -> Result<Option<Timestamp>, StoreError> {
    let uses = secret::announce(&app.store, now).await?;
    let balances = wallet::announce(&app.store, now).await?;
    Ok([uses, balances].into_iter().flatten().min())
}

/// Ends the old secrets whose time is over (K7). They let nobody in since the very moment, whoever is first to say so.
async fn end_rotations(app: &App, now: Timestamp) -> Result<(), Refusal> {
    let due = rotation::due(&mut app.store.direct().await?, now).await?;
    for Due {
        organization,
        key: id,
        secret,
    } in due
    {
        let scope = Scope::Organization(organization);
        let Some(mut write) = app.store.write(scope, now).await? else {
            continue;
        };
        // Another node, or a person, may have ended it meanwhile.
        let found = key::find(&mut write, organization, id).await?;
        let Some(key) = found.filter(|key| {
            let still = |known: &SecretView| {
                known.id == secret
                    && known.retired_at.is_none()
                    && known.retires_at.is_some_and(|end| end <= now)
            };
            key.secrets.iter().any(still)
        }) else {
            continue;
        };
        rotation::end(&mut write, id, secret).await?;
        let record = Record {
            id: app.make(now, EventId::make),
            scope,
            actor: Actor::Server,
            event: Event::RotationFinished {
                key: id,
                name: key.name.to_string(),
                old: secret,
            },
            changed: vec![Changed::Here(EntityRef::Key(id))],
        };
        write.commit([record]).await?;
    }
    Ok(())
}

async fn clear(app: &App, now: Timestamp) {
    let cleared = async {
        operation::remove_old(&app.store, now).await?;
        session::remove_old(&app.store, now.plus_days(-SESSIONS_KEPT_DAYS)).await?;
        usage::remove_old(&app.store, now.plus_days(-USAGE_KEPT_DAYS)).await
    };
    if let Err(error) = cleared.await {
        tracing::warn!(%error, "old answers and sessions could not be cleared out; tried again later");
    }
}
