//! A key that the keychain has lost, and a window that locks.

use stories::outside::verify;
use stories::steps::PASSWORD;
use stories::{Failure, Outcome, Place, Window, button, dialog, field, group, heading, row, tab};

#[tokio::test(flavor = "multi_thread")]
async fn window_o5_a_lost_key_comes_back_with_the_recovery_code() -> Outcome {
    let place = Place::with_keychain().await?;
    let window = Window::open(&place).await?;
    window.start_here("Ada Vance", "Northwind").await?;
    let secret = window.create_key("ci-deploy", "").await?;
    window.in_force().await?;
    window.close_secret(&secret).await?;
    window.click(&tab("Connections")).await?;
    window.click(&button("Recovery code of Northwind")).await?;
    window.click(&button("Make recovery code")).await?;
    window.see(&dialog("Your new recovery code")).await?;
    let code: String = window
        .ask(&group("Recovery code"), "return arguments[0].textContent")
        .await?;
    window.click(&button("Save as text")).await?;
    window.read("Saved to").await?;
    let sheet = place.downloads().join("keystead-recovery-Northwind.txt");
    assert!(std::fs::read_to_string(sheet)?.contains(&code));
    window.click(&button("Close")).await?;
    window.gone(&dialog("Your new recovery code")).await?;
    if window.page_holds(&code).await? {
        return Err(Failure::expected(
            "the code to be gone from the page",
            "it is still there",
        ));
    }
    window.quit().await?;

    // The keychain loses everything of it but the secrets of keys.
    let connection = place.current_connection()?;
    for item in ["replica", "session", "password"] {
        let user = format!("{connection}/{item}");
        place.tell(
            "secret-tool",
            &["clear", "service", "Keystead", "username", &user],
        )?;
        assert_eq!(place.keychain_item(&user)?, None);
    }
    let window = Window::open(&place).await?;
    window.see(&heading("The data file's key is missing")).await?;
    window.focused(&field("Recovery code")).await?;
    let typed = field("Recovery code");
    window.fill(&typed, &code.replace(&code[..4], "ZZZZ")).await?;
    window.click(&button("Open with recovery code")).await?;
    assert!(window.error_at(&typed).await?.contains("mistyped"));
    window
        .fill(&typed, &code.to_lowercase().replace('-', " "))
        .await?;
    window.click(&button("Open with recovery code")).await?;
    window.see(&row("ci-deploy")).await?;
    window.inspect(&secret, "and it works").await?;
    window.quit().await?;
    let window = Window::open(&place).await?;
    window.see(&row("ci-deploy")).await?;
    window.quit().await
}

#[tokio::test(flavor = "multi_thread")]
async fn window_o5_locked_it_shows_nothing_until_the_passphrase_is_typed() -> Outcome {
    let place = Place::with_keychain().await?;
    let window = Window::open(&place).await?;
    window.start_here("Ada Vance", "Northwind").await?;
    window.click(&tab("Preferences")).await?;
    window.click(&button("Set the lock…")).await?;
    window.see(&dialog("Lock Keystead")).await?;
    window.fill(&field("Passphrase"), PASSWORD).await?;
    window.fill(&field("Repeat passphrase"), PASSWORD).await?;
    window.click(&button("Set the lock")).await?;
    window.read("After 15 min, and when the computer sleeps").await?;
    window.click(&tab("Keys")).await?;

    // Over the secret, too.
    let secret = window.create_key("ci-deploy", "").await?;
    window.in_force().await?;
    window.control('l').await?;
    window.see(&heading("Keystead is locked")).await?;
    window.forgot(&secret).await?;
    assert!(!window.page_holds("ci-deploy").await?);
    assert!(verify(&place.this_computer_url()?, &secret).await?.valid);

    window.focused(&field("Passphrase")).await?;
    window.fill(&field("Passphrase"), "seven unrelated birds").await?;
    window.click(&button("Unlock")).await?;
    window.error_at(&field("Passphrase")).await?;
    window.fill(&field("Passphrase"), PASSWORD).await?;
    window.click(&button("Unlock")).await?;
    window.see(&row("ci-deploy")).await?;
    window.forgot(&secret).await?;
    window.quit().await?;

    // Starting anew is no way around it.
    let window = Window::open(&place).await?;
    window.see(&heading("Keystead is locked")).await?;
    assert!(!window.page_holds("Northwind").await?);
    window.fill(&field("Passphrase"), PASSWORD).await?;
    window.click(&button("Unlock")).await?;
    window.see(&row("ci-deploy")).await?;
    window.quit().await
}
