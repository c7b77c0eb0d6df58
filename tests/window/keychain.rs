//! A computer whose keychain is locked, or that has none.

use stories::steps::PASSWORD;
use stories::{Keyring, Outcome, Place, Window, button, field, heading, row};

#[tokio::test(flavor = "multi_thread")]
async fn window_o5_a_locked_keychain_is_waited_for() -> Outcome {
    let mut place = Place::with_keychain().await?;
    let window = Window::open(&place).await?;
    window.start_here("Ada Vance", "Northwind").await?;
    let secret = window.create_key("ci-deploy", "").await?;
    window.in_force().await?;
    window.close_secret(&secret).await?;
    window.quit().await?;
    let before = std::fs::read(place.replica()?)?;

    place.restart_keychain(Keyring::Locked).await?;
    let window = Window::open(&place).await?;
    window.see(&heading("Unlock your keychain and try again")).await?;
    window.click(&button("Try again")).await?;
    window.see(&heading("Unlock your keychain and try again")).await?;
    assert!(
        std::fs::read(place.replica()?)? == before,
        "what can't be opened is not touched"
    );
    place.unlock_keychain()?;
    window.click(&button("Try again")).await?;
    window.see(&row("ci-deploy")).await?;
    window.inspect(&secret, "ci-deploy").await?;
    window.quit().await
}

#[tokio::test(flavor = "multi_thread")]
async fn window_o5_without_a_keychain_a_vault_keeps_the_secrets() -> Outcome {
    let place = Place::new(Keyring::Absent).await?;
    let window = Window::open(&place).await?;
    window.see(&heading("Choose a passphrase")).await?;
    window.fill(&field("Passphrase"), "too short").await?;
    window.click(&button("Create vault")).await?;
    assert_eq!(
        window.error_at(&field("Passphrase")).await?,
        "Use at least 10 characters."
    );
    window.fill(&field("Passphrase"), PASSWORD).await?;
    window
        .fill(&field("Repeat passphrase"), "seven other words")
        .await?;
    window.click(&button("Create vault")).await?;
    assert_eq!(
        window.error_at(&field("Repeat passphrase")).await?,
        "The two passphrases differ."
    );
    window.make_vault(PASSWORD).await?;
    window.start_here("Ada Vance", "Northwind").await?;
    let secret = window.create_key("ci-deploy", "").await?;
    window.read("stored in your passphrase vault").await?;
    window.in_force().await?;
    window.close_secret(&secret).await?;
    window.quit().await?;
    for file in ["vault.json", "connections.json"] {
        let text = std::fs::read_to_string(place.data().join(file))?;
        assert!(
            !text.contains(&secret) && !text.contains("kss_"),
            "{file} holds nothing in the clear"
        );
    }

    let window = Window::open(&place).await?;
    window.see(&heading("Unlock your vault")).await?;
    window.fill(&field("Passphrase"), "seven unrelated birds").await?;
    window.click(&button("Unlock")).await?;
    window.read("passphrase").await?;
    window.see(&stories::alert()).await?;
    window.fill(&field("Passphrase"), PASSWORD).await?;
    window.click(&button("Unlock")).await?;
    window.see(&row("ci-deploy")).await?;
    window.inspect(&secret, "and it works").await?;
    window.quit().await
}
