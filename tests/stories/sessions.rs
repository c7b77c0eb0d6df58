//! Sessions of an account (P1): seen on one desktop, and ended from it.

use desk::view::{SignIn, SyncState};
use testkit::desk::PASSWORD;
use testkit::{TestDesk, TestServer, wait_for};

use crate::terminal::{Terminal, on_thread};

#[tokio::test(flavor = "multi_thread")]
async fn p1_a_lost_computer_is_signed_out_from_another() {
    let server = TestServer::new().await;
    let (laptop, lost) = (TestDesk::new(), TestDesk::new());
    laptop.sign_up(&server.url()).await;
    let key = laptop.create("ci").await;
    laptop.wait_synced().await;
    let sign_in = SignIn {
        url: server.url(),
        email: "ada@northwind.example".to_owned(),
        password: PASSWORD.to_owned(),
    };
    lost.desk.sign_in(sign_in).await.unwrap();
    lost.wait_synced().await;

    let account = laptop.desk.account_overview().await.unwrap();
    assert!(!account.from_copy);
    assert_eq!((account.username.as_str(), account.memberships.len()), ("ada", 1));
    assert_eq!(account.sessions.len(), 2);
    assert_eq!(account.sessions[0].is_this, Some(true), "this one comes first");
    assert_eq!(account.sessions[1].address.as_deref(), Some("127.0.0.1"));

    laptop
        .desk
        .end_sessions(Some(account.sessions[1].id))
        .await
        .unwrap();
    wait_for("the lost one to be signed out", || async {
        let status = lost.desk.sync_status().await.ok()?;
        (status.state == SyncState::SignedOut).then_some(())
    })
    .await;
    // It keeps its copy, and says from it what it knows.
    let there = lost.desk.account_overview().await.unwrap();
    assert!(there.from_copy && there.sessions.iter().all(|session| session.is_this.is_none()));
    lost.desk.key_detail(key.1).await.unwrap();
    assert_eq!(laptop.desk.account_overview().await.unwrap().sessions.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn p1_a_terminal_lists_sessions_and_ends_the_others() {
    let server = TestServer::new().await;
    let url = server.url();
    on_thread(move || {
        let terminal = Terminal::new();
        let connect = terminal.sign_up_as_bob(&url);
        let connect: Vec<&str> = connect.iter().map(String::as_str).collect();
        terminal.json(&connect, "");
        let account = terminal.json(&["account"], "");
        assert_eq!(account["sessions"][0]["isThis"], true);
        let shown = terminal.run(&["account"], "");
        assert!(String::from_utf8(shown.stdout).unwrap().contains("this one"));
        let left = terminal.json(&["account", "end-others"], "");
        assert_eq!(left["sessions"].as_array().unwrap().len(), 1);
        assert_eq!(terminal.code(&["account", "end-session", "x"], "").0, Some(2));
        let offline = terminal.json(&["--offline", "account"], "");
        assert_eq!(offline["fromCopy"], true);
    })
    .await;
}
