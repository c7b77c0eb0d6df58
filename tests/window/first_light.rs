//! The main job on this computer: from nothing to a key that works, and its end.

use std::os::unix::fs::PermissionsExt as _;

use stories::outside::{refused_within_a_second, verify};
use stories::{
    Failure, Outcome, Place, Sought, Window, button, dialog, field, heading, radio, row, secret_of, tab,
};
use thirtyfour::prelude::Key;

#[tokio::test(flavor = "multi_thread")]
async fn window_first_light_on_this_computer() -> Outcome {
    let place = Place::with_keychain().await?;
    let window = Window::open(&place).await?;
    window.start_here("Ada Vance", "Northwind").await?;
    window.see(&row("Free service key")).await?;
    let connection = place.current_connection()?;
    let session = place.keychain_item(&format!("{connection}/session"))?;
    assert!(
        session.is_some_and(|token| token.starts_with("kss_")),
        "the session is an item of the keychain"
    );

    let secret = window.create_key("ci-deploy", "Deploys the planner").await?;
    window.read("stored in its keychain").await?;
    window.in_force().await?;
    let item = place.keychain_user_of(&secret)?;
    assert!(item.starts_with(&format!("{connection}/sec_")), "{item}");
    window.close_secret(&secret).await?;
    // So that there is a store file to search.
    window.click(&tab("Preferences")).await?;
    window.click(&radio("Dark")).await?;
    window.click(&tab("Keys")).await?;

    window.see(&row("ci-deploy")).await?;
    let url = place.this_computer_url()?;
    let answer = verify(&url, &secret).await?;
    assert_eq!((answer.valid, answer.key.as_deref()), (true, Some("ci-deploy")));
    window.open_key("ci-deploy").await?;
    window.panel_says("Last used now from 127.0.0.1").await?;

    window.revoke("ci-deploy", true).await?;
    refused_within_a_second(&url, &secret).await?;
    window.panel_says("Revoked").await?;
    assert!(
        !window.sees(&button("Revoke key")).await?,
        "what is revoked can't be revoked again"
    );
    window.quit().await?;

    // The server was in the app, and went with it.
    assert!(
        verify(&url, &secret).await.is_err(),
        "the server inside the app ended with it"
    );
    let window = Window::open(&place).await?;
    window.see(&row("ci-deploy")).await?;
    window.inspect(&secret, "which is revoked").await?;
    window.quit().await?;

    // The database, the copy, the log, the store file: the secret is in none of them, and the search can find.
    let body = &secret[secret.len() - 36..secret.len() - 6];
    assert_eq!(holders(&place.data(), body)?, Vec::<std::path::PathBuf>::new());
    assert!(!holders(&place.data(), "ci-deploy")?.is_empty());
    assert!(place.data().join("logs").is_dir(), "the log was searched too");
    assert!(
        std::fs::read_to_string(place.data().join("preferences.json"))?.contains("dark"),
        "so was the store file"
    );
    Ok(())
}

/// Every file below a folder in which the text occurs.
fn holders(folder: &std::path::Path, text: &str) -> Outcome<Vec<std::path::PathBuf>> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            found.extend(holders(&path, text)?);
        } else if std::fs::read(&path)?
            .windows(text.len())
            .any(|bytes| bytes == text.as_bytes())
        {
            found.push(path);
        }
    }
    Ok(found)
}

#[tokio::test(flavor = "multi_thread")]
async fn window_k3_the_secret_is_shown_once() -> Outcome {
    let place = Place::with_keychain().await?;
    let window = Window::open(&place).await?;
    window.start_here("Ada Vance", "Northwind").await?;
    let secret = window.create_key("ci/deploy", "").await?;
    window.click(&button("Copy")).await?;
    window.read("leaves the clipboard in").await?;
    window.click(&button("Download .txt")).await?;
    window.read("Saved to").await?;
    let file = place.downloads().join("keystead-ci-deploy.txt");
    assert_eq!(std::fs::read_to_string(&file)?.trim_end(), secret);
    assert_eq!(
        std::fs::metadata(&file)?.permissions().mode() & 0o777,
        0o600,
        "for its owner alone"
    );

    window.close_secret(&secret).await?;
    assert!(!window.sees(&secret_of()).await?);
    // Going elsewhere and back does not bring it back, nor does the panel that can copy it.
    window.click(&tab("Preferences")).await?;
    window.open_key("ci/deploy").await?;
    window.panel_says("••••").await?;
    window.forgot(&secret).await?;

    // What was copied is the secret: pasted, it is known.
    window.click(&tab("Inspect")).await?;
    window.see(&field("Text to inspect")).await?.click().await?;
    window.control('v').await?;
    window
        .read_in(&Sought::new("region", "Findings"), "ci/deploy")
        .await?;
    if window.value(&field("Text to inspect")).await? != secret {
        return Err(Failure::expected(
            "the clipboard to hold the secret",
            "something else",
        ));
    }
    window.click(&tab("Keys")).await?;
    window.forgot(&secret).await?;
    window.quit().await
}

#[tokio::test(flavor = "multi_thread")]
async fn window_k9_revoking_a_key_in_use_asks_for_its_name() -> Outcome {
    let place = Place::with_keychain().await?;
    let window = Window::open(&place).await?;
    window.start_here("Ada Vance", "Northwind").await?;
    let (used, unused) = (window.create_key("ci-deploy", "").await?, "ci-preview");
    window.close_secret(&used).await?;
    let secret = window.create_key(unused, "").await?;
    window.close_secret(&secret).await?;
    let url = place.this_computer_url()?;
    assert!(verify(&url, &used).await?.valid);

    window.open_key("ci-deploy").await?;
    window.panel_says("Requests 1").await?;
    window.ask_to_revoke("ci-deploy").await?;
    window
        .read("last used now from 127.0.0.1, 1 request so far")
        .await?;
    let act = button("Revoke key").within("dialog", "Revoke ci-deploy");
    window.click(&act).await?;
    assert_eq!(
        window.error_at(&field("Type ci-deploy to confirm")).await?,
        "Type ci-deploy exactly."
    );
    assert!(verify(&url, &used).await?.valid, "nothing was revoked yet");
    window
        .fill(&field("Type ci-deploy to confirm"), "ci-deploy")
        .await?;
    window.click(&act).await?;
    window.gone(&dialog("Revoke ci-deploy")).await?;
    refused_within_a_second(&url, &used).await?;

    window.open_key(unused).await?;
    window.revoke(unused, false).await?;
    refused_within_a_second(&url, &secret).await?;

    // K2: the free key says why it can't be revoked, and isn't.
    window.open_key("Free service key").await?;
    let refusing = button("Revoke key").within("region", "Key details");
    let script = "return arguments[0].getAttribute('aria-disabled') === 'true' ? arguments[0].title : ''";
    let reason: String = window.ask(&refusing, script).await?;
    assert!(reason.contains("free"), "the button says why: {reason}");
    window.click(&refusing).await?;
    assert!(!window.sees(&dialog("Revoke Free service key")).await?);
    window.quit().await
}

#[tokio::test(flavor = "multi_thread")]
async fn window_keyboard_only() -> Outcome {
    let place = Place::with_keychain().await?;
    let window = Window::open(&place).await?;
    window.see(&heading("Welcome to Keystead")).await?;
    window.focused(&radio("On this computer")).await?;
    window.keys(Key::Enter).await?;
    window.focused(&field("Your name")).await?;
    window.keys("Ada Vance").await?;
    window.keys(Key::Enter).await?;
    window.inventory().await?;

    window.control('n').await?;
    window.focused(&field("Name")).await?;
    window.keys("ci-deploy").await?;
    window.keys(Key::Enter).await?;
    let secret = window.shown_secret().await?;
    window.tab_to(&button("Copy")).await?;
    window.keys(Key::Enter).await?;
    window.read("leaves the clipboard in").await?;
    window.tab_to(&button("Close")).await?;
    window.keys(Key::Enter).await?;
    window.gone(&dialog("Your new secret")).await?;
    window.forgot(&secret).await?;

    // The key that was made is open, and the table has the focus; away from it and back by the table alone.
    window.panel_says("ci-deploy").await?;
    window.focused(&Sought::new("grid", "Keys")).await?;
    window.escape(&Sought::new("region", "Key details")).await?;
    window.focused(&Sought::new("grid", "Keys")).await?;
    window.keys(Key::Home).await?;
    window.keys(Key::Enter).await?;
    window.see(&Sought::new("region", "Key details")).await?;
    window.control('k').await?;
    window.see(&dialog("Palette")).await?;
    window.keys("ci-dep").await?;
    window.see(&stories::option("ci-deploy")).await?;
    window.keys(Key::Enter).await?;
    window.panel_says("ci-deploy").await?;

    window
        .tab_to(&button("Revoke key").within("region", "Key details"))
        .await?;
    window.keys(Key::Enter).await?;
    window.see(&dialog("Revoke ci-deploy")).await?;
    window
        .tab_to(&button("Revoke key").within("dialog", "Revoke ci-deploy"))
        .await?;
    window.keys(Key::Enter).await?;
    window.gone(&dialog("Revoke ci-deploy")).await?;
    refused_within_a_second(&place.this_computer_url()?, &secret).await?;

    window.keys("?").await?;
    window.see(&dialog("Keyboard shortcuts")).await?;
    window.escape(&dialog("Keyboard shortcuts")).await?;
    window.control(',').await?;
    window.see(&heading("Preferences")).await?;
    window.quit().await
}

#[tokio::test(flavor = "multi_thread")]
async fn window_sample_data_leaves_nothing() -> Outcome {
    let place = Place::with_keychain().await?;
    let window = Window::open(&place).await?;
    window.choose("Look around with sample data").await?;
    window.see(&row("ci-deploy")).await?;
    let kept = || -> Outcome<Vec<String>> {
        let names =
            std::fs::read_dir(place.temporary())?.map(|entry| Ok(entry?.file_name().display().to_string()));
        let names: Vec<String> = names.collect::<Outcome<_>>()?;
        Ok(names
            .into_iter()
            .filter(|name| name.starts_with("keystead-sample-"))
            .collect())
    };
    assert_eq!(kept()?.len(), 1, "the sample's folder, while it is looked at");
    let secret = window.create_key("tried", "").await?;
    window.read("kept in memory only").await?;
    window.in_force().await?;
    window.close_secret(&secret).await?;
    window.inspect(&secret, "and it works").await?;
    window.click(&tab("Keys")).await?;
    window.click(&button("Leave")).await?;
    window.see(&heading("Welcome to Keystead")).await?;
    assert_eq!(kept()?, Vec::<String>::new(), "nothing of it is left");
    assert!(
        place
            .keychain_users()?
            .iter()
            .all(|user| !user.starts_with("con_")),
        "nothing is in the keychain"
    );
    assert!(
        place
            .connections()
            .map_or(true, |list| list["connections"] == serde_json::json!([]))
    );

    // Closing the window while it is open leaves nothing either.
    window.choose("Look around with sample data").await?;
    window.see(&row("ci-deploy")).await?;
    window.quit().await?;
    assert_eq!(
        kept()?,
        Vec::<String>::new(),
        "nothing of it is left after the window was closed"
    );
    let window = Window::open(&place).await?;
    window.see(&heading("Welcome to Keystead")).await?;
    window.quit().await
}
