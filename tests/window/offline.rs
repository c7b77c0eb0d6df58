//! A server that goes away and comes back, and a copy that can't be read.

use desk::view::{KeyEditDraft, KeyText, SignIn};
use stories::outside::verify;
use stories::steps::{EMAIL, PASSWORD};
use stories::tour::damage;
use stories::{Failure, Outcome, Place, Sought, Window, button, dialog, field, heading, radio, row, tab};
use testkit::trouble::Gate;
use testkit::{TestDesk, TestServer, wait_for};

#[tokio::test(flavor = "multi_thread")]
async fn window_k13_a_folder_is_inspected_offline() -> Outcome {
    let mut server = TestServer::new().await;
    let place = Place::with_keychain().await?;
    let window = Window::open(&place).await?;
    window.sign_up_at(&server.url()).await?;
    let secret = window.create_key("ci-deploy", "").await?;
    window.in_force().await?;
    window.close_secret(&secret).await?;
    server.stop().await;
    window.badge_says("Offline since").await?;

    let folder = tempfile::tempdir()?;
    std::fs::create_dir(folder.path().join("src"))?;
    std::fs::write(
        folder.path().join("src/.env"),
        format!("# deploys\nKEY={secret}\n"),
    )?;
    std::fs::write(folder.path().join("readme"), "nothing")?;
    std::os::unix::fs::symlink(folder.path(), folder.path().join("src/up"))?;
    let found = window
        .inspect_folder(folder.path(), "1 found (1 working)")
        .await?;
    for words in [
        "in 2 files",
        "1 link passed over",
        "src/.env",
        "2:5",
        "it worked at the last sync",
    ] {
        assert!(found.contains(words), "{words}: {found}");
    }
    window.forgot(&secret).await?;
    window.click(&button("Revoke key")).await?;
    window.see(&dialog("Revoke ci-deploy")).await?;
    window
        .click(&button("Revoke key").within("dialog", "Revoke ci-deploy"))
        .await?;
    window.gone(&dialog("Revoke ci-deploy")).await?;
    window
        .read_in(&Sought::new("region", "Findings in files"), "not yet in force")
        .await?;
    window.badge_says("1 change waiting").await?;
    window.click(&button("Show key")).await?;
    window.panel_says("Revoked here, not yet in force").await?;
    window.quit().await
}

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
async fn window_k4_o2_o4_unplugged_edits_wait_and_a_conflict_is_decided() -> Outcome {
    let server = TestServer::new().await;
    let gate = Gate::before(server.address()).await;
    let place = Place::with_keychain().await?;
    let window = Window::open(&place).await?;
    window.sign_up_at(&gate.url()).await?;
    let secret = window.create_key("ci-deploy", "").await?;
    window.in_force().await?;
    window.close_secret(&secret).await?;
    // Somebody else of the same account, whose network stays.
    let other = TestDesk::new();
    let request = SignIn {
        url: server.url(),
        email: EMAIL.to_owned(),
        password: PASSWORD.to_owned(),
    };
    other.desk.sign_in(request).await?;
    other.wait_synced().await;

    gate.shut();
    window.badge_says("Offline since").await?;
    window.open_key("ci-deploy").await?;
    window.keys("e").await?;
    window.see(&dialog("Edit ci-deploy")).await?;
    window.fill(&field("Name"), "ci-laptop").await?;
    window.fill(&field("Description"), "written on the train").await?;
    window.click(&button("Save changes")).await?;
    window.gone(&dialog("Edit ci-deploy")).await?;
    window.panel_says("Edited here, not yet in force").await?;
    window.badge_says("1 change waiting").await?;
    window.quit().await?;
    let window = Window::open(&place).await?;
    window.read_in(&row("ci-laptop"), "edit not yet in force").await?;
    window.badge_says("1 change waiting").await?;

    let page = other.desk.list_keys(testkit::desk::all()).await?;
    let key = page
        .rows
        .iter()
        .find(|row| row.name == "ci-deploy")
        .map(|row| row.id);
    let key = key.ok_or_else(|| Failure::said("the other desk has no ci-deploy"))?;
    let text = |name: &str| KeyText {
        name: name.to_owned(),
        description: String::new(),
        requests_per_minute: None,
        people: Vec::new(),
        grants: Vec::new(),
    };
    let draft = KeyEditDraft {
        seen: text("ci-deploy"),
        made: text("ci-theirs"),
        notify_people: false,
    };
    other.desk.edit_key(key, draft).await?;
    other.wait_synced().await;
    gate.open();
    window.badge_says("1 change needs you").await?;
    window.read_in(&row("ci-theirs"), "needs your decision").await?;
    window.open_key("ci-theirs").await?;
    window
        .panel_says("Nothing is overwritten until you decide")
        .await?;
    window.click(&button("Decide…")).await?;
    window.see(&dialog("Decide on ci-deploy")).await?;
    window
        .read_in(&Sought::new("region", "Merged already"), "only you changed this")
        .await?;
    let complaints = window.complaints().await?;
    assert!(complaints.is_empty(), "{complaints:?}");
    window.click(&radio("Mine")).await?;
    window.click(&button("Decide")).await?;
    window.gone(&dialog("Decide on ci-deploy")).await?;
    window.see(&row("ci-laptop")).await?;
    window.badge_says("Synced").await?;
    let shown = wait_for("the other sees it", || async {
        let row = other.desk.key_detail(key).await.ok()?.row;
        (row.name == "ci-laptop").then_some(row)
    })
    .await;
    assert_eq!(shown.description, "written on the train");
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
