//! A real desk over a folder of its own, which can be closed and opened again.

use std::future::Future;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use ::desk::host::{Host, LocalPlace, LocalServer, Ports};
use ::desk::view::{KeyDraft, Opened, SignUp, SyncState, SyncStatus};
use ::desk::{Desk, DeskError, KeyQuery, Place};
use crypto::secret::Secret;
use domain::clock::Clock;
use domain::key::KeyKind;
use futures::future::BoxFuture;
use keychain::{Keychain, KeychainError, MemoryKeychain, OsKeychain};
use tempfile::TempDir;

use crate::chance::SeededEntropy;
use crate::server::LIGHT;

/// Which keychain a test desk has.
#[derive(Clone)]
pub enum TestKeychain {
    /// The real one of the session bus this test runs in.
    Os,
    /// One in memory, which outlives the desk.
    Memory(Arc<MemoryKeychain>),
    /// Any other, which outlives the desk.
    Other(Arc<dyn Keychain>),
    /// None at all.
    Absent,
    /// One that is locked.
    Locked,
}

/// What became of the notices of the system.
pub enum Notices {
    /// Shown, in order, as title and text.
    Shown(Vec<String>),
    /// There is nobody who shows them.
    Refused,
}

struct TestHost {
    keychain: TestKeychain,
    notices: Arc<Mutex<Notices>>,
    downloads: PathBuf,
}

impl Host for TestHost {
    fn local_server(&self, place: LocalPlace) -> BoxFuture<'_, Result<Arc<LocalServer>, String>> {
        Box::pin(async move {
            let local = server::local::start_or_join(&place.folder, &place.name)
                .await
                .map_err(|e| e.to_string())?;
            let url = local.url().to_owned();
            Ok(match local.into_running() {
                Some(running) => LocalServer::started(url, Box::new(move || Box::pin(running.stop()))),
                None => LocalServer::joined(url),
            })
        })
    }

    fn os_keychain(&self) -> Result<Arc<dyn Keychain>, KeychainError> {
        match &self.keychain {
            TestKeychain::Os => Ok(Arc::new(OsKeychain::probe()?)),
            TestKeychain::Memory(keychain) => Ok(keychain.clone()),
            TestKeychain::Other(keychain) => Ok(keychain.clone()),
            TestKeychain::Absent => Err(KeychainError::Absent("no such service".to_owned())),
            TestKeychain::Locked => Err(KeychainError::Locked("the collection is locked".to_owned())),
        }
    }

    fn copy(&self, _: &Secret, _: Duration) -> Result<(), String> {
        Err("a test has no clipboard".to_owned())
    }

    fn paste(&self) -> Result<Option<Secret>, String> {
        Err("a test has no clipboard".to_owned())
    }

    fn notify(&self, title: &str, text: &str) -> Result<(), String> {
        let mut notices = self.notices.lock().unwrap();
        match &mut *notices {
            Notices::Shown(shown) => shown.push(format!("{title}: {text}")),
            Notices::Refused => return Err("nobody shows notices here".to_owned()),
        }
        Ok(())
    }

    fn downloads(&self) -> Option<PathBuf> {
        Some(self.downloads.clone())
    }
}

/// A real desk.
pub struct TestDesk {
    folder: Arc<TempDir>,
    keychain: TestKeychain,
    clock: Arc<dyn Clock>,
    background_sync: bool,
    /// The notices of the system since this desk was opened.
    pub notices: Arc<Mutex<Notices>>,
    /// The desk itself.
    pub desk: Arc<Desk>,
}

impl TestDesk {
    /// A desk with a keychain in memory, over a new folder.
    #[must_use]
    pub fn new() -> Self {
        Self::with(TestKeychain::Memory(Arc::new(MemoryKeychain::default())))
    }

    /// A desk with this keychain, over a new folder.
    #[must_use]
    pub fn with(keychain: TestKeychain) -> Self {
        Self::at(Arc::new(server::system::SystemClock), keychain)
    }

    /// A desk with this clock and keychain, over a new folder.
    #[must_use]
    pub fn at(clock: Arc<dyn Clock>, keychain: TestKeychain) -> Self {
        Self::over(Arc::new(tempfile::tempdir().unwrap()), clock, keychain, true).expect("the desk opens")
    }

    /// A desk that syncs only when it is told to.
    #[must_use]
    pub fn still() -> Self {
        let keychain = TestKeychain::Memory(Arc::new(MemoryKeychain::default()));
        let clock = Arc::new(server::system::SystemClock);
        Self::over(Arc::new(tempfile::tempdir().unwrap()), clock, keychain, false).expect("the desk opens")
    }

    fn over(
        folder: Arc<TempDir>,
        clock: Arc<dyn Clock>,
        keychain: TestKeychain,
        background_sync: bool,
    ) -> Result<Self, DeskError> {
        let notices = Arc::new(Mutex::new(Notices::Shown(Vec::new())));
        let host = TestHost {
            keychain: keychain.clone(),
            notices: notices.clone(),
            downloads: folder.path().join("downloads"),
        };
        let ports = Ports {
            clock: clock.clone(),
            entropy: Arc::new(Mutex::new(SeededEntropy::own())),
            more_entropy: || Box::new(server::system::SystemEntropy),
            host: Arc::new(host),
            client_name: "Keystead in a test".to_owned(),
            vault_work: LIGHT,
            background_sync,
        };
        let desk = Desk::new(ports, Place::at(folder.path().to_owned()))?;
        Ok(Self {
            folder,
            keychain,
            clock,
            background_sync,
            notices,
            desk,
        })
    }

    /// The data folder.
    #[must_use]
    pub fn folder(&self) -> &std::path::Path {
        self.folder.path()
    }

    /// Closes the desk and opens another over the same folder and keychain, as a restart of the app would.
    pub async fn restart(self) -> Self {
        self.desk.close().await;
        Self::over(self.folder, self.clock, self.keychain, self.background_sync).expect("the desk opens")
    }

    /// Opens another desk over what is on the disk, without closing anything: as after a crash.
    #[must_use]
    pub fn crash(self) -> Self {
        drop(self.desk);
        Self::over(self.folder, self.clock, self.keychain, self.background_sync).expect("the desk opens")
    }

    /// Another desk over the same folder, as a second start would make it.
    ///
    /// # Errors
    /// Why it does not open.
    pub fn reopen(&self) -> Result<Self, DeskError> {
        Self::over(
            self.folder.clone(),
            self.clock.clone(),
            self.keychain.clone(),
            self.background_sync,
        )
    }

    /// The same with another keychain: something happened to it meanwhile.
    pub async fn restart_with(self, keychain: TestKeychain) -> Self {
        self.desk.close().await;
        Self::over(self.folder, self.clock, keychain, self.background_sync).expect("the desk opens")
    }

    /// Ada signs up at a server.
    pub async fn sign_up(&self, url: &str) -> Opened {
        let opened = self.desk.sign_up(ada(url)).await.expect("Ada signs up");
        self.wait_synced().await;
        opened
    }

    /// Makes a team key; its whole secret and its id.
    pub async fn create(&self, name: &str) -> (String, domain::id::KeyId) {
        let created = self.desk.create_key(draft(name)).await.expect("the key is made");
        (
            format!("{}{}{}", created.prefix, created.body, created.checksum),
            created.key_id,
        )
    }

    /// Waits until nothing waits and the copy is in step.
    pub async fn wait_synced(&self) -> SyncStatus {
        wait_for("the copy is in step", || async {
            let status = self.desk.sync_status().await.ok()?;
            (status.state == SyncState::Synced && status.waiting == 0).then_some(status)
        })
        .await
    }

    /// Waits until the desk knows that its server is away.
    pub async fn wait_offline(&self) -> SyncStatus {
        wait_for("the desk is offline", || async {
            let status = self.desk.sync_status().await.ok()?;
            (status.state == SyncState::Offline).then_some(status)
        })
        .await
    }

    /// The names of all keys, in order.
    pub async fn names(&self) -> Vec<String> {
        let page = self.desk.list_keys(all()).await.expect("keys are listed");
        page.rows.into_iter().map(|row| row.name).collect()
    }
}

impl Default for TestDesk {
    fn default() -> Self {
        Self::new()
    }
}

/// Ada, who signs up.
#[must_use]
pub fn ada(url: &str) -> SignUp {
    SignUp {
        url: url.to_owned(),
        organization_name: "Northwind Routing".to_owned(),
        your_name: "Ada Vance".to_owned(),
        username: "ada".to_owned(),
        email: "ada@northwind.example".to_owned(),
        password: PASSWORD.to_owned(),
    }
}

/// Ada's password.
pub const PASSWORD: &str = "seven unrelated words";

/// A team key without expiry.
#[must_use]
pub fn draft(name: &str) -> KeyDraft {
    KeyDraft {
        kind: KeyKind::Team,
        name: name.to_owned(),
        description: String::new(),
        expires_at: None,
        requests_per_minute: None,
        people: Vec::new(),
        owner: None,
        grants: Vec::new(),
    }
}

/// Every key, by name.
#[must_use]
pub fn all() -> KeyQuery {
    KeyQuery::by_name(1_000)
}

/// Waits for a condition, looking every 20 ms, and fails after 20 s.
pub async fn wait_for<T, F: Future<Output = Option<T>>>(what: &str, mut look: impl FnMut() -> F) -> T {
    for _ in 0..1_000 {
        if let Some(found) = look().await {
            return found;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("waited 20 s in vain until {what}");
}
