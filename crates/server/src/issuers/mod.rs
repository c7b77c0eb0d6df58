//! The public keys of issuers (K12): kept for a while, asked for anew when a token names one that is not among them.
//!
//! An issuer is asked by one request at a time, and not again within [`PAUSE_SECONDS`]: tokens with made-up key ids make no
//! more questions than one of them. One that is away is answered from what it said before, for a bounded time.

mod ask;
mod inside;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use crypto::jwt::KeySet;
use domain::clock::Timestamp;
use domain::issuer::IssuerUrl;

pub(crate) use ask::{Asking, Description, IssuerFailure};

/// An issuer is not asked again sooner, whatever tokens say.
const PAUSE_SECONDS: i64 = 30;
/// Keys are believed for as long as the issuer says, within these bounds; so long where it says nothing.
const LEAST_FRESH_SECONDS: i64 = 60;
const USUAL_FRESH_SECONDS: i64 = 15 * 60;
const MOST_FRESH_SECONDS: i64 = 60 * 60;
/// Keys of an issuer that can't be reached are used until they are this old.
const OLDEST_SECONDS: i64 = 6 * 60 * 60;
/// More issuers than a server has; beyond it all are forgotten and asked again.
const MOST: usize = 10_000;

/// The keys of one issuer as they were read.
pub(crate) struct Held {
    pub(crate) set: KeySet,
    pub(crate) read_at: Timestamp,
    fresh_until: Timestamp,
}

#[derive(Default)]
struct Slot {
    held: Mutex<Option<Arc<Held>>>,
    /// When it was asked last. Who holds this asks.
    asked_at: tokio::sync::Mutex<Option<Timestamp>>,
}

impl Slot {
    fn held(&self) -> Option<Arc<Held>> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// Keys found, and whether time passed over a question.
pub(crate) struct Found {
    pub(crate) held: Arc<Held>,
    pub(crate) waited: bool,
}

/// The keys of all issuers.
pub(crate) struct IssuerKeys {
    asking: Asking,
    slots: Mutex<HashMap<IssuerUrl, Arc<Slot>>>,
}

const fn within(now: Timestamp, since: Timestamp, seconds: i64) -> bool {
    let micros = now.micros_since(since);
    0 <= micros && micros < seconds * 1_000_000
}

impl IssuerKeys {
    /// `inside` allows issuers at addresses of this computer and of private networks.
    pub(crate) fn new(inside: bool) -> Self {
        Self {
            asking: Asking::new(inside),
            slots: Mutex::default(),
        }
    }

    fn slot(&self, url: &IssuerUrl) -> Arc<Slot> {
        let mut slots = self.slots.lock().unwrap_or_else(PoisonError::into_inner);
        if slots.len() >= MOST && !slots.contains_key(url) {
            slots.clear();
        }
        slots.entry(url.clone()).or_default().clone()
    }

    /// The keys of an issuer, among which `wanted` looks for the one it needs. `None` when none are known and it can't be
    /// reached.
    pub(crate) async fn find(
        &self,
        url: &IssuerUrl,
        now: Timestamp,
        wanted: impl Fn(&KeySet) -> bool,
    ) -> Option<Found> {
        let slot = self.slot(url);
        let good = |held: &Held| held.fresh_until > now && wanted(&held.set);
        let usable = |held: &Arc<Held>| within(now, held.read_at, OLDEST_SECONDS);
        let before = slot.held();
        if let Some(held) = before.as_ref().filter(|held| good(held)) {
            return Some(Found {
                held: held.clone(),
                waited: false,
            });
        }
        let old_but_has_it = before
            .as_ref()
            .filter(|held| usable(held) && wanted(&held.set))
            .cloned();
        let mut asked_at = match (slot.asked_at.try_lock(), old_but_has_it) {
            (Ok(lock), _) => lock,
            // Another request asks already, and the keys at hand will do until it is answered.
            (Err(_), Some(held)) => return Some(Found { held, waited: false }),
            (Err(_), None) => slot.asked_at.lock().await,
        };
        // Whoever asked before may have brought it.
        let held = slot.held();
        let changed = match (&held, &before) {
            (Some(now), Some(before)) => !Arc::ptr_eq(now, before),
            (now, _) => now.is_some(),
        };
        if changed && let Some(held) = held.as_ref().filter(|held| good(held)) {
            return Some(Found {
                held: held.clone(),
                waited: true,
            });
        }
        if !asked_at.is_some_and(|asked| within(now, asked, PAUSE_SECONDS)) {
            *asked_at = Some(now);
            match self.asking.describe(url).await {
                Ok(description) => {
                    return Some(Found {
                        held: Self::keep(&slot, description, now),
                        waited: true,
                    });
                }
                Err(failure) => {
                    tracing::warn!(issuer = %url, %failure, "the keys of an issuer could not be read");
                }
            }
        }
        drop(asked_at);
        held.filter(usable).map(|held| Found { held, waited: true })
    }

    fn keep(slot: &Slot, description: Description, now: Timestamp) -> Arc<Held> {
        let fresh = description
            .fresh_seconds
            .unwrap_or(USUAL_FRESH_SECONDS)
            .clamp(LEAST_FRESH_SECONDS, MOST_FRESH_SECONDS);
        let held = Arc::new(Held {
            set: description.keys,
            read_at: now,
            fresh_until: now.plus_seconds(fresh),
        });
        *slot.held.lock().unwrap_or_else(PoisonError::into_inner) = Some(held.clone());
        held
    }

    /// Asks an issuer for its description and keys, whatever is known of it.
    pub(crate) async fn look(&self, url: &IssuerUrl) -> Result<Description, IssuerFailure> {
        self.asking.describe(url).await
    }

    /// The same, and keeps the keys.
    pub(crate) async fn look_and_keep(
        &self,
        url: &IssuerUrl,
        now: Timestamp,
    ) -> Result<Description, IssuerFailure> {
        let description = self.asking.describe(url).await?;
        Self::keep(&self.slot(url), description.clone(), now);
        Ok(description)
    }
}
