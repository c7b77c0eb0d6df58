//! Uses of secrets, gathered in memory and put down each second: no answer of verify waits for a disk.

use std::collections::{HashMap, HashSet};
use std::net::IpAddr;
use std::sync::{Mutex, MutexGuard, PoisonError};

use domain::clock::Timestamp;
use domain::id::{KeyId, SecretId};
use store::secret::{self, Use};
use store::usage::{ServiceUse, hour_of};
use store::{Store, StoreError};

/// So many addresses of a secret are kept apart in each hour; more are one, called [`OTHER`], so that nobody fills the
/// database by coming from everywhere.
const MOST_ADDRESSES: usize = 100;
const OTHER: &str = "other";

/// What was used and not yet put down.
#[derive(Default)]
pub(crate) struct Uses(Mutex<Gathered>);

/// A secret, the hour of its use, and from where: nothing where that is not kept apart.
type Place = (SecretId, Timestamp, Option<IpAddr>);

/// A key, the hour of its use, a service and its model.
type Called = (KeyId, Timestamp, String, String);

#[derive(Clone, Copy)]
struct Count {
    uses: i64,
    last_at: Timestamp,
}

impl Count {
    const fn none(self) -> Self {
        Self { uses: 0, ..self }
    }

    fn add_to(self, known: &mut Self) {
        known.uses += self.uses;
        known.last_at = known.last_at.max(self.last_at);
    }
}

#[derive(Default)]
struct Gathered {
    uses: HashMap<Place, Count>,
    services: HashMap<Called, Count>,
    /// The addresses each secret was used from in the hour under way.
    addresses: HashMap<SecretId, HashSet<IpAddr>>,
    hour: Option<Timestamp>,
}

impl Gathered {
    fn add(&mut self, place: Place, more: Count) {
        more.add_to(self.uses.entry(place).or_insert(more.none()));
    }

    fn add_service(&mut self, called: Called, more: Count) {
        more.add_to(self.services.entry(called).or_insert(more.none()));
    }

    /// The address, where it is kept apart.
    fn apart(&mut self, secret: SecretId, hour: Timestamp, from: IpAddr) -> Option<IpAddr> {
        if self.hour != Some(hour) {
            self.hour = Some(hour);
            self.addresses.clear();
        }
        let known = self.addresses.entry(secret).or_default();
        if known.len() < MOST_ADDRESSES {
            known.insert(from);
        }
        known.contains(&from).then_some(from)
    }
}

impl Uses {
    fn lock(&self) -> MutexGuard<'_, Gathered> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes one use.
    pub(crate) fn note(&self, secret: SecretId, at: Timestamp, from: IpAddr) {
        let mut gathered = self.lock();
        let hour = hour_of(at);
        let from = gathered.apart(secret, hour, from);
        gathered.add((secret, hour, from), Count { uses: 1, last_at: at });
    }

    /// Notes one use for a service of the catalog, and for one of its models.
    pub(crate) fn note_service(&self, key: KeyId, at: Timestamp, (service, model): (&str, Option<&str>)) {
        let called = (
            key,
            hour_of(at),
            service.to_owned(),
            model.unwrap_or_default().to_owned(),
        );
        self.lock().add_service(called, Count { uses: 1, last_at: at });
    }

    /// Puts down what was gathered; answers how much. What could not be put down is kept for the next time.
    pub(crate) async fn put_down(&self, store: &Store, now: Timestamp) -> Result<usize, StoreError> {
        let (taken, called) = {
            let mut gathered = self.lock();
            (
                std::mem::take(&mut gathered.uses),
                std::mem::take(&mut gathered.services),
            )
        };
        if taken.is_empty() {
            return Ok(0);
        }
        let uses: Vec<Use> = taken
            .iter()
            .map(|((secret, _, from), count)| Use {
                secret: *secret,
                count: count.uses,
                last_at: count.last_at,
                last_from: from.map_or_else(|| OTHER.to_owned(), |from| from.to_string()),
            })
            .collect();
        let of_services: Vec<ServiceUse> = called
            .iter()
            .map(|((key, _, service, model), count)| ServiceUse {
                key: *key,
                service: service.clone(),
                model: model.clone(),
                count: count.uses,
                last_at: count.last_at,
            })
            .collect();
        match secret::record_uses(store, &uses, &of_services, now).await {
            Ok(()) => Ok(uses.len()),
            Err(error) => {
                let mut gathered = self.lock();
                for (place, count) in taken {
                    gathered.add(place, count);
                }
                for (called, count) in called {
                    gathered.add_service(called, count);
                }
                Err(error)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chance::Zeros;
    #[test]
    fn k14_a_flood_of_addresses_fills_nothing() {
        let uses = Uses::default();
        let at = Timestamp::from_micros(1_773_312_127_000_250);
        let secret = SecretId::make(at, &mut Zeros);
        for number in 0..10_000u32 {
            uses.note(secret, at, IpAddr::from(number.to_be_bytes()));
        }
        let gathered = |uses: &Uses| {
            let gathered = uses.lock();
            let sum: i64 = gathered.uses.values().map(|count| count.uses).sum();
            (gathered.uses.len(), sum)
        };
        assert_eq!(gathered(&uses), (101, 10_000));
        // The next hour begins anew.
        uses.note(secret, at.plus_seconds(3_600), IpAddr::from([9, 9, 9, 9]));
        assert_eq!(gathered(&uses), (102, 10_001));
    }
}
