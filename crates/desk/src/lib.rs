//! The application core: one function per intention of the person at the desk.
//!
//! The window and the command line both call it, and nothing here knows either. What it needs of the computer it asks
//! through [`host`]; what it answers are the views of [`view`].

mod account;
mod catalog;
mod connections;
mod error;
mod first_request;
mod grants;
mod groups;
pub mod host;
mod import;
mod inspect;
mod invited;
mod issuers;
mod key_tokens;
mod keys;
mod ladder;
mod lock;
mod money;
mod open;
mod pending;
mod people;
mod place;
mod policy;
mod radar;
mod recovery;
mod registry;
mod rotation;
mod rungs;
mod sample;
pub mod scan;
mod secrets;
mod service_accounts;
mod sessions;
mod stops;
mod there;
mod tokens;
mod verdict;
pub mod view;

use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError};

use domain::clock::Timestamp;
use domain::entropy::Entropy;
use replica::Topic;
use tokio::sync::broadcast;

pub use error::{DeskError, ErrorCode};
pub use place::Place;
pub use replica::{KeyCounts, KeyQuery, OutboxState, Sort, SortBy, Topic as DeskTopic};

use host::Ports;
use ladder::Ladder;
use open::OpenConnection;
use registry::Registry;

/// The desk: everything one person's Keystead knows on this computer.
pub struct Desk {
    ports: Ports,
    place: Place,
    registry: Mutex<Registry>,
    ladder: Arc<Ladder>,
    lock: lock::Lock,
    open: Mutex<Option<Arc<OpenConnection>>>,
    /// One change of connection at a time.
    changing: tokio::sync::Mutex<()>,
    /// The recovery code on the screen.
    shown_code: Mutex<Option<recovery::Shown>>,
    /// The search of files that is under way.
    scanning: Mutex<Option<Arc<scan::Watch>>>,
    /// The file of another system's keys that was read last.
    importing: Mutex<Option<Arc<import::Prepared>>>,
    topics: broadcast::Sender<HashSet<Topic>>,
}

impl Desk {
    /// A desk over one data folder. Reads the list of connections; opens nothing.
    ///
    /// # Errors
    /// [`DeskError`] when the list can't be read; it is left as it is.
    pub fn new(ports: Ports, place: Place) -> Result<Arc<Self>, DeskError> {
        let registry = Registry::load(&place.registry())?;
        let (topics, _) = broadcast::channel(256);
        let lock = lock::Lock::load(place.lock(), ports.clock.now())?;
        let ladder = Ladder::new(&place, ports.host.clone());
        Ok(Arc::new(Self {
            ports,
            place,
            registry: Mutex::new(registry),
            ladder,
            lock,
            open: Mutex::new(None),
            changing: tokio::sync::Mutex::new(()),
            shown_code: Mutex::new(None),
            scanning: Mutex::new(None),
            importing: Mutex::new(None),
            topics,
        }))
    }

    /// Which topics have new content, from now on.
    #[must_use]
    pub fn topics(&self) -> broadcast::Receiver<HashSet<Topic>> {
        self.topics.subscribe()
    }

    fn announce(&self, topics: &[Topic]) {
        // Nobody may be listening.
        let _listeners = self.topics.send(topics.iter().copied().collect());
    }

    fn now(&self) -> Timestamp {
        self.ports.clock.now()
    }

    fn with_entropy<T>(&self, work: impl FnOnce(&mut dyn Entropy) -> T) -> T {
        let mut entropy = self.ports.entropy.lock().unwrap_or_else(PoisonError::into_inner);
        work(&mut *entropy)
    }

    /// Ends the sync of the open connection and stops a server that was started for it.
    pub async fn close(&self) {
        self.cancel_scan();
        self.forget_import();
        self.lock.stop_ticking();
        let open = lock(&self.open).take();
        if let Some(open) = open {
            open.shut().await;
        }
        if let Some(server) = self.lock.kept_server() {
            server.stop().await;
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Work that blocks (a keychain that asks its user, a file, a slow hash) runs on a thread that may.
async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, DeskError> + Send + 'static,
) -> Result<T, DeskError> {
    match tokio::task::spawn_blocking(work).await {
        Ok(done) => done,
        Err(error) if error.is_panic() => std::panic::resume_unwind(error.into_panic()),
        Err(_) => Err(DeskError::Unexpected("Keystead is closing".to_owned())),
    }
}
