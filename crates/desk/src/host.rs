//! What the desk asks of the computer it runs on. A port names the question, not who answers it.

use std::path::PathBuf;
use std::sync::{Arc, Mutex};
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

/// A server that was started for this desk, or joined.
pub trait LocalServer: Send + Sync {
    /// Where it answers.
    fn url(&self) -> String;
    /// Stops it, if this program started it.
    fn stop(&self) -> BoxFuture<'_, ()>;
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
    fn local_server(&self, place: LocalPlace) -> BoxFuture<'_, Result<Arc<dyn LocalServer>, String>>;

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

    /// The folder for downloads.
    fn downloads(&self) -> Option<PathBuf>;
}
