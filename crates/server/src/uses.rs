//! Uses of secrets, gathered in memory and put down each second: no answer of verify waits for a disk.

use std::collections::{HashMap, HashSet};
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};

use domain::clock::Timestamp;
use domain::id::SecretId;
use store::secret::{self, Use};
use store::usage::hour_of;
use store::{Store, StoreError};

/// So many addresses of a secret are kept apart in each hour; more are one, called [`OTHER`], so that nobody fills the
/// database by coming from everywhere.
const MOST_ADDRESSES: usize = 100;
const OTHER: &str = "other";

/// What was used and not yet put down.
#[derive(Default)]
pub(crate) struct Uses(Mutex<Gathered>);

#[derive(Default)]
struct Gathered {
    /// By secret, hour and address.
    uses: HashMap<(SecretId, Timestamp, String), Use>,
    /// The addresses each secret was used from in the hour under way.
    addresses: HashMap<SecretId, HashSet<IpAddr>>,
    hour: Option<Timestamp>,
}

impl Gathered {
    fn add(&mut self, more: Use) {
        let place = (more.secret, hour_of(more.last_at), more.last_from.clone());
        match self.uses.entry(place) {
            std::collections::hash_map::Entry::Vacant(entry) => {
                entry.insert(more);
            }
            std::collections::hash_map::Entry::Occupied(mut entry) => {
                let known = entry.get_mut();
                known.count += more.count;
                known.last_at = known.last_at.max(more.last_at);
            }
        }
    }

    /// The name an address is kept under.
    fn name(&mut self, secret: SecretId, at: Timestamp, from: IpAddr) -> String {
        let hour = Some(hour_of(at));
        if self.hour != hour {
            self.hour = hour;
            self.addresses.clear();
        }
        let known = self.addresses.entry(secret).or_default();
        if known.contains(&from) || known.len() < MOST_ADDRESSES {
            known.insert(from);
            from.to_string()
        } else {
            OTHER.to_owned()
        }
    }
}

impl Uses {
    /// Notes one use.
    pub(crate) fn note(&self, secret: SecretId, at: Timestamp, from: IpAddr) {
        let mut gathered = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let last_from = gathered.name(secret, at, from);
        gathered.add(Use {
            secret,
            count: 1,
            last_at: at,
            last_from,
        });
    }

    /// Puts down what was gathered; answers how much. What could not be put down is kept for the next time.
    pub(crate) async fn put_down(&self, store: &Store, now: Timestamp) -> Result<usize, StoreError> {
        let taken: Vec<Use> = std::mem::take(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner).uses)
            .into_values()
            .collect();
        if taken.is_empty() {
            return Ok(0);
        }
        match secret::record_uses(store, &taken, now).await {
            Ok(()) => Ok(taken.len()),
            Err(error) => {
                let mut gathered = self.0.lock().unwrap_or_else(PoisonError::into_inner);
                for used in taken {
                    gathered.add(used);
                }
                Err(error)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::entropy::Entropy;

    struct Zeros;
    impl Entropy for Zeros {
        fn fill(&mut self, bytes: &mut [u8]) {
            bytes.fill(0);
        }
    }

    #[test]
    fn k14_a_flood_of_addresses_fills_nothing() {
        let uses = Uses::default();
        let at = Timestamp::from_micros(1_773_312_127_000_250);
        let secret = SecretId::make(at, &mut Zeros);
        for number in 0..10_000u32 {
            uses.note(secret, at, IpAddr::from(number.to_be_bytes()));
        }
        let gathered = |uses: &Uses| {
            let gathered = uses.0.lock().unwrap();
            let sum: i64 = gathered.uses.values().map(|used| used.count).sum();
            (gathered.uses.len(), sum)
        };
        assert_eq!(gathered(&uses), (101, 10_000));
        // The next hour begins anew.
        uses.note(secret, at.plus_seconds(3_600), IpAddr::from([9, 9, 9, 9]));
        assert_eq!(gathered(&uses), (102, 10_001));
    }
}
