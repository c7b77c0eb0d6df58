//! Keys that expire soon, and keys that nobody uses (K16): known offline, told once.

use std::sync::Arc;

use desk::KeyQuery;
use desk::view::{KeyDraft, Stop};
use domain::clock::Clock as _;
use domain::id::KeyId;
use server::system::SystemClock;
use testkit::{Notices, TestDesk, TestServer};

use crate::terminal::{Terminal, on_thread};

async fn expiring(ada: &TestDesk, name: &str, in_seconds: i64) -> KeyId {
    let draft = KeyDraft {
        expires_at: Some(SystemClock.now().plus_seconds(in_seconds)),
        ..testkit::desk::draft(name)
    };
    ada.desk.create_key(draft).await.unwrap().key_id
}

fn shown(ada: &TestDesk) -> Vec<String> {
    match &mut *ada.notices.lock().unwrap() {
        Notices::Shown(shown) => std::mem::take(shown),
        Notices::Refused => Vec::new(),
    }
}

const DAY: i64 = 86_400;

#[tokio::test(flavor = "multi_thread")]
async fn k16_a_key_is_told_once_for_each_threshold_also_offline() {
    let mut server = TestServer::new().await;
    let ada = TestDesk::new();
    ada.sign_up(&server.url()).await;
    let soon = expiring(&ada, "soon", 6 * DAY + 60).await;
    expiring(&ada, "later", 29 * DAY).await;
    expiring(&ada, "far", 40 * DAY).await;
    ada.wait_synced().await;
    server.stop().await;
    ada.desk.sync_now().await.unwrap();

    let radar = ada.desk.expiry_radar().await.unwrap();
    let listed: Vec<(&str, u32)> = radar
        .keys
        .iter()
        .map(|key| (key.row.name.as_str(), key.within_days))
        .collect();
    assert_eq!(listed, [("soon", 7), ("later", 30)]);
    assert!(radar.keys[0].rotate.allowed);
    assert_eq!(ada.desk.tell_expiring().await.unwrap(), 2);
    let told = shown(&ada);
    assert!(
        told[0].starts_with("soon expires in 6 days: A key of Northwind Routing."),
        "{told:?}"
    );
    assert!(
        told[1].starts_with("later expires in 28 days") || told[1].starts_with("later expires in 29 days")
    );
    assert_eq!(ada.desk.tell_expiring().await.unwrap(), 0);

    // Neither is told again by the next start.
    let ada = ada.restart().await;
    let last = ada.desk.last_used().unwrap();
    ada.desk.open_connection(last).await.unwrap();
    assert_eq!(ada.desk.tell_expiring().await.unwrap(), 0);
    assert!(shown(&ada).is_empty());

    // What nobody could be shown is told as soon as somebody can.
    let sooner = expiring(&ada, "sooner", 3_600).await;
    *ada.notices.lock().unwrap() = Notices::Refused;
    assert!(ada.desk.tell_expiring().await.is_err());
    *ada.notices.lock().unwrap() = Notices::Shown(Vec::new());
    assert_eq!(ada.desk.tell_expiring().await.unwrap(), 1);
    assert!(shown(&ada)[0].starts_with("sooner expires in"));
    assert_ne!(soon, sooner);
}

#[tokio::test(flavor = "multi_thread")]
async fn k16_many_are_told_with_one_notice_and_what_ended_with_none() {
    let server = TestServer::new().await;
    let ada = TestDesk::new();
    ada.sign_up(&server.url()).await;
    for number in 0..5 {
        expiring(&ada, &format!("key {number}"), (number + 2) * DAY).await;
    }
    let ended = expiring(&ada, "ended", DAY).await;
    ada.wait_synced().await;
    ada.desk.revoke_key(ended, None).await.unwrap();
    ada.wait_synced().await;
    assert_eq!(ada.desk.tell_expiring().await.unwrap(), 1);
    let told = shown(&ada);
    assert!(
        told[0].starts_with("5 keys of Northwind Routing expire soon: The first in")
            && told[0].ends_with("key 0, key 1, key 2 and 2 more."),
        "{told:?}"
    );
    // A key that is paused expires all the same.
    let radar = ada.desk.expiry_radar().await.unwrap();
    ada.desk
        .stop_key(radar.keys[0].row.id, Stop::Pause)
        .await
        .unwrap();
    ada.wait_synced().await;
    assert_eq!(ada.desk.expiry_radar().await.unwrap().total, 5);
}

#[tokio::test(flavor = "multi_thread")]
async fn k16_each_threshold_is_told_as_time_goes_by() {
    let server = TestServer::new().await;
    let clock = Arc::new(testkit::TestClock::default());
    // The server checks an expiry by its own clock.
    clock.advance_seconds(SystemClock.now().micros_since(clock.now()) / 1_000_000);
    let keychain = testkit::desk::TestKeychain::Memory(Arc::default());
    let ada = TestDesk::at(clock.clone(), keychain);
    ada.sign_up(&server.url()).await;
    expiring(&ada, "ci", 31 * DAY).await;
    ada.wait_synced().await;
    // Each look comes a little after a whole day.
    clock.advance_seconds(60);
    let mut days_told = Vec::new();
    for day in 1..=31 {
        clock.advance_seconds(DAY);
        for notice in ada.desk.tell_expiring().await.map(|_| shown(&ada)).unwrap() {
            days_told.push((31 - day, notice.split(':').next().unwrap().to_owned()));
        }
    }
    let days: Vec<i64> = days_told.iter().map(|(left, _)| *left).collect();
    assert_eq!(days, [30, 14, 7, 1], "{days_told:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn k16_keys_that_nobody_uses_are_listed() {
    let server = TestServer::new().await;
    let ada = TestDesk::new();
    ada.sign_up(&server.url()).await;
    ada.create("old").await;
    let (used, _) = ada.create("used").await;
    ada.create("new").await;
    ada.wait_synced().await;
    server
        .execute(
            "UPDATE secret SET created_at = created_at - 8640000000000 WHERE key_id IN \
             (SELECT id FROM key WHERE name IN ('old', 'used'))",
        )
        .await;
    server
        .execute("UPDATE key SET created_at = created_at - 8640000000000 WHERE name IN ('old', 'used')")
        .await;
    assert!(server.verify(&used).await.0);
    // A desk that comes later copies what is there now.
    let url = server.url();
    let bob = TestDesk::new();
    bob.desk
        .sign_in(desk::view::SignIn {
            url,
            email: "ada@northwind.example".to_owned(),
            password: testkit::desk::PASSWORD.to_owned(),
        })
        .await
        .unwrap();
    bob.wait_synced().await;
    testkit::wait_for("the use is told", || async {
        let query = KeyQuery {
            unused_for_days: Some(90),
            ..testkit::desk::all()
        };
        let page = bob.desk.list_keys(query).await.ok()?;
        let names: Vec<String> = page.rows.into_iter().map(|row| row.name).collect();
        (names == ["old"] && page.counts.unused == 1).then_some(())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn k16_keys_that_nobody_uses_in_a_terminal() {
    let server = TestServer::new().await;
    let url = server.url();
    on_thread(move || {
        let terminal = Terminal::new();
        let connect = terminal.sign_up_as_bob(&url);
        let connect: Vec<&str> = connect.iter().map(String::as_str).collect();
        terminal.json(&connect, "");
        let none = terminal.json(&["keys", "list", "--unused-for", "90"], "");
        assert_eq!(none["total"], 0);
        let (code, said) = terminal.code(&["keys", "list", "--unused-for", "0"], "");
        assert_eq!(code, Some(2), "{said}");
    })
    .await;
}
