//! What each key has taken of its limit (K14), on this node: other nodes count for themselves.
//!
//! Kept only of keys that have a limit and are not at rest, so no more than were asked for in the last minute.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use domain::clock::Timestamp;
use domain::id::KeyId;
use domain::limit::{Meter, RequestLimit, Taken};

/// Keys are counted apart in so many parts, so that requests seldom wait for each other.
const PARTS: usize = 32;
/// Keys at rest are cleared out of a part when it has come to this, or to twice what was left the last time.
const CLEARED_AT: usize = 256;

#[derive(Default)]
struct Part {
    meters: HashMap<KeyId, (RequestLimit, Meter)>,
    clear_at: usize,
}

/// What was taken.
pub(crate) struct Limits([Mutex<Part>; PARTS]);

impl Default for Limits {
    fn default() -> Self {
        Self(std::array::from_fn(|_| Mutex::default()))
    }
}

impl Limits {
    /// One more request with this key now.
    pub(crate) fn take(&self, key: KeyId, limit: RequestLimit, now: Timestamp) -> Taken {
        // The end of an id is chance.
        let part = usize::from(key.as_uuid().as_bytes()[15]) % PARTS;
        let mut part = self.0[part].lock().unwrap_or_else(PoisonError::into_inner);
        if !part.meters.contains_key(&key) && part.meters.len() >= part.clear_at.max(CLEARED_AT) {
            part.meters
                .retain(|_, (limit, meter)| !meter.is_at_rest(*limit, now));
            part.clear_at = part.meters.len() * 2;
        }
        let (known, meter) = part.meters.entry(key).or_insert_with(|| (limit, Meter::new(now)));
        *known = limit;
        meter.take(limit, now)
    }

    #[cfg(test)]
    fn len(&self) -> usize {
        let len = |part: &Mutex<Part>| part.lock().unwrap().meters.len();
        self.0.iter().map(len).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chance::Counted;

    #[test]
    fn k14_keys_at_rest_are_forgotten() {
        let (limits, mut entropy) = (Limits::default(), Counted::default());
        let limit = RequestLimit::new(60).unwrap();
        let noon = Timestamp::from_micros(1_773_312_127_000_000);
        for second in 0..50_000i64 {
            let key = KeyId::make(noon, &mut entropy);
            limits.take(key, limit, noon.plus_seconds(second / 100));
        }
        assert!(limits.len() <= PARTS * CLEARED_AT * 2, "{}", limits.len());
    }

    #[test]
    fn k14_a_limit_is_exact_however_many_ask_at_once() {
        let limits = Limits::default();
        let limit = RequestLimit::new(100).unwrap();
        let noon = Timestamp::from_micros(1_773_312_127_000_000);
        let key = KeyId::make(noon, &mut Counted::default());
        let through: usize = std::thread::scope(|scope| {
            let asking = || {
                (0..100)
                    .filter(|_| matches!(limits.take(key, limit, noon), Taken::Let { .. }))
                    .count()
            };
            let threads: Vec<_> = (0..8).map(|_| scope.spawn(asking)).collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).sum()
        });
        assert_eq!(through, 100);
    }
}
