//! Keys of another system, brought by the hashes of their secrets: none is given out anew.

use std::fmt::Write as _;
use std::path::PathBuf;

use crypto::token::SecretHash;
use desk::ErrorCode;
use desk::view::{ImportCounts, Verdict};
use domain::key::KeyState;
use testkit::trouble::Gate;
use testkit::{TestDesk, TestServer};

use crate::terminal::{Terminal, on_thread};

fn secret(number: u32) -> String {
    format!("sk_live_{number:04}WqLp02Zx81Mn")
}

/// A file as a spreadsheet writes it, in the folder of the desk.
fn file(ada: &TestDesk, rows: impl IntoIterator<Item = (String, String)>) -> PathBuf {
    let mut text = "\u{FEFF}Name,SHA-256,Prefix,Last 4,Owner\r\n".to_owned();
    for (name, hash) in rows {
        write!(text, "\"{name}\",{hash},sk_live_,81Mn,mara\r\n").unwrap();
    }
    let path = ada.folder().join("keys.csv");
    std::fs::write(&path, text).unwrap();
    path
}

fn good(numbers: std::ops::Range<u32>) -> impl Iterator<Item = (String, String)> {
    numbers.map(|number| {
        let hash = SecretHash::of(&secret(number)).to_string();
        (format!("key {number}"), hash)
    })
}

const fn counts(imported: u32, known: u32, refused: u32) -> ImportCounts {
    ImportCounts {
        imported,
        known,
        refused,
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn import_of_another_system_is_looked_at_brought_and_recognised_offline() {
    let mut server = TestServer::new().await;
    let ada = TestDesk::new();
    ada.sign_up(&server.url()).await;
    let wrong = [
        ("twice".to_owned(), SecretHash::of(&secret(0)).to_string()),
        ("plain".to_owned(), secret(7)),
        (String::new(), SecretHash::of(&secret(8)).to_string()),
    ];
    let path = file(&ada, good(0..5).chain(wrong));

    let preview = ada.desk.read_import(path.clone()).await.unwrap();
    assert_eq!(preview.counts, counts(5, 0, 3));
    assert_eq!(
        (preview.ignored, preview.unasked),
        (vec!["Owner".to_owned()], None)
    );
    let said: Vec<String> = preview
        .rows
        .iter()
        .flat_map(|row| row.problems.iter().map(|problem| (row.line, problem)))
        .map(|(line, problem)| format!("{line} {}: {}", problem.column.as_str(), problem.message))
        .collect();
    assert_eq!(
        (said[0].as_str(), said[2].as_str(), said.len()),
        (
            "7 hash: Line 2 has the same hash.",
            "9 name: The key's name is empty; write something.",
            3
        )
    );
    assert!(
        !format!("{:?}", preview.rows).contains(&secret(7)),
        "no cell of a hash is shown"
    );
    assert!(!server.verify(&secret(3)).await.0, "looking writes nothing");

    let mut told = Vec::new();
    let report = ada
        .desk
        .start_import(|progress| told.push((progress.done, progress.total)))
        .await
        .unwrap();
    assert_eq!((report.counts, report.left), (counts(5, 0, 3), 0));
    assert_eq!(told, [(0, 5), (5, 5)]);
    assert_eq!(server.verify(&secret(3)).await, (true, None));
    ada.wait_synced().await;
    assert!(ada.names().await.contains(&"key 3".to_owned()));

    // The same file again: known, already before the server is asked.
    server.stop().await;
    ada.desk.sync_now().await.unwrap();
    let again = ada.desk.read_import(path).await.unwrap();
    assert_eq!(again.counts, counts(0, 5, 3));
    // A string of another form is recognised by its hash, with the network unplugged.
    let text = format!("Authorization: Bearer {}\n", secret(3));
    let inspected = ada.desk.inspect(text).await.unwrap();
    let finding = &inspected.findings[0];
    assert!(finding.foreign && finding.verdict == Verdict::Known);
    assert_eq!(
        (finding.masked.as_str(), finding.offset),
        ("sk_live_••••••••81Mn", 22)
    );
    let key = finding.key.as_ref().unwrap();
    assert_eq!(
        (key.row.name.as_str(), key.row.state),
        ("key 3", KeyState::Active)
    );
    assert_eq!(
        (key.row.prefix.as_str(), key.row.last_four.as_str()),
        ("sk_live_", "81Mn")
    );
    let nobody = ada.desk.inspect(secret(99)).await.unwrap();
    assert!(nobody.findings.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn import_that_is_cut_goes_on_with_the_same_file() {
    let server = TestServer::new().await;
    let gate = Gate::before(server.address()).await;
    let ada = TestDesk::new();
    ada.sign_up(&gate.url()).await;
    let path = file(&ada, good(0..450));
    ada.desk.read_import(path.clone()).await.unwrap();

    // The network goes away after the first rows: what was answered stays.
    let report = ada
        .desk
        .start_import(|progress| {
            if progress.done > 0 {
                gate.shut();
            }
        })
        .await
        .unwrap();
    assert_eq!((report.counts.imported, report.left), (200, 250));
    assert!(report.stopped.is_some() && !report.cancelled);
    assert_eq!(
        server.number("SELECT COUNT(*) FROM secret WHERE imported").await,
        200
    );

    // Offline the file can be looked at, and bringing it says that the server is away.
    let preview = ada.desk.read_import(path.clone()).await.unwrap();
    assert!(preview.unasked.is_some());
    let away = ada.desk.start_import(|_| {}).await.unwrap_err();
    assert_eq!(away.code(), ErrorCode::Offline);

    gate.open();
    let preview = ada.desk.read_import(path.clone()).await.unwrap();
    assert_eq!(preview.counts, counts(250, 200, 0));
    let cancelling = ada.desk.clone();
    let report = ada
        .desk
        .start_import(move |progress| {
            if progress.done > 0 {
                cancelling.cancel_import();
            }
        })
        .await
        .unwrap();
    assert!(report.cancelled);
    assert_eq!((report.counts.imported, report.left), (200, 50));

    // The answers get lost on their way: the same question is asked again and makes nothing twice.
    ada.desk.read_import(path).await.unwrap();
    gate.shut_after(10);
    let opening = async {
        testkit::wait_for("the server has written them", || async {
            let count = server.number("SELECT COUNT(*) FROM secret WHERE imported").await;
            (count == 450).then_some(())
        })
        .await;
        gate.open();
    };
    let (report, ()) = tokio::join!(ada.desk.start_import(|_| {}), opening);
    assert_eq!(report.unwrap().counts, counts(50, 400, 0));
    assert_eq!(
        server.number("SELECT COUNT(*) FROM secret WHERE imported").await,
        450
    );
    assert_eq!(
        server
            .number("SELECT COUNT(*) FROM activity WHERE type = 'keys_imported'")
            .await,
        3
    );
    for number in [0, 199, 200, 449] {
        assert_eq!(server.verify(&secret(number)).await, (true, None));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn import_for_who_may_not_and_of_what_is_no_file() {
    let server = TestServer::new().await;
    let ada = TestDesk::new();
    ada.sign_up(&server.url()).await;
    for (name, text, sentence) in [
        ("a.csv", "name,sum\na,b\n", "the file has no column hash"),
        ("b.json", "{\"keys\": 1}", "the JSON has to be a list"),
        ("c.csv", "", "the file is empty"),
    ] {
        let path = ada.folder().join(name);
        std::fs::write(&path, text).unwrap();
        let error = ada.desk.read_import(path).await.unwrap_err();
        assert_eq!(
            (error.code(), error.field()),
            (ErrorCode::InvalidInput, Some("file"))
        );
        assert!(error.to_string().starts_with(sentence), "{error}");
    }
    let big = ada.folder().join("big.csv");
    std::fs::write(&big, vec![b'x'; 8 * 1_024 * 1_024 + 1]).unwrap();
    let error = ada.desk.read_import(big).await.unwrap_err();
    assert!(error.to_string().contains("8 MiB"), "{error}");
    assert!(ada.desk.read_import(ada.folder().to_owned()).await.is_err());
    assert_eq!(
        ada.desk.start_import(|_| {}).await.unwrap_err().code(),
        ErrorCode::NotFound
    );
    server.change_role(domain::role::Role::Viewer).await;
    ada.desk.sync_now().await.unwrap();
    ada.desk.sync_now().await.unwrap();
    let path = file(&ada, good(0..1));
    assert_eq!(
        ada.desk.read_import(path).await.unwrap_err().code(),
        ErrorCode::Refused
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn import_in_a_terminal() {
    let server = TestServer::new().await;
    let url = server.url();
    on_thread(move || {
        let terminal = Terminal::new();
        let connect = terminal.sign_up_as_bob(&url);
        let connect: Vec<&str> = connect.iter().map(String::as_str).collect();
        terminal.json(&connect, "");
        let path = terminal.home().join("keys.json");
        let rows: Vec<_> = good(0..3)
            .map(|(name, hash)| serde_json::json!({ "name": name, "hash": hash }))
            .collect();
        std::fs::write(&path, serde_json::to_string(&rows).unwrap()).unwrap();
        let path = path.to_str().unwrap();
        let (code, said) = terminal.code(&["keys", "import", path, "--dry-run"], "");
        assert_eq!(code, Some(0), "{said}");
        let report = terminal.json(&["keys", "import", path], "");
        assert_eq!(report["counts"]["imported"], 3);
        let list = terminal.json(&["keys", "list", "--offline"], "");
        assert_eq!(list["total"], 4);

        let bad = terminal.home().join("bad.csv");
        std::fs::write(&bad, "name,hash\nkey 0,nothing\n").unwrap();
        let (code, said) = terminal.code(&["keys", "import", bad.to_str().unwrap()], "");
        assert_eq!(code, Some(11), "{said}");
        let (code, said) = terminal.code(&["keys", "import", path, "--offline"], "");
        assert_eq!(code, Some(4), "{said}");
        let (code, said) = terminal.code(&["keys", "import", "/nowhere.csv"], "");
        assert_eq!(code, Some(2), "{said}");
        let found = terminal.json(&["inspect", "-"], &secret(1));
        assert_eq!(found["findings"][0]["key"]["row"]["name"], "key 1");
    })
    .await;
    assert_eq!(server.verify(&secret(2)).await, (true, None));
}
