//! A server that goes away and comes back, and a copy that can't be read.

use stories::outside::verify;
use stories::tour::damage;
use stories::{Outcome, Place, Sought, Window, button, dialog, heading, row, tab};
use testkit::TestServer;

#[tokio::test(flavor = "multi_thread")]
async fn window_o1_k13_offline_the_copy_answers_and_what_is_made_waits() -> Outcome {
    let mut server = TestServer::new().await;
    let place = Place::with_keychain().await?;
    let window = Window::open(&place).await?;
    let card = window.sign_up_at(&server.url()).await?;
    assert!(card.contains("Northwind keys"), "who answers was shown: {card}");
    let secret = window.create_key("ci-deploy", "").await?;
    window.in_force().await?;
    window.close_secret(&secret).await?;
    assert!(server.verify(&secret).await.0);
    window.open_key("ci-deploy").await?;
    window.panel_says("Last used now from 127.0.0.1").await?;

    server.stop().await;
    window.badge_says("Offline since").await?;
    window.quit().await?;
    let window = Window::open(&place).await?;
    window.see(&row("ci-deploy")).await?;
    window.badge_says("Offline since").await?;
    let found = window.inspect(&secret, "Last used").await?;
    assert!(
        found.contains("ci-deploy") && found.contains("from 127.0.0.1"),
        "{found}"
    );
    window.read("Answers are as of the last sync").await?;
    window
        .inspect(&stories::tour::strange_secret(), "Unknown secret")
        .await?;

    window.click(&tab("Keys")).await?;
    let waiting = window.create_key("ci-preview", "").await?;
    window.read("Not yet in force: you are offline").await?;
    place.keychain_user_of(&waiting)?;
    window.close_secret(&waiting).await?;
    window.read_in(&row("ci-preview"), "not yet in force").await?;
    window.badge_says("1 change waiting").await?;
    window.open_key("ci-deploy").await?;
    window.revoke("ci-deploy", true).await?;
    window.panel_says("Revoked here, not yet in force").await?;
    window.badge_says("2 changes waiting").await?;
    window
        .click(
            &Sought::new("button", "2 changes waiting")
                .in_part()
                .within("navigation", "Screens"),
        )
        .await?;
    window.see(&dialog("Pending changes")).await?;
    let list = window.text_of(&Sought::new("list", "Pending changes")).await?;
    assert!(
        list.contains("Create ci-preview") && list.contains("Revoke ci-deploy"),
        "{list}"
    );
    window.click(&button("Close")).await?;

    server.start().await;
    window.badge_says("Synced").await?;
    window
        .until(
            "nothing to be pending any more",
            stories::failure::PATIENCE,
            async || Ok((!window.text().await?.contains("not yet in force")).then_some(())),
        )
        .await?;
    let url = server.url();
    assert!(verify(&url, &waiting).await?.valid, "what was made offline works");
    assert_eq!(verify(&url, &secret).await?.reason.as_deref(), Some("revoked"));
    window.open_key("ci-preview").await?;
    window.panel_says("In force since").await?;
    window.quit().await
}

#[tokio::test(flavor = "multi_thread")]
async fn window_o1_a_damaged_copy_is_set_aside_and_downloaded_again() -> Outcome {
    let server = TestServer::new().await;
    let place = Place::with_keychain().await?;
    let window = Window::open(&place).await?;
    window.sign_up_at(&server.url()).await?;
    let secret = window.create_key("ci-deploy", "").await?;
    window.in_force().await?;
    window.close_secret(&secret).await?;
    window.quit().await?;
    let replica = place.replica()?;
    damage(&replica)?;
    let damaged = std::fs::read(&replica)?;

    let window = Window::open(&place).await?;
    window.see(&heading("The data file is damaged")).await?;
    window
        .click(&button("Set the file aside and download again"))
        .await?;
    window.see(&row("ci-deploy")).await?;
    window.inspect(&secret, "and it works").await?;
    let files: Vec<_> = std::fs::read_dir(replica.parent().unwrap_or(&replica))?
        .flatten()
        .collect();
    let kept = files
        .iter()
        .any(|file| std::fs::read(file.path()).is_ok_and(|bytes| bytes == damaged));
    assert!(kept, "the damaged file was set aside whole: {files:?}");
    window.quit().await
}
