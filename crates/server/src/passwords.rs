//! Password hashes: slow on purpose, so they run beside the async threads and only a few at a time.

use std::sync::Arc;

use crypto::derive::{self, Work};
use crypto::secret::Secret;
use tokio::sync::Semaphore;

use crate::ports::Ports;
use crate::refusal::Refusal;

/// Hashes at once, at most: each takes 19 MiB and a core.
const AT_ONCE: usize = 4;

/// Makes and checks password hashes.
pub(crate) struct Passwords {
    work: Work,
    ports: Ports,
    /// Checked when there is no account, so that both answers take the same time.
    nobody: Arc<str>,
    turns: Arc<Semaphore>,
}

impl Passwords {
    /// # Errors
    /// The work is out of range.
    pub(crate) async fn new(ports: &Ports) -> Result<Self, Refusal> {
        let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        let mut passwords = Self {
            work: ports.password_work,
            ports: ports.clone(),
            nobody: Arc::from(""),
            turns: Arc::new(Semaphore::new(cores.min(AT_ONCE))),
        };
        let password = ports.with_entropy(|entropy| crypto::token::mint_password(entropy));
        passwords.nobody = Arc::from(passwords.hash(password).await?);
        Ok(passwords)
    }

    async fn beside<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> Result<T, derive::DeriveError> + Send + 'static,
    ) -> Result<T, Refusal> {
        let turn = Arc::clone(&self.turns)
            .acquire_owned()
            .await
            .map_err(|_| Refusal::internal())?;
        let done = tokio::task::spawn_blocking(move || {
            let done = work();
            drop(turn);
            done
        });
        done.await.ok().and_then(Result::ok).ok_or_else(|| {
            tracing::error!("a password hash could not be made or read");
            Refusal::internal()
        })
    }

    /// The hash to store.
    pub(crate) async fn hash(&self, password: Secret) -> Result<String, Refusal> {
        let (ports, work) = (self.ports.clone(), self.work);
        // The salt is taken before, so that the entropy is not held while the hash is made.
        let mut salt = [0u8; 16];
        ports.with_entropy(|entropy| entropy.fill(&mut salt));
        self.beside(move || derive::mint_password_hash(&password, work, &mut Given(salt)))
            .await
    }

    /// Whether the password is the stored one; without a stored one the same work is done, and the answer is no.
    pub(crate) async fn matches(&self, password: Secret, stored: Option<String>) -> Result<bool, Refusal> {
        let nobody = Arc::clone(&self.nobody);
        self.beside(move || match stored {
            Some(stored) => derive::password_matches(&password, &stored),
            None => derive::password_matches(&password, &nobody).map(|_| false),
        })
        .await
    }
}

/// Random bytes that were taken already.
struct Given([u8; 16]);

impl domain::entropy::Entropy for Given {
    fn fill(&mut self, bytes: &mut [u8]) {
        for (byte, given) in bytes.iter_mut().zip(self.0) {
            *byte = given;
        }
    }
}
