//! People: inviting them, coming in, what they are given and how they go.

use testkit::TestServer;

use crate::failure::{Failure, Outcome};
use crate::page::{Sought, button, dialog, field, heading, radio, row, tab};
use crate::place::Place;
use crate::steps::PASSWORD;
use crate::window::Window;

/// The link of an invitation that is shown.
///
/// # Errors
/// That none is.
pub async fn link_in(window: &Window) -> Outcome<String> {
    let text = window.text().await?;
    text.split_whitespace()
        .find(|word| word.contains("/invite/"))
        .map(str::to_owned)
        .ok_or_else(|| Failure::said(format!("no link of an invitation is in {text}")))
}

/// Members and invitations, at the inviter's and at the invited's.
///
/// # Errors
/// The first step that did not happen.
pub async fn people(visit: &mut impl AsyncFnMut(&Window, &str) -> Outcome) -> Outcome {
    let server = TestServer::new().await;
    let place = Place::with_keychain().await?;
    let ada = Window::open(&place).await?;
    ada.sign_up_at(&server.url()).await?;
    let secret = ada.create_key("ci-deploy", "Deploys the planner").await?;
    ada.in_force().await?;
    ada.close_secret(&secret).await?;
    ada.click(&tab("Members")).await?;
    ada.see(&heading("Members")).await?;
    visit(&ada, "members-alone").await?;
    ada.click(&button("Invite people…")).await?;
    ada.see(&dialog("Invite people")).await?;
    visit(&ada, "invite").await?;
    let addresses = "bob@northwind.example, nonsense";
    ada.fill(&field("Email addresses"), addresses).await?;
    ada.click(&button("Invite")).await?;
    ada.read("is not an email address").await?;
    visit(&ada, "invite-report").await?;
    let link = link_in(&ada).await?;
    ada.click(&button("Close").within("dialog", "Invite people"))
        .await?;
    ada.see(&button("Cancel the invitation of bob@northwind.example"))
        .await?;
    visit(&ada, "members-invited").await?;

    let other = Place::with_keychain().await?;
    let bob = Window::open(&other).await?;
    bob.choose("I have an invitation").await?;
    bob.see(&heading("I have an invitation")).await?;
    visit(&bob, "invitation").await?;
    let label = field("Link of the invitation");
    bob.fill(&label, "https://keys.northwind.example").await?;
    bob.click(&button("Continue")).await?;
    bob.error_at(&label).await?;
    visit(&bob, "invitation-error").await?;
    bob.fill(&label, &link).await?;
    bob.click(&button("Continue")).await?;
    bob.see(&heading("Ada Vance invites you to Northwind Routing"))
        .await?;
    bob.click(&radio("Create account")).await?;
    visit(&bob, "invitation-account").await?;
    bob.fill(&field("Your name"), "Bob Roe").await?;
    bob.fill(&field("Username"), "bob").await?;
    bob.fill(&field("Email"), "bob@northwind.example").await?;
    bob.fill(&field("Password"), PASSWORD).await?;
    bob.click(&button("Create account and accept")).await?;
    bob.inventory().await?;
    bob.badge_says("Synced").await?;
    visit(&bob, "keys-editor-none").await?;

    ada.see(&button("Change role… of Bob Roe")).await?;
    visit(&ada, "members").await?;
    ada.open_key("ci-deploy").await?;
    ada.click(&button("Assign…")).await?;
    ada.click(&Sought::new("checkbox", "Bob Roe")).await?;
    visit(&ada, "assign").await?;
    ada.click(&button("Save people")).await?;
    ada.panel_says("bob@northwind.example").await?;
    visit(&ada, "keys-panel-assigned").await?;
    bob.see(&row("ci-deploy")).await?;
    bob.open_key("ci-deploy").await?;
    visit(&bob, "keys-editor").await?;

    ada.click(&tab("Members")).await?;
    ada.click(&button("Change role… of Bob Roe")).await?;
    ada.see(&dialog("Change the role of Bob Roe")).await?;
    ada.click(&radio("Billing")).await?;
    visit(&ada, "role").await?;
    ada.click(&button("Change role")).await?;
    ada.gone(&dialog("Change the role of Bob Roe")).await?;
    bob.click(&tab("Members")).await?;
    bob.read("Your role is Billing").await?;
    visit(&bob, "members-no-admin").await?;
    ada.click(&button("Remove Bob Roe")).await?;
    ada.see(&dialog("Remove Bob Roe")).await?;
    visit(&ada, "remove-member").await?;
    ada.click(&button("Remove").within("dialog", "Remove Bob Roe"))
        .await?;
    ada.gone(&button("Change role… of Bob Roe")).await?;
    bob.read("you were removed, or left").await?;
    visit(&bob, "removed").await?;
    bob.quit().await?;
    ada.quit().await
}
