//! Limits of keys (K14) at desks and in a terminal: made, edited offline, merged, decided, and held by the server.

use desk::view::{EditField, KeyDraft, KeyEditDraft, KeyText, SignIn};
use domain::id::KeyId;
use testkit::desk::{PASSWORD, draft};
use testkit::trouble::Gate;
use testkit::{TestDesk, TestServer, wait_for};

use crate::terminal::{Terminal, on_thread};

async fn text_of(desk: &TestDesk, key: KeyId) -> KeyText {
    let row = desk.desk.key_detail(key).await.unwrap().row;
    KeyText {
        name: row.name,
        description: row.description,
        requests_per_minute: row.requests_per_minute,
        people: Vec::new(),
        grants: row.grants,
    }
}

async fn edit(desk: &TestDesk, key: KeyId, change: impl FnOnce(&mut KeyText)) {
    let seen = text_of(desk, key).await;
    let mut made = seen.clone();
    change(&mut made);
    desk.desk
        .edit_key(key, KeyEditDraft::of(seen, made))
        .await
        .unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn k14_a_limit_is_made_and_edited_offline_and_merged_like_any_field() {
    let server = TestServer::new().await;
    let ada = TestDesk::new();
    ada.sign_up(&server.url()).await;
    let gate = Gate::before(server.address()).await;
    let laptop = TestDesk::new();
    let sign_in = SignIn {
        url: gate.url(),
        email: "ada@northwind.example".to_owned(),
        password: PASSWORD.to_owned(),
    };
    laptop.desk.sign_in(sign_in).await.unwrap();
    laptop.wait_synced().await;

    // Made offline, edited before anything was sent: made as it is wanted last.
    gate.shut();
    laptop.wait_offline().await;
    let limited = KeyDraft {
        requests_per_minute: Some(60),
        ..draft("limited")
    };
    let made = laptop.desk.create_key(limited).await.unwrap();
    let (key, secret) = (
        made.key_id,
        format!("{}{}{}", made.prefix, made.body, made.checksum),
    );
    edit(&laptop, key, |text| text.requests_per_minute = Some(2)).await;
    assert_eq!(laptop.desk.list_pending().await.unwrap().len(), 1);
    gate.open();
    laptop.desk.sync_now().await.unwrap();
    laptop.wait_synced().await;
    assert_eq!(server.verify(&secret).await, (true, None));
    assert_eq!(server.verify(&secret).await, (true, None));
    assert_eq!(
        server.verify(&secret).await,
        (false, Some("rate_limited".to_owned()))
    );

    // One renames, the other takes the limit away: both hold.
    ada.desk.sync_now().await.unwrap();
    gate.shut();
    laptop.wait_offline().await;
    edit(&laptop, key, |text| text.name = "renamed".to_owned()).await;
    edit(&ada, key, |text| text.requests_per_minute = None).await;
    ada.wait_synced().await;
    gate.open();
    laptop.desk.sync_now().await.unwrap();
    laptop.wait_synced().await;
    let merged = text_of(&laptop, key).await;
    assert_eq!(
        (merged.name.as_str(), merged.requests_per_minute),
        ("renamed", None)
    );
    assert_eq!(server.verify(&secret).await, (true, None));

    // Both set it: its author decides.
    ada.desk.sync_now().await.unwrap();
    gate.shut();
    laptop.wait_offline().await;
    edit(&laptop, key, |text| text.requests_per_minute = Some(10)).await;
    edit(&ada, key, |text| text.requests_per_minute = Some(20)).await;
    ada.wait_synced().await;
    gate.open();
    laptop.desk.sync_now().await.unwrap();
    let change = wait_for("a conflict", || async {
        laptop.desk.list_pending().await.unwrap().pop().filter(|change| {
            change
                .edit
                .as_ref()
                .is_some_and(|edit| edit.conflicts == [EditField::RequestsPerMinute])
        })
    })
    .await;
    let of = change.edit.unwrap();
    let decided = KeyEditDraft {
        seen: of.theirs.unwrap(),
        made: of.mine,
        notify_people: false,
    };
    laptop
        .desk
        .decide_edit(change.operation_id, decided)
        .await
        .unwrap();
    laptop.wait_synced().await;
    assert_eq!(text_of(&laptop, key).await.requests_per_minute, Some(10));
}

#[tokio::test(flavor = "multi_thread")]
async fn k14_a_limit_in_a_terminal() {
    let server = TestServer::new().await;
    let url = server.url();
    let secret = on_thread(move || {
        let terminal = Terminal::new();
        let connect = terminal.sign_up_as_bob(&url);
        let connect: Vec<&str> = connect.iter().map(String::as_str).collect();
        terminal.json(&connect, "");
        let made = terminal.json(&["keys", "create", "ci", "--limit", "1"], "");
        assert_eq!(made["key"]["row"]["requestsPerMinute"], 1);
        let (code, said) = terminal.code(&["keys", "edit", "ci", "--limit", "0"], "");
        assert_eq!(code, Some(2), "{said}");
        assert!(said.contains("from 1 to 1000000"), "{said}");
        let (_, said) = terminal.code(&["keys", "edit", "ci", "--limit", "9", "--no-limit"], "");
        assert!(said.contains("cannot be used with"), "{said}");
        let edited = terminal.json(&["keys", "edit", "ci", "--limit", "1200"], "");
        assert_eq!(edited["row"]["requestsPerMinute"], 1_200);
        let shown = terminal.run(&["keys", "show", "ci"], "");
        let shown = String::from_utf8(shown.stdout).unwrap();
        assert!(shown.contains("Limit      1200 requests a minute"), "{shown}");
        let edited = terminal.json(&["keys", "edit", "ci", "--name", "renamed"], "");
        assert_eq!(edited["row"]["requestsPerMinute"], 1_200, "left out, it stays");
        let edited = terminal.json(&["keys", "edit", "renamed", "--no-limit"], "");
        assert_eq!(edited["row"]["requestsPerMinute"], serde_json::Value::Null);
        made["secret"].as_str().unwrap().to_owned()
    })
    .await;
    for _ in 0..3 {
        assert_eq!(server.verify(&secret).await, (true, None));
    }
}
