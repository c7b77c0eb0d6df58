//! Exact time and chance.

use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};

use domain::clock::{Clock, Timestamp};
use domain::entropy::Entropy;

/// A clock that stands until it is moved. Begins at 2026-03-12T10:42:07Z.
#[derive(Debug)]
pub struct TestClock(AtomicI64);

impl Default for TestClock {
    fn default() -> Self {
        Self(AtomicI64::new(1_773_312_127_000_000))
    }
}

impl TestClock {
    /// Moves the clock on.
    pub fn advance_seconds(&self, seconds: i64) {
        self.0.fetch_add(seconds * 1_000_000, Ordering::SeqCst);
    }
}

impl Clock for TestClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_micros(self.0.load(Ordering::SeqCst))
    }
}

/// The same bytes each time for the same seed (SHA-256 in counter mode).
#[derive(Debug)]
pub struct SeededEntropy {
    seed: u64,
    count: u64,
}

impl SeededEntropy {
    /// Chance of this seed.
    #[must_use]
    pub const fn new(seed: u64) -> Self {
        Self { seed, count: 0 }
    }

    /// Chance that nobody else has: ids of different tests in one place must differ, as those of one program before and
    /// after a restart.
    #[must_use]
    pub fn own() -> Self {
        static STARTS: AtomicU64 = AtomicU64::new(1);
        Self::new((u64::from(std::process::id()) << 16) + STARTS.fetch_add(1, Ordering::SeqCst))
    }
}

impl Entropy for SeededEntropy {
    fn fill(&mut self, bytes: &mut [u8]) {
        for chunk in bytes.chunks_mut(32) {
            self.count += 1;
            let block = crypto::token::SecretHash::of(&format!("{}/{}", self.seed, self.count));
            chunk.copy_from_slice(&block.as_bytes()[..chunk.len()]);
        }
    }
}
