//! A real server on loopback, over a real database.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex};

use crypto::derive::Work;
use protocol::server::SignUp;
use server::{Config, Ports, Running, start};
pub use store::Kind;
use store::testing::Database;

use crate::chance::SeededEntropy;

/// Password hashes that cost nothing: what they guard is made up.
pub const LIGHT: Work = Work {
    memory_kib: 64,
    passes: 1,
    lanes: 1,
};

/// A real server.
pub struct TestServer {
    /// Removed with this.
    _database: Database,
    config: Config,
    running: Option<Running>,
}

impl TestServer {
    /// A server over a new database of this kind; `None` where this computer has no such one to test on, which is said
    /// aloud and is a failure in CI.
    pub async fn on(kind: Kind) -> Option<Self> {
        Self::with(kind, |_| ()).await
    }

    /// The same with settings of its own.
    pub async fn with(kind: Kind, set: impl FnOnce(&mut Config)) -> Option<Self> {
        let database = Database::fresh(kind).await?;
        let mut config = Config {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            database: database.url.clone(),
            name: "Northwind keys".to_owned(),
            sign_up: SignUp::Open,
            sign_ups_per_hour: 10_000,
            ..Config::default()
        };
        set(&mut config);
        let mut server = Self {
            _database: database,
            config,
            running: None,
        };
        server.start().await;
        Some(server)
    }

    /// A server over SQLite.
    pub async fn new() -> Self {
        Self::on(Kind::Sqlite).await.expect("SQLite needs no server")
    }

    /// Starts it again, at the address it had before.
    pub async fn start(&mut self) {
        let ports = Ports {
            clock: Arc::new(server::system::SystemClock),
            entropy: Arc::new(Mutex::new(SeededEntropy::own())),
            password_work: LIGHT,
        };
        let running = start(self.config.clone(), ports)
            .await
            .expect("the server starts");
        self.config.listen = running.address();
        self.running = Some(running);
    }

    /// Stops it; its data stays.
    pub async fn stop(&mut self) {
        if let Some(running) = self.running.take() {
            running.stop().await;
        }
    }

    /// From its next start on it offers the catalog of this folder.
    pub fn offer(&mut self, catalog: &std::path::Path) {
        self.config.catalog = Some(catalog.to_owned());
    }

    /// Where it answers.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}", self.config.listen)
    }

    /// Where it answers, as an address.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.config.listen
    }

    /// Its database, for a program that is to serve it in the place of this.
    #[must_use]
    pub fn database(&self) -> &str {
        &self.config.database
    }

    /// Puts so many keys into its one organization. Only on SQLite.
    pub async fn seed_keys(&self, count: u32) {
        let store = store::Store::open(&self.config.database).await.unwrap();
        crate::seed::team_keys(&store, count).await;
        store.close().await;
    }

    /// Changes its database behind its back; how many rows were touched.
    pub async fn execute(&self, sql: &'static str) -> u64 {
        let store = store::Store::open(&self.config.database).await.unwrap();
        let touched = store::testing::execute(&store, sql).await.unwrap();
        store.close().await;
        touched
    }

    /// Gives the one member of its one organization another role, as an admin would; desktops are told when they ask.
    pub async fn change_role(&self, role: domain::role::Role) {
        let store = store::Store::open(&self.config.database).await.unwrap();
        store::testing::change_role_of_all(&store, role).await.unwrap();
        store.close().await;
    }

    /// A text of every row of its database.
    pub async fn texts(&self, sql: &'static str) -> Vec<String> {
        let store = store::Store::open(&self.config.database).await.unwrap();
        let texts = store::testing::texts(&store, sql).await.unwrap();
        store.close().await;
        texts
    }

    /// A number from its database.
    pub async fn number(&self, sql: &'static str) -> i64 {
        let store = store::Store::open(&self.config.database).await.unwrap();
        let number = store::testing::number(&store, sql).await.unwrap();
        store.close().await;
        number
    }

    /// Its database file as it is now, for a backup. Only when it is stopped, and on SQLite.
    #[must_use]
    pub fn backup(&self) -> Vec<u8> {
        assert!(
            self.running.is_none(),
            "a backup is taken of a server that is stopped"
        );
        std::fs::read(&self.config.database).expect("the database is a file")
    }

    /// Puts a backup in the place of its database. Only when it is stopped, and on SQLite.
    pub fn restore(&self, backup: &[u8]) {
        assert!(
            self.running.is_none(),
            "a backup is restored to a server that is stopped"
        );
        std::fs::write(&self.config.database, backup).expect("the database is a file");
    }

    /// Verifies a secret from outside, as a service would. The answer's `valid` and `reason`.
    pub async fn verify(&self, secret: &str) -> (bool, Option<String>) {
        verify(&self.url(), secret).await
    }
}

/// Verifies a secret at any server from outside, as a service would. The answer's `valid` and `reason`.
pub async fn verify(url: &str, secret: &str) -> (bool, Option<String>) {
    // Whoever comes first installs it.
    let _installed = rustls::crypto::ring::default_provider().install_default();
    let answer: serde_json::Value = reqwest::Client::builder()
        .no_proxy()
        .build()
        .unwrap()
        .post(format!("{url}{}", protocol::path::VERIFY))
        .json(&serde_json::json!({ "secret": secret }))
        .send()
        .await
        .expect("verify answers")
        .json()
        .await
        .expect("verify answers JSON");
    (
        answer["valid"] == true,
        answer["reason"].as_str().map(str::to_owned),
    )
}
