//! What is done with secrets stands in the record, also when it was done without the network (K17).

use domain::id::SecretId;
use serde_json::Value;
use testkit::server::Kind;
use testkit::{TestDesk, TestServer, wait_for};

use crate::terminal::{Terminal, on_thread};

const TRACES: &str = "SELECT json FROM activity WHERE type = 'secret_handled' ORDER BY sequence";

async fn handled(server: &TestServer) -> Vec<(String, String)> {
    server
        .texts(TRACES)
        .await
        .iter()
        .map(|text| {
            let json: Value = serde_json::from_str(text).unwrap();
            let event = &json["event"];
            (
                event["handling"].as_str().unwrap().to_owned(),
                event["name"].as_str().unwrap().to_owned(),
            )
        })
        .collect()
}

fn pair(handling: &str, name: &str) -> (String, String) {
    (handling.to_owned(), name.to_owned())
}

async fn told_once_when_back(kind: Kind) {
    let Some(mut server) = TestServer::on(kind).await else {
        return;
    };
    let ada = TestDesk::new();
    ada.sign_up(&server.url()).await;
    let made = ada
        .desk
        .create_key(testkit::desk::draft("ci-deploy"))
        .await
        .unwrap();
    ada.wait_synced().await;
    server.stop().await;
    ada.desk.reveal_secret(made.secret_id).await.unwrap();
    ada.desk.save_secret(made.secret_id).await.unwrap();
    ada.desk.secret_to_use(made.key_id).await.unwrap();
    // Of a key the server does not know yet: told after it.
    let offline = ada
        .desk
        .create_key(testkit::desk::draft("made offline"))
        .await
        .unwrap();
    ada.desk.save_secret(offline.secret_id).await.unwrap();
    let before = server::system::SystemClock;
    let back_at = domain::clock::Clock::now(&before);

    // It survives the end of the program.
    let ada = ada.restart().await;
    let last = ada.desk.last_used().unwrap();
    ada.desk.open_connection(last).await.unwrap();
    server.start().await;
    let all = [
        pair("revealed", "ci-deploy"),
        pair("saved", "ci-deploy"),
        pair("given_to_command", "ci-deploy"),
        pair("saved", "made offline"),
    ];
    wait_for("the traces stand in the record", || async {
        ada.desk.sync_now().await.ok()?;
        (handled(&server).await.len() >= all.len()).then_some(())
    })
    .await;
    assert_eq!(handled(&server).await, all);
    // With the moment at which it was done, and once however often it is synced.
    for text in server.texts(TRACES).await {
        let json: Value = serde_json::from_str(&text).unwrap();
        let done_at: domain::clock::Timestamp = json["event"]["done_at"].as_str().unwrap().parse().unwrap();
        assert!(done_at <= back_at, "{text}");
    }
    for _ in 0..3 {
        ada.desk.sync_now().await.unwrap();
    }
    assert_eq!(handled(&server).await, all);
    // What can't be had leaves no trace.
    let nobodys: SecretId = "sec_0198f3c25d3c7a1e8b4f6d2a9c0e5b71".parse().unwrap();
    assert!(ada.desk.save_secret(nobodys).await.is_err());
    ada.desk.sync_now().await.unwrap();
    assert_eq!(handled(&server).await.len(), all.len());
}

#[tokio::test(flavor = "multi_thread")]
async fn k17_what_is_done_with_a_secret_offline_is_told_once_sqlite() {
    told_once_when_back(Kind::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn k17_what_is_done_with_a_secret_offline_is_told_once_postgres() {
    told_once_when_back(Kind::Postgres).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn k17_each_run_of_a_command_stands_in_the_record() {
    let server = TestServer::new().await;
    let url = server.url();
    let terminal = on_thread(move || {
        let terminal = Terminal::new();
        let words = terminal.sign_up_as_bob(&url);
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        terminal.json(&words, "");
        terminal.json(&["keys", "create", "ci-deploy"], "");
        for _ in 0..2 {
            let (code, said) = terminal.code(&["run", "--key", "ci-deploy", "--", "true"], "");
            assert_eq!(code, Some(0), "{said}");
        }
        let (code, _) = terminal.code(&["--offline", "run", "--key", "ci-deploy", "--", "true"], "");
        assert_eq!(code, Some(0));
        terminal
    })
    .await;
    // What was run offline is told by the next command that asks the server.
    on_thread(move || terminal.json(&["keys", "list"], "")).await;
    assert_eq!(
        handled(&server).await,
        vec![pair("given_to_command", "ci-deploy"); 3]
    );
}
