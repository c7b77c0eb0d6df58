//! What a server takes from outside: time, chance, and how hard password hashes are.

use std::sync::{Arc, Mutex, PoisonError};

use crypto::derive::Work;
use domain::clock::Clock;
use domain::entropy::Entropy;

/// Given by the composition root: the system's in production, fixed ones in tests.
#[derive(Clone)]
pub struct Ports {
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Chance.
    pub entropy: Arc<Mutex<dyn Entropy>>,
    /// How much work a password hash is; [`Work::PASSWORD`] except in tests.
    pub password_work: Work,
}

impl Ports {
    /// Runs `make` with the entropy; ids and tokens are made here.
    pub(crate) fn with_entropy<T>(&self, make: impl FnOnce(&mut dyn Entropy) -> T) -> T {
        // A thread that panicked while it held random bytes did not make them less random.
        let mut entropy = self.entropy.lock().unwrap_or_else(PoisonError::into_inner);
        make(&mut *entropy)
    }
}
