//! Uses of secrets, gathered in memory and put down each second: no answer of verify waits for a disk.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};

use domain::clock::Timestamp;
use domain::id::SecretId;
use store::secret::{self, Use};
use store::{Store, StoreError};

/// What was used and not yet put down.
#[derive(Default)]
pub(crate) struct Uses {
    gathered: Mutex<HashMap<SecretId, Use>>,
}

impl Uses {
    /// Notes one use.
    pub(crate) fn note(&self, secret: SecretId, at: Timestamp, from: IpAddr) {
        self.add(Use {
            secret,
            count: 1,
            last_at: at,
            last_from: from.to_string(),
        });
    }

    fn add(&self, more: Use) {
        let mut gathered = self.gathered.lock().unwrap_or_else(PoisonError::into_inner);
        match gathered.entry(more.secret) {
            std::collections::hash_map::Entry::Vacant(entry) => {
                entry.insert(more);
            }
            std::collections::hash_map::Entry::Occupied(mut entry) => {
                let known = entry.get_mut();
                known.count += more.count;
                if more.last_at >= known.last_at {
                    known.last_at = more.last_at;
                    known.last_from = more.last_from;
                }
            }
        }
    }

    /// Puts down what was gathered; answers how much. What could not be put down is kept for the next time.
    pub(crate) async fn put_down(&self, store: &Store, now: Timestamp) -> Result<usize, StoreError> {
        let taken: Vec<Use> =
            std::mem::take(&mut *self.gathered.lock().unwrap_or_else(PoisonError::into_inner))
                .into_values()
                .collect();
        if taken.is_empty() {
            return Ok(0);
        }
        match secret::record_uses(store, &taken, now).await {
            Ok(()) => Ok(taken.len()),
            Err(error) => {
                for used in taken {
                    self.add(used);
                }
                Err(error)
            }
        }
    }
}
