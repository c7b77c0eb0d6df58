//! A walk past every screen and state there is, for whoever wants to look at them: axe, or a camera.
//!
//! Each leg gets to its states as a person would, and says at each what it is called.

mod import;
mod people;
mod rights;

use std::path::Path;

use crypto::token::Token;
use desk::view::{KeyEditDraft, KeyText, SignIn};
use domain::key::KeyKind;
use testkit::trouble::Gate;
use testkit::{SeededEntropy, TestDesk, TestServer};
use thirtyfour::prelude::Key;

use crate::failure::{Failure, Outcome};
use crate::outside::{end_session, verify};
use crate::page::{Sought, alert, button, dialog, field, heading, menu_item, option, radio, row, tab};
use crate::place::{Keyring, Place};
use crate::steps::{EMAIL, PASSWORD};
use crate::window::Window;

pub use import::import;
pub use people::{link_in, people};
pub use rights::rights;

/// Getting in: the first start, each form of it, and what each says when something is wrong.
///
/// # Errors
/// The first step that did not happen.
pub async fn first_start(visit: &mut impl AsyncFnMut(&Window, &str) -> Outcome) -> Outcome {
    let server = TestServer::new().await;
    let place = Place::with_keychain().await?;
    let window = Window::open(&place).await?;
    window.see(&heading("Welcome to Keystead")).await?;
    visit(&window, "first-start").await?;

    window.choose("On this computer").await?;
    window.see(&heading("On this computer")).await?;
    visit(&window, "here").await?;
    window.click(&button("Start")).await?;
    window.error_at(&field("Your name")).await?;
    visit(&window, "here-error").await?;
    window.click(&button("Cancel")).await?;

    window.choose("Connect to a server").await?;
    window.see(&heading("Connect to a server")).await?;
    visit(&window, "connect").await?;
    window
        .fill(&field("Server address"), "http://127.0.0.1:1")
        .await?;
    window.click(&button("Connect")).await?;
    window.read("can't be reached").await?;
    visit(&window, "connect-error").await?;

    window.ask_who_answers(&server.url()).await?;
    visit(&window, "sign-in").await?;
    window.fill(&field("Email"), "ada@northwind.example").await?;
    window.fill(&field("Password"), "not the password").await?;
    window.click(&button("Sign in")).await?;
    window.see(&alert()).await?;
    visit(&window, "sign-in-error").await?;

    window.fill_in_sign_up().await?;
    visit(&window, "sign-up").await?;
    window.fill(&field("Password"), "short").await?;
    window.fill(&field("Username"), "Ada Vance").await?;
    window.click(&button("Create account")).await?;
    window.see(&alert()).await?;
    visit(&window, "sign-up-error").await?;
    window.quit().await
}

/// Where secrets can't be kept: a locked keychain, none, and a vault that is closed.
///
/// # Errors
/// The first step that did not happen.
pub async fn keychain(visit: &mut impl AsyncFnMut(&Window, &str) -> Outcome) -> Outcome {
    let place = Place::new(Keyring::Locked).await?;
    let window = Window::open(&place).await?;
    window.see(&heading("Unlock your keychain and try again")).await?;
    visit(&window, "keychain-locked").await?;
    window.quit().await?;

    let place = Place::new(Keyring::Absent).await?;
    let window = Window::open(&place).await?;
    window.see(&heading("Choose a passphrase")).await?;
    visit(&window, "keychain-absent").await?;
    window.fill(&field("Passphrase"), "short").await?;
    window.click(&button("Create vault")).await?;
    window.error_at(&field("Passphrase")).await?;
    visit(&window, "keychain-absent-error").await?;
    window.make_vault(PASSWORD).await?;
    window.quit().await?;
    let window = Window::open(&place).await?;
    window.see(&heading("Unlock your vault")).await?;
    visit(&window, "vault").await?;
    window.fill(&field("Passphrase"), "not the passphrase").await?;
    window.click(&button("Unlock")).await?;
    window.see(&alert()).await?;
    visit(&window, "vault-error").await?;
    window.quit().await
}

/// A workspace full of made-up data: the inventory, what lies over it, and every other screen.
///
/// # Errors
/// The first step that did not happen.
pub async fn workspace(visit: &mut impl AsyncFnMut(&Window, &str) -> Outcome) -> Outcome {
    let place = Place::with_keychain().await?;
    let window = Window::open(&place).await?;
    window.choose("Look around with sample data").await?;
    window.see(&row("ci-deploy")).await?;
    window.badge_says("Synced").await?;
    visit(&window, "keys").await?;
    window.open_key("ci-deploy").await?;
    window.panel_says("In force since").await?;
    visit(&window, "keys-panel").await?;
    window.resize(900, 600).await?;
    visit(&window, "keys-panel-900x600").await?;
    window.click(&button("Close details")).await?;
    visit(&window, "keys-900x600").await?;
    window.resize(1280, 820).await?;

    let search = Sought::new("searchbox", "Search keys");
    window.fill(&search, "no such key").await?;
    window.see(&heading("No key matches")).await?;
    visit(&window, "keys-none-match").await?;
    window.click(&button("Clear filters")).await?;
    window.click(&button("State filter")).await?;
    window.click(&menu_item("menuitemcheckbox", "Active")).await?;
    visit(&window, "keys-filter").await?;
    window.keys(Key::Escape).await?;
    window.gone(&Sought::new("menu", "State")).await?;
    window.click(&button("Clear state filter")).await?;

    window.click(&button("New key")).await?;
    window.see(&dialog("New key")).await?;
    visit(&window, "new-key").await?;
    window.click(&button("Create key")).await?;
    window.error_at(&field("Name")).await?;
    visit(&window, "new-key-error").await?;
    window.click(&radio("Date")).await?;
    visit(&window, "new-key-date").await?;
    window.fill(&field("Name"), "ci-preview").await?;
    window.click(&radio("90 days")).await?;
    window.click(&button("Create key")).await?;
    let secret = window.shown_secret().await?;
    window.in_force().await?;
    visit(&window, "secret-sample").await?;
    window.click(&button("Close")).await?;
    window.panel_says("ci-preview").await?;
    window.ask_to_revoke("ci-preview").await?;
    visit(&window, "revoke").await?;
    window
        .click(&button("Revoke key").within("dialog", "Revoke ci-preview"))
        .await?;
    window.panel_says("Revoked").await?;
    visit(&window, "keys-panel-revoked").await?;

    window.click(&tab("Inspect")).await?;
    window.see(&heading("Inspect")).await?;
    visit(&window, "inspect").await?;
    window.inspect(&secret, "which is revoked").await?;
    visit(&window, "inspect-revoked").await?;
    window.inspect(&strange_secret(), "Unknown secret").await?;
    visit(&window, "inspect-unknown").await?;
    window
        .inspect(
            &format!("KEY={}", &secret[..secret.len() - 1]),
            "Not a valid secret",
        )
        .await?;
    visit(&window, "inspect-malformed").await?;
    window
        .inspect("nothing of the kind", "No Keystead secret")
        .await?;
    visit(&window, "inspect-none").await?;

    window.click(&tab("Services & prices")).await?;
    window.see(&heading("Services & prices")).await?;
    window.read("0.501 EUR").await?;
    visit(&window, "services").await?;
    window.fill(&field("Origins"), "5000").await?;
    window.error_at(&field("Origins")).await?;
    visit(&window, "services-error").await?;
    window.resize(900, 600).await?;
    visit(&window, "services-900x600").await?;
    window.resize(1280, 820).await?;

    window.palette("").await?;
    visit(&window, "palette").await?;
    window
        .fill(&Sought::new("combobox", "Find a key, a screen or an act"), "ci")
        .await?;
    window.see(&option("ci-deploy")).await?;
    visit(&window, "palette-found").await?;
    window.escape(&dialog("Palette")).await?;
    window.click(&tab("Preferences")).await?;
    window.see(&heading("Preferences")).await?;
    visit(&window, "preferences").await?;
    window.keys("?").await?;
    window.see(&dialog("Keyboard shortcuts")).await?;
    visit(&window, "shortcuts").await?;
    window.escape(&dialog("Keyboard shortcuts")).await?;
    window.click(&tab("Why don't I see…?")).await?;
    window.see(&heading("Why don't I see…?")).await?;
    visit(&window, "why").await?;
    window.quit().await
}

/// A workspace of one's own on this computer: from nothing to a key in use, and its removal.
///
/// # Errors
/// The first step that did not happen.
pub async fn this_computer(visit: &mut impl AsyncFnMut(&Window, &str) -> Outcome) -> Outcome {
    let place = Place::with_keychain().await?;
    let window = Window::open(&place).await?;
    window.start_here("Ada Vance", "My workspace").await?;
    window.badge_says("Synced").await?;
    visit(&window, "keys-first").await?;
    let free = "Free service key";
    window.open_key(free).await?;
    visit(&window, "keys-free").await?;
    let secret = window.create_key("ci-deploy", "Deploys the planner").await?;
    window.in_force().await?;
    visit(&window, "secret").await?;
    window.click(&button("Copy")).await?;
    window.read("leaves the clipboard").await?;
    window.click(&button("Download .txt")).await?;
    window.read("Saved to").await?;
    visit(&window, "secret-handled").await?;
    window.close_secret(&secret).await?;
    verify(&place.this_computer_url()?, &secret).await?;
    window.open_key("ci-deploy").await?;
    window.panel_says("from 127.0.0.1").await?;
    visit(&window, "keys-panel-used").await?;
    window.inspect(&secret, "and it works").await?;
    visit(&window, "inspect-known").await?;
    window.open_key("ci-deploy").await?;
    window.ask_to_revoke("ci-deploy").await?;
    visit(&window, "revoke-in-use").await?;
    window
        .click(&button("Revoke key").within("dialog", "Revoke ci-deploy"))
        .await?;
    window.error_at(&field("Type ci-deploy to confirm")).await?;
    visit(&window, "revoke-in-use-error").await?;
    window.escape(&dialog("Revoke ci-deploy")).await?;
    window
        .click(&Sought::new("button", "Switch connection").in_part())
        .await?;
    window.see(&menu_item("menuitem", "Add a connection")).await?;
    visit(&window, "switcher").await?;
    window.click(&menu_item("menuitem", "Add a connection")).await?;
    window.see(&heading("Add a connection")).await?;
    visit(&window, "add-connection").await?;
    window.click(&button("Cancel")).await?;
    window.click(&tab("Connections")).await?;
    window.see(&heading("Connections")).await?;
    visit(&window, "connections").await?;
    window.click(&button("Recovery code of My workspace")).await?;
    window.see(&dialog("Recovery code")).await?;
    visit(&window, "recovery").await?;
    window.click(&button("Make recovery code")).await?;
    window.see(&dialog("Your new recovery code")).await?;
    visit(&window, "recovery-code").await?;
    window.click(&button("Close")).await?;
    window.click(&tab("Preferences")).await?;
    window.click(&button("Move to a vault…")).await?;
    window.see(&dialog("Move secrets to a vault")).await?;
    visit(&window, "to-vault").await?;
    window.escape(&dialog("Move secrets to a vault")).await?;
    window.click(&button("Set the lock…")).await?;
    window.see(&dialog("Lock Keystead")).await?;
    visit(&window, "set-lock").await?;
    window.fill(&field("Passphrase"), PASSWORD).await?;
    window.fill(&field("Repeat passphrase"), PASSWORD).await?;
    window.click(&button("Set the lock")).await?;
    window.gone(&dialog("Lock Keystead")).await?;
    visit(&window, "preferences-lock").await?;
    window.control('l').await?;
    window.see(&heading("Keystead is locked")).await?;
    visit(&window, "locked").await?;
    window.fill(&field("Passphrase"), PASSWORD).await?;
    window.click(&button("Unlock")).await?;
    window.click(&tab("Connections")).await?;
    window.click(&button("Remove My workspace")).await?;
    window.read("every key stops working").await?;
    visit(&window, "remove").await?;
    window.quit().await
}

/// A server that goes away, ends the session, and a copy that can't be read.
///
/// # Errors
/// The first step that did not happen.
pub async fn trouble(visit: &mut impl AsyncFnMut(&Window, &str) -> Outcome) -> Outcome {
    let mut server = TestServer::new().await;
    let place = Place::with_keychain().await?;
    let window = Window::open(&place).await?;
    window.sign_up_at(&server.url()).await?;
    let secret = window.create_key("ci-deploy", "Deploys the planner").await?;
    window.in_force().await?;
    window.close_secret(&secret).await?;
    server.stop().await;
    window.badge_says("Offline since").await?;
    visit(&window, "offline").await?;
    window.inspect(&secret, "ci-deploy").await?;
    visit(&window, "inspect-offline").await?;
    let folder = tempfile::tempdir()?;
    std::fs::write(folder.path().join(".env"), format!("# deploys\nKEY={secret}\n"))?;
    std::fs::write(
        folder.path().join("app.log"),
        format!("with {}\n", strange_secret()),
    )?;
    window.inspect_folder(folder.path(), "2 found").await?;
    visit(&window, "inspect-files").await?;
    window.click(&tab("Keys")).await?;
    let waiting = window.create_key("ci-preview", "").await?;
    visit(&window, "secret-offline").await?;
    window.close_secret(&waiting).await?;
    window.open_key("ci-preview").await?;
    visit(&window, "keys-pending").await?;
    window.open_key("ci-deploy").await?;
    window.ask_to_revoke("ci-deploy").await?;
    visit(&window, "revoke-offline").await?;
    window.escape(&dialog("Revoke ci-deploy")).await?;
    window
        .click(
            &Sought::new("button", "waiting")
                .in_part()
                .within("navigation", "Screens"),
        )
        .await?;
    window.see(&dialog("Pending changes")).await?;
    visit(&window, "pending").await?;
    window.click(&button("Drop: Create ci-preview")).await?;
    window.see(&button("Drop change")).await?;
    visit(&window, "pending-drop").await?;
    window.click(&button("Close")).await?;
    window.click(&tab("Connections")).await?;
    window
        .click(&button(&format!("Remove {}", crate::steps::ORGANIZATION)))
        .await?;
    window.read("has not confirmed will be lost").await?;
    visit(&window, "remove-unsent").await?;
    window.click(&button("Cancel")).await?;

    server.start().await;
    window.sync_now().await?;
    window.badge_says("Synced").await?;
    end_session(&server.url(), &place).await?;
    window.sync_now().await?;
    window.see(&button("Sign in again")).await?;
    visit(&window, "signed-out").await?;
    window.click(&button("Sign in again")).await?;
    window.see(&dialog("Sign in again")).await?;
    visit(&window, "sign-in-again").await?;
    window.fill(&field("Password"), PASSWORD).await?;
    window
        .click(&button("Sign in").within("dialog", "Sign in again"))
        .await?;
    window.gone(&dialog("Sign in again")).await?;
    window.badge_says("Synced").await?;
    window.quit().await?;

    damage(&place.replica()?)?;
    let window = Window::open(&place).await?;
    window.see(&heading("The data file is damaged")).await?;
    visit(&window, "replica-damaged").await?;
    window.quit().await
}

/// An edit made offline, and somebody else's of the same field.
///
/// # Errors
/// The first step that did not happen.
pub async fn edits(visit: &mut impl AsyncFnMut(&Window, &str) -> Outcome) -> Outcome {
    let server = TestServer::new().await;
    let gate = Gate::before(server.address()).await;
    let place = Place::with_keychain().await?;
    let window = Window::open(&place).await?;
    window.sign_up_at(&gate.url()).await?;
    let secret = window.create_key("ci-deploy", "Deploys the planner").await?;
    window.in_force().await?;
    window.close_secret(&secret).await?;
    gate.shut();
    window.badge_says("Offline since").await?;
    window.open_key("ci-deploy").await?;
    window.keys("e").await?;
    window.see(&dialog("Edit ci-deploy")).await?;
    visit(&window, "edit").await?;
    window.fill(&field("Name"), "ci-laptop").await?;
    window.click(&button("Save changes")).await?;
    window.gone(&dialog("Edit ci-deploy")).await?;
    window.panel_says("Edited here, not yet in force").await?;
    visit(&window, "keys-edited").await?;
    let other = TestDesk::new();
    let request = SignIn {
        url: server.url(),
        email: EMAIL.to_owned(),
        password: PASSWORD.to_owned(),
    };
    other.desk.sign_in(request).await?;
    other.wait_synced().await;
    let page = other.desk.list_keys(testkit::desk::all()).await?;
    let key = page.rows.iter().find(|row| row.name == "ci-deploy");
    let key = key.ok_or_else(|| Failure::said("the other desk has no ci-deploy"))?;
    let text = |name: &str| KeyText {
        name: name.to_owned(),
        description: key.description.clone(),
        requests_per_minute: None,
        people: Vec::new(),
        grants: Vec::new(),
    };
    let draft = KeyEditDraft {
        seen: text("ci-deploy"),
        made: text("ci-theirs"),
        notify_people: false,
    };
    other.desk.edit_key(key.id, draft).await?;
    other.wait_synced().await;
    gate.open();
    window.badge_says("1 change needs you").await?;
    window.open_key("ci-theirs").await?;
    visit(&window, "keys-conflict").await?;
    window.click(&button("Decide…")).await?;
    window.see(&dialog("Decide on ci-deploy")).await?;
    visit(&window, "conflict").await?;
    window.quit().await
}

/// Writes over the middle of a file.
///
/// # Errors
/// That it can't be written.
pub fn damage(file: &Path) -> Outcome {
    let mut bytes =
        std::fs::read(file).map_err(|error| Failure::said(format!("{}: {error}", file.display())))?;
    for byte in bytes.iter_mut().take(4_096) {
        *byte = !*byte;
    }
    Ok(std::fs::write(file, bytes)?)
}

/// A whole secret with a right checksum, of no key there is.
#[must_use]
pub fn strange_secret() -> String {
    Token::mint(KeyKind::Team, &mut SeededEntropy::new(13))
        .expose()
        .to_owned()
}
