//! The system's clock and entropy: the only place of the server that touches them. Composition roots use it.

use std::sync::{Arc, Mutex};
use std::time::{SystemTime, UNIX_EPOCH};

use crypto::derive::Work;
use domain::clock::{Clock, Timestamp};
use domain::entropy::Entropy;

use crate::ports::Ports;

/// The computer's clock, truncated to microseconds.
#[derive(Debug, Clone, Copy)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "this is the composition root's clock")]
    fn now(&self) -> Timestamp {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Timestamp::from_micros(i64::try_from(since.as_micros()).unwrap_or(i64::MAX))
    }
}

/// The operating system's entropy.
#[derive(Debug, Clone, Copy)]
pub struct SystemEntropy;

impl Entropy for SystemEntropy {
    /// # Panics
    /// When the operating system has none: no id, token or salt may then be made.
    #[expect(
        clippy::disallowed_methods,
        clippy::expect_used,
        reason = "the composition root's entropy; see Panics"
    )]
    fn fill(&mut self, bytes: &mut [u8]) {
        getrandom::fill(bytes).expect("the operating system gives random bytes");
    }
}

/// The system's clock and entropy, and password hashes as hard as they have to be.
#[must_use]
pub fn ports() -> Ports {
    Ports {
        clock: Arc::new(SystemClock),
        entropy: Arc::new(Mutex::new(SystemEntropy)),
        password_work: Work::PASSWORD,
    }
}
