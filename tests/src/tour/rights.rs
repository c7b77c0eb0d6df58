//! What keys may call and who pays for it, and who may have tokens: wallets, services, groups, the policy, issuers.

use testkit::TestServer;

use crate::failure::{Failure, Outcome};
use crate::outside::verify;
use crate::page::{Sought, button, dialog, field, heading, radio, row, tab};
use crate::place::Place;
use crate::window::Window;

fn check(name: &str) -> Sought {
    Sought::new("checkbox", name)
}

/// Money and tokens, at the Owner's.
///
/// # Errors
/// The first step that did not happen.
pub async fn rights(visit: &mut impl AsyncFnMut(&Window, &str) -> Outcome) -> Outcome {
    let server = TestServer::new().await;
    let place = Place::with_keychain().await?;
    let window = Window::open(&place).await?;
    window.sign_up_at(&server.url()).await?;
    window.badge_says("Synced").await?;
    wallets(&window, visit).await?;
    service_key(&window, &server.url(), visit).await?;
    groups(&window, visit).await?;
    policy(&window, &server.url(), visit).await?;
    window.click(&tab("Token issuers")).await?;
    window.see(&heading("No issuer yet")).await?;
    visit(&window, "issuers-none").await?;
    window.click(&button("Add issuer…")).await?;
    window.see(&dialog("Add an issuer")).await?;
    visit(&window, "issuer-add").await?;
    window.quit().await
}

async fn wallets(window: &Window, visit: &mut impl AsyncFnMut(&Window, &str) -> Outcome) -> Outcome {
    window.click(&tab("Wallets & credits")).await?;
    window.see(&heading("No wallet yet")).await?;
    visit(window, "wallets-none").await?;
    window.click(&button("New wallet…")).await?;
    window.fill(&field("Name"), "Research").await?;
    window.fill(&field("Credit to begin with"), "10").await?;
    visit(window, "wallet-new").await?;
    window.click(&button("Make wallet")).await?;
    window.see(&button("Move credit of Research")).await?;
    visit(window, "wallets").await
}

/// A service key that is paid for by the wallet, and a secret of it for oneself (K5, K6).
async fn service_key(
    window: &Window,
    url: &str,
    visit: &mut impl AsyncFnMut(&Window, &str) -> Outcome,
) -> Outcome {
    window.click(&tab("Keys")).await?;
    window.click(&button("New key")).await?;
    window.fill(&field("Name"), "matrix-prod").await?;
    window.click(&radio("Service key")).await?;
    window.click(&check("Geocoding")).await?;
    window.click(&radio("Pay as you go")).await?;
    visit(window, "new-key-service").await?;
    window.click(&button("Create key")).await?;
    let shared = window.shown_secret_of("kst_svc_").await?;
    window.in_force().await?;
    window.close_secret(&shared).await?;
    window.open_key("matrix-prod").await?;
    window.panel_says("Pay as you go").await?;
    visit(window, "keys-panel-services").await?;
    window.click(&button("Assign…")).await?;
    window.click(&check("Ada Vance")).await?;
    window.click(&button("Save people")).await?;
    window.click(&button("Make my token…")).await?;
    window.see(&dialog("Your token for matrix-prod")).await?;
    visit(window, "key-token").await?;
    window.click(&button("Make token")).await?;
    let own = window.shown_secret_of("kst_svc_").await?;
    window.close_secret(&own).await?;
    window.panel_says("Ada Vance (you)").await?;
    visit(window, "keys-panel-tokens").await?;
    good(url, &own).await?;
    good(url, &shared).await?;
    window.click(&button("End… the token of Ada Vance")).await?;
    window.see(&dialog("End a personal token")).await?;
    visit(window, "key-token-end").await?;
    window.click(&button("End it")).await?;
    window.panel_says("Nobody has one.").await?;
    refused(url, &own, "retired").await?;
    good(url, &shared).await
}

async fn groups(window: &Window, visit: &mut impl AsyncFnMut(&Window, &str) -> Outcome) -> Outcome {
    window.click(&tab("Groups & service accounts")).await?;
    window.read("There are no groups.").await?;
    visit(window, "groups-none").await?;
    window.click(&button("New service account…")).await?;
    window.fill(&field("Name"), "nightly-export").await?;
    visit(window, "service-account").await?;
    window.click(&button("Make service account")).await?;
    window.see(&button("Edit nightly-export")).await?;
    window.click(&button("New group…")).await?;
    window.fill(&field("Name"), "Deployers").await?;
    window.click(&check("nightly-export service account")).await?;
    visit(window, "group").await?;
    window.click(&button("Make group")).await?;
    window.see(&button("Edit the group Deployers")).await?;
    visit(window, "groups").await
}

/// A personal token is suspended by the policy, and comes back (K10, K11).
async fn policy(
    window: &Window,
    url: &str,
    visit: &mut impl AsyncFnMut(&Window, &str) -> Outcome,
) -> Outcome {
    window.click(&tab("Keys")).await?;
    window.click(&button("New key")).await?;
    window.fill(&field("Name"), "notebook").await?;
    window.click(&radio("Personal token")).await?;
    visit(window, "new-key-personal").await?;
    window.click(&button("Create key")).await?;
    let token = window.shown_secret_of("kst_pat_").await?;
    window.in_force().await?;
    window.close_secret(&token).await?;
    good(url, &token).await?;

    window.click(&tab("Token policy")).await?;
    window.click(&radio("Nobody")).await?;
    visit(window, "policy").await?;
    window.click(&button("See what changes…")).await?;
    window.see(&dialog("1 token will stop")).await?;
    visit(window, "policy-dry-run").await?;
    good(url, &token).await?;
    window.click(&button("Change the policy")).await?;
    window.gone(&dialog("1 token will stop")).await?;
    refused(url, &token, "suspended").await?;
    window.click(&tab("Keys")).await?;
    window.see(&row("notebook")).await?;
    window.open_key("notebook").await?;
    window.panel_says("Suspended").await?;
    visit(window, "keys-panel-suspended").await?;

    window.click(&tab("Token policy")).await?;
    window.click(&radio("All members")).await?;
    window.click(&button("See what changes…")).await?;
    window.see(&dialog("No token stops")).await?;
    window.read("1 token will work again").await?;
    visit(window, "policy-loosened").await?;
    window.click(&button("Change the policy")).await?;
    window.gone(&dialog("No token stops")).await?;
    good(url, &token).await
}

async fn good(url: &str, secret: &str) -> Outcome {
    let answer = verify(url, secret).await?;
    if answer.valid {
        Ok(())
    } else {
        Err(Failure::expected("a good secret", format!("{answer:?}")))
    }
}

async fn refused(url: &str, secret: &str, reason: &str) -> Outcome {
    let answer = verify(url, secret).await?;
    if !answer.valid && answer.reason.as_deref() == Some(reason) {
        Ok(())
    } else {
        Err(Failure::expected(reason, format!("{answer:?}")))
    }
}
