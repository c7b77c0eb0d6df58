//! What the desk asks of the computer it runs on. A port names the question, not who answers it.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use crypto::derive::Work;
use crypto::secret::Secret;
use domain::clock::Clock;
use domain::entropy::Entropy;
use futures::future::BoxFuture;
use keychain::{Keychain, KeychainError};

/// Everything the desk is given by its composition root.
#[derive(Clone)]
pub struct Ports {
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Chance.
    pub entropy: Arc<Mutex<dyn Entropy>>,
    /// A second source of chance, for whoever has to own one.
    pub more_entropy: fn() -> Box<dyn Entropy>,
    /// The rest of the computer.
    pub host: Arc<dyn Host>,
    /// How the program names itself to servers ("Keystead 0.1.0 on Linux").
    pub client_name: String,
    /// How much work opening a passphrase vault is.
    pub vault_work: Work,
    /// Whether an open connection syncs by itself. A program that ends after one command asks for its rounds.
    pub background_sync: bool,
}

/// Stops a server.
type Stop = Box<dyn FnOnce() -> BoxFuture<'static, ()> + Send>;

/// A server of this computer that was started for this desk, or joined.
pub struct LocalServer {
    url: String,
    stop: Mutex<Option<Stop>>,
}

impl LocalServer {
    /// A server that this program started and will stop.
    #[must_use]
    pub fn started(url: String, stop: Stop) -> Arc<Self> {
        Arc::new(Self {
            url,
            stop: Mutex::new(Some(stop)),
        })
    }

    /// A server that another program of the same person runs.
    #[must_use]
    pub fn joined(url: String) -> Arc<Self> {
        Arc::new(Self {
            url,
            stop: Mutex::new(None),
        })
    }

    /// Where it answers.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Whether another program runs it: it may end before this one does.
    #[must_use]
    pub fn is_joined(&self) -> bool {
        self.stop.lock().unwrap_or_else(PoisonError::into_inner).is_none()
    }

    /// Stops it, if this program started it and has not stopped it yet.
    pub async fn stop(&self) {
        let stop = self.stop.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(stop) = stop {
            stop().await;
        }
    }
}

/// Where a server on this computer keeps its data.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LocalPlace {
    /// Its folder.
    pub folder: PathBuf,
    /// The name it shows.
    pub name: String,
}

/// The rest of the computer.
pub trait Host: Send + Sync {
    /// Starts the server of this computer over a folder, or joins the one that runs over it already. The error is a
    /// sentence that says what to do.
    fn local_server(&self, place: LocalPlace) -> BoxFuture<'_, Result<Arc<LocalServer>, String>>;

    /// The operating system's keychain, looked at now. May block while the system asks its user.
    ///
    /// # Errors
    /// [`KeychainError`]: locked, or none.
    fn os_keychain(&self) -> Result<Arc<dyn Keychain>, KeychainError>;

    /// Puts a secret on the clipboard and takes it off again after `clear_after`, if it is still there. The error is a
    /// sentence.
    ///
    /// # Errors
    /// Why the clipboard can't be used.
    fn copy(&self, secret: &Secret, clear_after: Duration) -> Result<(), String>;

    /// The text that is on the clipboard; none where there is no text. The error is a sentence.
    ///
    /// # Errors
    /// Why the clipboard can't be read.
    fn paste(&self) -> Result<Option<Secret>, String>;

    /// Shows a notice of the system, beside whatever the person is doing. The error is a sentence.
    ///
    /// # Errors
    /// Why none can be shown.
    fn notify(&self, title: &str, text: &str) -> Result<(), String>;

    /// The folder for downloads.
    fn downloads(&self) -> Option<PathBuf>;
}
