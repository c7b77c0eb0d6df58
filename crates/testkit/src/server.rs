//! A real server on loopback, over a real database.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex};

use crypto::derive::Work;
use protocol::server::SignUp;
use server::{Config, Ports, Running, start};
use tempfile::TempDir;

use crate::chance::SeededEntropy;
use crate::database::Database;

/// Password hashes that cost nothing: what they guard is made up.
pub const LIGHT: Work = Work {
    memory_kib: 64,
    passes: 1,
    lanes: 1,
};

/// A real server.
pub struct TestServer {
    folder: TempDir,
    config: Config,
    running: Option<Running>,
}

impl TestServer {
    /// A server over a new database; `None` where this machine has no such database (see [`Database::make`]).
    pub async fn on(database: Database) -> Option<Self> {
        let folder = tempfile::tempdir().unwrap();
        let database = database.make(folder.path()).await?;
        let config = Config {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            database,
            name: "Northwind keys".to_owned(),
            sign_up: SignUp::Open,
            sign_ups_per_hour: 10_000,
            ..Config::default()
        };
        let mut server = Self {
            folder,
            config,
            running: None,
        };
        server.start().await;
        Some(server)
    }

    /// A server over SQLite.
    pub async fn new() -> Self {
        Self::on(Database::Sqlite).await.expect("SQLite needs no server")
    }

    /// Starts it again, at the address it had before.
    pub async fn start(&mut self) {
        let ports = Ports {
            clock: Arc::new(server::system::SystemClock),
            entropy: Arc::new(Mutex::new(SeededEntropy::new(u64::from(std::process::id())))),
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

    /// The folder with its database, where that is a file.
    #[must_use]
    pub fn folder(&self) -> &std::path::Path {
        self.folder.path()
    }

    /// Its database.
    #[must_use]
    pub fn database_url(&self) -> &str {
        &self.config.database
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
