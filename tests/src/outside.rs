//! The world around the app: a server of the organization's own, and the services that ask whether a secret is good.

use std::path::Path;
use std::time::Duration;

use serde_json::{Value, json};

use crate::failure::{Failure, Outcome, PATIENCE, until};
use crate::place::Place;
use crate::process::Process;

/// An HTTP client that talks to loopback directly.
///
/// # Errors
/// That it can't be made.
pub fn http() -> Outcome<reqwest::Client> {
    let _already = rustls::crypto::ring::default_provider().install_default();
    Ok(reqwest::Client::builder()
        .no_proxy()
        .timeout(Duration::from_secs(10))
        .build()?)
}

/// What a service learns of a secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verified {
    /// Whether to let it through.
    pub valid: bool,
    /// Why not.
    pub reason: Option<String>,
    /// The key's name.
    pub key: Option<String>,
}

/// Asks a server whether a secret is good, as a service would.
///
/// # Errors
/// That nobody answered.
pub async fn verify(url: &str, secret: &str) -> Outcome<Verified> {
    let address = format!("{}/v1/verify", url.trim_end_matches('/'));
    let answer: Value = http()?
        .post(address)
        .json(&json!({ "secret": secret }))
        .send()
        .await?
        .error_for_status()?
        .json()
        .await?;
    Ok(Verified {
        valid: answer["valid"] == true,
        reason: answer["reason"].as_str().map(str::to_owned),
        key: answer["key"]["name"].as_str().map(str::to_owned),
    })
}

/// Waits until a secret is refused as revoked, and says how long that took.
///
/// # Errors
/// That it was still good after a second.
pub async fn refused_within_a_second(url: &str, secret: &str) -> Outcome<Duration> {
    let asked = tokio::time::Instant::now();
    until("the secret to be refused", Duration::from_secs(1), async || {
        let answer = verify(url, secret).await?;
        Ok((!answer.valid && answer.reason.as_deref() == Some("revoked")).then_some(()))
    })
    .await?;
    Ok(asked.elapsed())
}

/// `keystead-server` itself, as an organization runs it. Dropped, it is ended.
pub struct RealServer {
    process: Option<Process>,
    port: u16,
}

impl RealServer {
    /// Starts it over a database in the computer's folder.
    ///
    /// # Errors
    /// Why it did not start.
    pub async fn start(binary: &Path, place: &Place) -> Outcome<Self> {
        let port = std::net::TcpListener::bind(("127.0.0.1", 0))?
            .local_addr()?
            .port();
        let mut server = Self { process: None, port };
        server.start_again(binary, place).await?;
        Ok(server)
    }

    /// Starts it again after it was stopped, at the same address.
    ///
    /// # Errors
    /// Why it did not start.
    pub async fn start_again(&mut self, binary: &Path, place: &Place) -> Outcome {
        let mut command = place.command(binary);
        let database = place.temporary().join("organization.db");
        command.args(["serve", "--name", "Northwind keys", "--region", "eu"]);
        command
            .args(["--listen", &format!("127.0.0.1:{}", self.port)])
            .arg("--database")
            .arg(database);
        let mut process = Process::start(&command, &place.log("server"), b"")?;
        let (http, ready) = (http()?, format!("{}/readyz", self.url()));
        until("the server to be ready", PATIENCE, async || {
            if process.ended()?.is_some() {
                return Err(process.failure("ended at once"));
            }
            Ok(http
                .get(&ready)
                .send()
                .await
                .ok()
                .filter(|answer| answer.status().is_success())
                .map(drop))
        })
        .await
        .map_err(|failure| process.failure(&failure.to_string()))?;
        self.process = Some(process);
        Ok(())
    }

    /// Stops it; its data stays.
    pub fn stop(&mut self) {
        self.process = None;
    }

    /// Where it answers.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }
}

/// Ends the session that this computer's keychain holds, as its owner would from another device.
///
/// # Errors
/// That the server did not.
pub async fn end_session(url: &str, place: &Place) -> Outcome {
    let item = format!("{}/session", place.current_connection()?);
    let token = place
        .keychain_item(&item)?
        .ok_or_else(|| Failure::expected("the session in the keychain", "none"))?;
    let address = format!("{url}/v1/sessions/current");
    http()?
        .delete(address)
        .bearer_auth(token.trim())
        .send()
        .await?
        .error_for_status()?;
    Ok(())
}
