//! Keys that expire soon (K16), told by the desktop's own notices: what stands on the bus is what the person would see.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use stories::failure::{Failure, PATIENCE, until};
use stories::{Outcome, Place, Window, button, dialog};
use testkit::TestServer;
use zbus::zvariant::OwnedValue;

/// A notification daemon (Desktop Notifications Specification 1.2) that remembers.
struct Daemon(Arc<Mutex<Vec<(String, String)>>>);

#[zbus::interface(name = "org.freedesktop.Notifications")]
impl Daemon {
    #[expect(clippy::too_many_arguments, reason = "the specification says so")]
    fn notify(
        &self,
        app_name: &str,
        _replaces: u32,
        _icon: String,
        summary: String,
        body: String,
        _actions: Vec<String>,
        _hints: HashMap<String, OwnedValue>,
        _expire: i32,
    ) -> u32 {
        assert_eq!(app_name, "Keystead");
        let mut seen = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        seen.push((summary, body));
        u32::try_from(seen.len()).unwrap_or(u32::MAX)
    }

    fn close_notification(&self, _id: u32) {}

    fn get_capabilities(&self) -> Vec<String> {
        vec!["body".to_owned()]
    }

    fn get_server_information(&self) -> (String, String, String, String) {
        (
            "test".to_owned(),
            "Keystead".to_owned(),
            "1".to_owned(),
            "1.2".to_owned(),
        )
    }
}

fn program() -> Outcome<String> {
    std::env::var("KEYSTEAD_CLI").map_err(|_| Failure::said("KEYSTEAD_CLI: run through `cargo xtask test`"))
}

fn on_the_bus(error: &zbus::Error) -> Failure {
    Failure::said(format!("the session bus: {error}"))
}

#[tokio::test(flavor = "multi_thread")]
async fn window_k16_a_key_that_expires_soon_is_told_by_the_desktop_once() -> Outcome {
    let mut server = TestServer::new().await;
    let place = Place::with_keychain().await?;
    let seen = Arc::new(Mutex::new(Vec::new()));
    let daemon = zbus::connection::Builder::address(place.bus().as_str())
        .and_then(|bus| bus.name("org.freedesktop.Notifications"))
        .and_then(|bus| bus.serve_at("/org/freedesktop/Notifications", Daemon(seen.clone())))
        .map_err(|error| on_the_bus(&error))?;
    let _daemon = daemon.build().await.map_err(|error| on_the_bus(&error))?;
    let told = || seen.lock().unwrap_or_else(PoisonError::into_inner).clone();

    let window = Window::open(&place).await?;
    window.sign_up_at(&server.url()).await?;
    window.badge_says("Synced").await?;
    window.quit().await?;
    // Made by another program of the same person.
    let home = place.data().display().to_string();
    place.tell(
        &program()?,
        &[
            "--home",
            &home,
            "keys",
            "create",
            "ci-deploy",
            "--expires-in",
            "5",
            "--no-print",
        ],
    )?;
    // The network is away: the end of a key comes nearer all the same.
    server.stop().await;
    let window = Window::open(&place).await?;
    until("the desktop shows a notice", PATIENCE, async || {
        Ok((!told().is_empty()).then_some(()))
    })
    .await?;
    let (title, text) = told()[0].clone();
    assert!(title.starts_with("ci-deploy expires in"), "{title}");
    assert!(text.contains("open Keystead to act on it"), "{text}");
    window.read("expires in").await?;
    let complaints = window.complaints().await?;
    assert!(complaints.is_empty(), "{complaints:?}");
    window.click(&button("Show expiring keys")).await?;
    window.see(&dialog("Keys that expire soon")).await?;
    let complaints = window.complaints().await?;
    assert!(complaints.is_empty(), "{complaints:?}");
    window.quit().await?;

    // The next start has nothing new to tell: what it would tell comes before the table is shown and synced again.
    server.start().await;
    let window = Window::open(&place).await?;
    window.badge_says("Synced").await?;
    assert_eq!(told().len(), 1);
    window.quit().await
}
