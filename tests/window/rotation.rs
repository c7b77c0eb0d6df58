//! A key paused and resumed, and given a new secret while the old one goes on working.

use stories::{Outcome, Place, Window, button, dialog};
use testkit::{TestServer, wait_for};

#[tokio::test(flavor = "multi_thread")]
async fn window_k7_k8_a_key_is_paused_and_then_rotated_with_live_traffic() -> Outcome {
    let server = TestServer::new().await;
    let place = Place::with_keychain().await?;
    let window = Window::open(&place).await?;
    window.sign_up_at(&server.url()).await?;
    let old = window.create_key("ci-deploy", "").await?;
    window.in_force().await?;
    window.close_secret(&old).await?;
    window.open_key("ci-deploy").await?;
    let of_key = |name: &str| button(name).within("region", "Key details");
    let verified = async |secret: &str, expected: (bool, Option<&str>)| {
        wait_for("verify answers so", || async {
            let (valid, reason) = server.verify(secret).await;
            ((valid, reason.as_deref()) == expected).then_some(())
        })
        .await;
    };

    window.click(&of_key("Pause")).await?;
    window.see(&dialog("Pause ci-deploy")).await?;
    window
        .click(&button("Pause").within("dialog", "Pause ci-deploy"))
        .await?;
    window.gone(&dialog("Pause ci-deploy")).await?;
    window.badge_says("Synced").await?;
    verified(&old, (false, Some("paused"))).await;
    window.click(&of_key("Resume")).await?;
    verified(&old, (true, None)).await;

    window.click(&of_key("Rotate…")).await?;
    window.see(&dialog("Rotate ci-deploy")).await?;
    let complaints = window.complaints().await?;
    assert!(complaints.is_empty(), "{complaints:?}");
    window
        .click(&button("Rotate").within("dialog", "Rotate ci-deploy"))
        .await?;
    window.see(&dialog("Your new secret")).await?;
    let new = window.shown_secret().await?;
    assert_ne!(old, new);
    place.keychain_user_of(&new)?;
    window.in_force().await?;
    window.close_secret(&new).await?;
    for secret in [&old, &new] {
        verified(secret, (true, None)).await;
    }
    window.panel_says("The old secret was last used").await?;
    let complaints = window.complaints().await?;
    assert!(complaints.is_empty(), "{complaints:?}");

    window.click(&of_key("Finish now")).await?;
    window.see(&dialog("Finish the rotation of ci-deploy")).await?;
    window
        .click(&button("Finish now").within("dialog", "Finish the rotation of ci-deploy"))
        .await?;
    verified(&old, (false, Some("retired"))).await;
    verified(&new, (true, None)).await;
    window.quit().await
}
