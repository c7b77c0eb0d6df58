//! How many requests a key may make in a minute (K14), and counting them.
//!
//! A key that was at rest may make a whole minute's requests at once; what was taken comes back evenly. So in no
//! stretch of time more are let through than came back in it, and a minute's more. Counting is whole numbers alone: no
//! request is ever lost or given away to rounding.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, de};

use crate::clock::Timestamp;

const MINUTE: u64 = 60_000_000;

/// Requests a minute: 1 to 1,000,000.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "openapi", schema(value_type = u32, minimum = 1, maximum = 1_000_000))]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[cfg_attr(feature = "specta", specta(transparent))]
pub struct RequestLimit(u32);

/// The number is no limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "a key's limit is a whole number of requests a minute, from 1 to 1,000,000; leave it out for no limit"
)]
pub struct NotALimit;

impl RequestLimit {
    /// The most requests a minute that can be set.
    pub const MOST: u32 = 1_000_000;

    /// A limit of so many requests a minute.
    ///
    /// # Errors
    /// [`NotALimit`] for 0 and for more than [`Self::MOST`].
    pub const fn new(per_minute: u32) -> Result<Self, NotALimit> {
        if per_minute == 0 || per_minute > Self::MOST {
            return Err(NotALimit);
        }
        Ok(Self(per_minute))
    }

    /// Requests a minute.
    #[must_use]
    pub const fn per_minute(self) -> u32 {
        self.0
    }
}

impl fmt::Display for RequestLimit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl<'de> Deserialize<'de> for RequestLimit {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::new(u32::deserialize(deserializer)?).map_err(de::Error::custom)
    }
}

/// What was taken of a limit and has not come back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Meter {
    /// In requests times [`MINUTE`], so that `limit` of them come back each microsecond.
    taken: u64,
    at: Timestamp,
}

/// The answer to one more request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Taken {
    /// It may go on; so many more may now.
    Let {
        /// How many more may go on at once.
        remaining: u32,
    },
    /// It may not.
    Over {
        /// Microseconds until one may.
        wait_micros: u64,
    },
}

impl Meter {
    /// Nothing taken.
    #[must_use]
    pub const fn new(at: Timestamp) -> Self {
        Self { taken: 0, at }
    }

    /// One more request now. A clock that went back gives nothing back until it has come as far again.
    pub fn take(&mut self, limit: RequestLimit, now: Timestamp) -> Taken {
        self.come_back(limit, now);
        let most = u64::from(limit.0) * MINUTE;
        if self.taken + MINUTE > most {
            let missing = self.taken + MINUTE - most;
            return Taken::Over {
                wait_micros: missing.div_ceil(u64::from(limit.0)),
            };
        }
        self.taken += MINUTE;
        let remaining = (most - self.taken) / MINUTE;
        Taken::Let {
            remaining: u32::try_from(remaining).unwrap_or(u32::MAX),
        }
    }

    /// Whether nothing is taken any more, so that a new one would say the same.
    #[must_use]
    pub fn is_at_rest(mut self, limit: RequestLimit, now: Timestamp) -> bool {
        self.come_back(limit, now);
        self.taken == 0
    }

    fn come_back(&mut self, limit: RequestLimit, now: Timestamp) {
        let passed = u64::try_from(now.micros_since(self.at)).unwrap_or(0);
        self.taken = self
            .taken
            .saturating_sub(passed.saturating_mul(u64::from(limit.0)));
        self.at = self.at.max(now);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const NOON: i64 = 1_773_312_127_000_000;

    fn limit(per_minute: u32) -> RequestLimit {
        RequestLimit::new(per_minute).unwrap()
    }

    fn at(micros: i64) -> Timestamp {
        Timestamp::from_micros(NOON + micros)
    }

    #[test]
    fn k14_a_limit_is_from_one_to_a_million() {
        assert_eq!(RequestLimit::new(0), Err(NotALimit));
        assert_eq!(RequestLimit::new(1_000_001), Err(NotALimit));
        assert_eq!(limit(1_000_000).per_minute(), 1_000_000);
    }

    #[test]
    fn k14_a_minutes_requests_may_come_at_once_and_come_back_evenly() {
        let mut meter = Meter::new(at(0));
        assert_eq!(meter.take(limit(3), at(0)), Taken::Let { remaining: 2 });
        assert_eq!(meter.take(limit(3), at(0)), Taken::Let { remaining: 1 });
        assert_eq!(meter.take(limit(3), at(0)), Taken::Let { remaining: 0 });
        let over = |wait_micros| Taken::Over { wait_micros };
        assert_eq!(meter.take(limit(3), at(0)), over(20_000_000));
        assert_eq!(meter.take(limit(3), at(19_999_999)), over(1));
        assert_eq!(meter.take(limit(3), at(20_000_000)), Taken::Let { remaining: 0 });
        assert!(!meter.is_at_rest(limit(3), at(79_999_999)));
        assert!(meter.is_at_rest(limit(3), at(80_000_000)));
    }

    #[test]
    fn k14_another_limit_holds_at_once_for_what_was_taken() {
        let mut meter = Meter::new(at(0));
        for _ in 0..5 {
            meter.take(limit(10), at(0));
        }
        assert!(matches!(meter.take(limit(5), at(0)), Taken::Over { .. }));
        assert_eq!(meter.take(limit(10), at(0)), Taken::Let { remaining: 4 });
    }

    #[test]
    fn k14_a_clock_that_went_back_gives_nothing_away() {
        let mut meter = Meter::new(at(0));
        assert_eq!(meter.take(limit(1), at(0)), Taken::Let { remaining: 0 });
        assert!(matches!(
            meter.take(limit(1), at(-60_000_000)),
            Taken::Over { .. }
        ));
        assert!(matches!(
            meter.take(limit(1), at(59_999_999)),
            Taken::Over { wait_micros: 1 }
        ));
    }

    proptest! {
        /// In any stretch, no more go on than come back in it and the minute's that may come at once; and who waits as
        /// long as they were told goes on.
        #[test]
        fn k14_no_more_go_on_than_the_limit(
            per_minute in 1u32..5_000,
            steps in proptest::collection::vec(0i64..200_000, 1..400),
        ) {
            let limit = limit(per_minute);
            let (mut meter, mut now, mut through) = (Meter::new(at(0)), 0i64, 0u64);
            for step in steps {
                now += step;
                match meter.take(limit, at(now)) {
                    Taken::Let { .. } => through += 1,
                    Taken::Over { wait_micros } => {
                        let wait = i64::try_from(wait_micros).unwrap();
                        let mut before = meter;
                        if wait > 1 {
                            let early = matches!(before.take(limit, at(now + wait - 1)), Taken::Over { .. });
                            prop_assert!(early);
                        }
                        let mut then = meter;
                        let let_through = matches!(then.take(limit, at(now + wait)), Taken::Let { .. });
                        prop_assert!(let_through);
                    }
                }
                let came_back = u64::try_from(now).unwrap() * u64::from(per_minute) / MINUTE;
                prop_assert!(through <= u64::from(per_minute) + came_back);
            }
        }
    }
}
