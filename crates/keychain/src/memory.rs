//! Secrets that end with the process: for sample data, of which nothing is kept.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use crypto::secret::Secret;

use crate::{Keychain, KeychainError, Rung};

/// A keychain in memory.
#[derive(Default)]
pub struct MemoryKeychain(Mutex<HashMap<String, Secret>>);

impl Keychain for MemoryKeychain {
    fn get(&self, name: &str) -> Result<Option<Secret>, KeychainError> {
        Ok(self
            .0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .get(name)
            .map(Secret::duplicate))
    }

    fn set(&self, name: &str, secret: &Secret) -> Result<(), KeychainError> {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .insert(name.to_owned(), secret.duplicate());
        Ok(())
    }

    fn remove(&self, name: &str) -> Result<(), KeychainError> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(name);
        Ok(())
    }

    fn names(&self) -> Result<Option<Vec<String>>, KeychainError> {
        let items = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        Ok(Some(items.keys().cloned().collect()))
    }

    fn rung(&self) -> Rung {
        Rung::Memory
    }
}
