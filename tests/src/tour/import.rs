//! Keys that come from elsewhere, and keys whose end is near.

use desk::view::{KeyDraft, SignIn};
use domain::clock::Clock as _;
use testkit::{TestDesk, TestServer};

use crate::failure::Outcome;
use crate::outside::verify;
use crate::page::{alert, button, dialog, field, radio};
use crate::place::Place;
use crate::steps::{EMAIL, PASSWORD};
use crate::window::Window;

/// Keys of another system, the first request with one, and keys that expire soon.
///
/// # Errors
/// The first step that did not happen.
pub async fn import(visit: &mut impl AsyncFnMut(&Window, &str) -> Outcome) -> Outcome {
    let server = TestServer::new().await;
    let place = Place::with_keychain().await?;
    let window = Window::open(&place).await?;
    window.sign_up_at(&server.url()).await?;
    window.click(&button("Import…")).await?;
    window.see(&dialog("Import keys")).await?;
    visit(&window, "import").await?;
    let path = place.data().join("keys.csv");
    let mut text = "name,hash,prefix,last four,owner\n".to_owned();
    for name in ["billing", "search", "webhooks"] {
        let hash = crypto::token::SecretHash::of(&format!("sk_live_{name}-0123456789"));
        text.push_str(&format!("{name},{hash},sk_live_,6789,mara\n"));
    }
    text.push_str("staging,not-a-hash,sk_test_,,mara\n");
    std::fs::write(&path, text)?;
    let field_of_path = field("Or the path of the file");
    window.fill(&field_of_path, "/nowhere.csv").await?;
    window.click(&button("Look at it")).await?;
    window.read_in(&alert(), "nowhere").await?;
    visit(&window, "import-unread").await?;
    window.fill(&field_of_path, &path.display().to_string()).await?;
    window.click(&button("Look at it")).await?;
    window.see(&button("Import 3 keys")).await?;
    visit(&window, "import-preview").await?;
    window.click(&button("Import 3 keys")).await?;
    window.read("3 keys imported").await?;
    visit(&window, "import-done").await?;
    window
        .click(&button("Close").within("dialog", "Import keys"))
        .await?;
    window.open_key("billing").await?;
    visit(&window, "keys-imported").await?;
    verify(&server.url(), "sk_live_billing-0123456789").await?;
    window.click(&button("First request…")).await?;
    window.see(&dialog("First request")).await?;
    visit(&window, "first-request").await?;
    window.click(&radio("Python")).await?;
    visit(&window, "first-request-python").await?;
    window
        .click(&button("Close").within("dialog", "First request"))
        .await?;

    let other = TestDesk::new();
    let request = SignIn {
        url: server.url(),
        email: EMAIL.to_owned(),
        password: PASSWORD.to_owned(),
    };
    other.desk.sign_in(request).await?;
    other.wait_synced().await;
    for (name, days) in [("ci-deploy", 5), ("nightly", 12)] {
        let now = server::system::SystemClock.now();
        let draft = KeyDraft {
            expires_at: Some(now.plus_days(days)),
            ..testkit::desk::draft(name)
        };
        other.desk.create_key(draft).await?;
    }
    other.wait_synced().await;
    window.see(&button("Show expiring keys")).await?;
    visit(&window, "keys-expiring").await?;
    window.click(&button("Show expiring keys")).await?;
    window.see(&dialog("Keys that expire soon")).await?;
    visit(&window, "expiring").await?;
    window.quit().await
}
