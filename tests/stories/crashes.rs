//! The program dies, the disk is full, the clock is wrong: nothing is lost, nothing is done twice (O2, O3).

use std::os::unix::process::ExitStatusExt as _;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use desk::OutboxState;
use desk::view::{KeyEditDraft, KeyText, SignIn};
use domain::clock::{Clock, Timestamp};
use keychain::MemoryKeychain;
use serde_json::Value;
use server::system::SystemClock;
use store::Kind;
use store::testing::Database;
use testkit::desk::{PASSWORD, TestKeychain, draft as draft_of};
use testkit::{TestDesk, TestServer, wait_for};

use crate::terminal::{Terminal, on_thread, program};

const SIGKILL: i32 = 9;
/// Where making a key can die before it is in the outbox: then it was never made, and nobody was told otherwise.
const BEFORE_IT_IS_WANTED: [&str; 2] = ["create.minted", "create.kept"];
/// Where it can die after that: then it is made, once.
const AFTER: [&str; 7] = [
    "create.wanted",
    "push.chosen",
    "push.marked",
    "push.answered",
    "push.confirmed",
    "pull.answered",
    "pull.applied",
];

fn names(list: &Value) -> Vec<&str> {
    list["rows"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| row["name"].as_str().unwrap())
        .collect()
}

async fn a_terminal(server: &TestServer) -> Terminal {
    let url = server.url();
    on_thread(move || {
        let terminal = Terminal::new();
        let connect = terminal.sign_up_as_bob(&url);
        let connect: Vec<&str> = connect.iter().map(String::as_str).collect();
        terminal.json(&connect, "");
        terminal
    })
    .await
}

/// SIGKILL at every step of making a key, with the real keychain: started again, the program ends what was begun.
#[tokio::test(flavor = "multi_thread")]
async fn k3_o2_killed_at_any_step_a_key_is_made_once_or_not_at_all() {
    let server = TestServer::new().await;
    let terminal = a_terminal(&server).await;
    let terminal = on_thread(move || {
        for at in BEFORE_IT_IS_WANTED.into_iter().chain(AFTER) {
            let died = terminal.run_with(
                &["keys", "create", at],
                "",
                &[("FAILPOINTS", &format!("{at}=return"))],
            );
            if at.starts_with("pull") {
                // The first pull of a new start reads nothing; see below.
                continue;
            }
            assert_eq!(died.status.signal(), Some(SIGKILL), "{at}");
            assert!(died.stdout.is_empty(), "{at}: no secret was given out");
            let again = terminal.json(&["status"], "");
            assert_eq!(
                again["pending"],
                Value::Array(vec![]),
                "{at}: what was begun is ended"
            );
        }
        let list = terminal.json(&["keys", "list"], "");
        let mut made: Vec<&str> = names(&list)
            .into_iter()
            .filter(|name| name.contains('.'))
            .collect();
        made.retain(|name| !name.starts_with("pull"));
        made.sort_unstable();
        let mut wanted: Vec<&str> = AFTER
            .into_iter()
            .filter(|name| !name.starts_with("pull"))
            .collect();
        wanted.sort_unstable();
        assert_eq!(made, wanted);
        terminal
    })
    .await;
    let made = "SELECT COUNT(*) FROM activity WHERE type = 'key_created'";
    let recorded = server.number(made).await;
    let listed = on_thread(move || terminal.json(&["keys", "list"], "")["total"].as_i64().unwrap()).await;
    assert_eq!(listed, recorded + 1, "each once, and the free key");
}

/// SIGKILL at every step of editing, rotating and revoking: what was meant is in force once, and the copy is whole.
#[tokio::test(flavor = "multi_thread")]
async fn k4_k7_k9_o2_killed_at_any_step_an_edit_a_rotation_and_a_revocation_are_done_once() {
    let server = TestServer::new().await;
    let terminal = a_terminal(&server).await;
    let points = ["push.chosen", "push.marked", "push.answered", "push.confirmed"];
    on_thread(move || {
        terminal.json(&["keys", "create", "ci"], "");
        let id = terminal.json(&["keys", "show", "ci"], "")["row"]["id"]
            .as_str()
            .unwrap()
            .to_owned();
        for at in points {
            let die = format!("{at}=return");
            let died = terminal.run_with(&["keys", "edit", &id, "--name", at], "", &[("FAILPOINTS", &die)]);
            assert_eq!(died.status.signal(), Some(SIGKILL), "{at}");
            let shown = terminal.json(&["keys", "show", &id], "");
            assert_eq!(
                (&shown["row"]["name"], &shown["row"]["pending"]),
                (&Value::from(at), &Value::Null)
            );
        }
        for at in ["create.minted", "create.kept"].into_iter().chain(points) {
            let name = format!("rotated {at}");
            terminal.json(&["keys", "create", &name], "");
            let die = format!("{at}=return");
            let died = terminal.run_with(
                &["keys", "rotate", &name, "--in-place"],
                "",
                &[("FAILPOINTS", &die)],
            );
            assert_eq!(died.status.signal(), Some(SIGKILL), "{at}");
            assert!(died.stdout.is_empty(), "{at}: no secret was given out");
            let shown = terminal.json(&["keys", "show", &name], "");
            // Before it is wanted it is not begun; after that it is ended, once, and its secret is here.
            let begun = usize::from(!at.starts_with("create"));
            let secrets = shown["secrets"].as_array().unwrap();
            assert_eq!(secrets.len(), 1 + begun, "{at}");
            assert_eq!(
                (&shown["row"]["pending"], &secrets[0]["onThisComputer"]),
                (&Value::Null, &Value::Bool(true)),
                "{at}"
            );
        }
        for at in points {
            let name = format!("revoked {at}");
            terminal.json(&["keys", "create", &name], "");
            let die = format!("{at}=return");
            let died = terminal.run_with(&["keys", "revoke", &name, "--yes"], "", &[("FAILPOINTS", &die)]);
            assert_eq!(died.status.signal(), Some(SIGKILL), "{at}");
            let shown = terminal.json(&["keys", "show", &name], "");
            assert_eq!(
                (&shown["row"]["state"], &shown["row"]["pending"]),
                (&Value::from("revoked"), &Value::Null)
            );
        }
    })
    .await;
    let rotations = "SELECT COUNT(*) FROM activity WHERE type = 'key_rotated'";
    assert_eq!(server.number(rotations).await, 4);
    for (kind, times) in [("key_edited", 4), ("key_revoked", 4)] {
        let recorded = match kind {
            "key_edited" => {
                server
                    .number("SELECT COUNT(*) FROM activity WHERE type = 'key_edited'")
                    .await
            }
            _ => {
                server
                    .number("SELECT COUNT(*) FROM activity WHERE type = 'key_revoked'")
                    .await
            }
        };
        assert_eq!(recorded, times, "{kind}");
    }
}

/// SIGKILL in the middle of reading what others did: started again, it reads on, and skips nothing.
#[tokio::test(flavor = "multi_thread")]
async fn o3_killed_in_a_pull_the_copy_skips_nothing() {
    let server = TestServer::new().await;
    let terminal = a_terminal(&server).await;
    // More than a page of changes.
    server.seed_keys(1_050).await;
    let ada = TestDesk::still();
    let request = SignIn {
        url: server.url(),
        email: "bob@northwind.example".to_owned(),
        password: PASSWORD.to_owned(),
    };
    ada.desk.sign_in(request).await.unwrap();
    ada.desk.sync_now().await.unwrap();
    let wanted = ada.names().await;
    assert_eq!(wanted.len(), 1_000, "as many as are listed at once");
    on_thread(move || {
        for die in [
            "pull.answered=return",
            "pull.answered=1*off->return",
            "pull.applied=return",
        ] {
            let died = terminal.run_with(&["status"], "", &[("FAILPOINTS", die)]);
            assert_eq!(died.status.signal(), Some(SIGKILL), "{die}");
        }
        let list = terminal.json(&["keys", "list"], "");
        assert_eq!(list["total"], 1_051);
        assert_eq!(
            names(&list),
            wanted.iter().map(String::as_str).collect::<Vec<_>>()
        );
    })
    .await;
}

/// Starts the server program over a database; it ends when dropped.
struct Served(std::process::Child, String);

impl Drop for Served {
    fn drop(&mut self) {
        // It may have ended already.
        let _killed = self.0.kill();
        let _ended = self.0.wait();
    }
}

fn serve(database: &str, listen: &str) -> Served {
    use std::io::BufRead as _;

    let server = std::env::var("KEYSTEAD_SERVER").expect("KEYSTEAD_SERVER: run through `cargo xtask test`");
    let mut child = Command::new(server)
        .args([
            "serve",
            "--listen",
            listen,
            "--log",
            "json",
            "--database",
            database,
        ])
        .env_clear()
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut log = std::io::BufReader::new(child.stderr.take().unwrap());
    let mut line = String::new();
    log.read_line(&mut line).unwrap();
    let line: Value = serde_json::from_str(&line).unwrap();
    // Read on, or the server would wait for somebody to.
    std::thread::spawn(move || std::io::copy(&mut log, &mut std::io::sink()));
    Served(child, line["fields"]["url"].as_str().unwrap().to_owned())
}

/// SIGKILL of the server at any moment of its transactions, twelve times, while a desk writes as fast as it can: what
/// was acknowledged is there, what was not is done once, and the record is whole.
async fn the_server_is_killed_in_the_middle(kind: Kind) {
    let Some(database) = Database::fresh(kind).await else {
        return;
    };
    let mut served = serve(&database.url, "127.0.0.1:0");
    let (url, ada) = (served.1.clone(), TestDesk::still());
    let listen = url.strip_prefix("http://").unwrap().to_owned();
    ada.desk.sign_up(testkit::desk::ada(&url)).await.unwrap();
    let (_, edited) = ada.create("edited").await;
    let mut name = "edited".to_owned();
    for round in 0..12u64 {
        for at in 0..6 {
            ada.create(&format!("key {round} {at}")).await;
        }
        let text = |name: &str| KeyText {
            name: name.to_owned(),
            description: String::new(),
            requests_per_minute: None,
            people: Vec::new(),
            grants: Vec::new(),
        };
        let next = format!("edited {round}");
        let draft = KeyEditDraft {
            seen: text(&name),
            made: text(&next),
            notify_people: false,
        };
        ada.desk.edit_key(edited, draft).await.unwrap();
        name = next;
        // Some milliseconds into the writes: each time at another place.
        let killed_after = Duration::from_micros(1_500 + round * 2_300);
        tokio::select! {
            status = ada.desk.sync_now() => { status.unwrap(); }
            () = tokio::time::sleep(killed_after) => {}
        }
        served.0.kill().unwrap();
        served.0.wait().unwrap();
        served = serve(&database.url, &listen);
    }
    ada.desk.sync_now().await.unwrap();
    ada.desk.sync_now().await.unwrap();
    assert!(ada.desk.list_pending().await.unwrap().is_empty());
    assert_eq!(ada.names().await.len(), 12 * 6 + 2);
    assert_eq!(ada.desk.key_detail(edited).await.unwrap().row.name, "edited 11");
    drop(served);
    let server = std::env::var("KEYSTEAD_SERVER").unwrap();
    let well = Command::new(server)
        .args(["doctor", "--database", &database.url])
        .env_clear()
        .output()
        .unwrap();
    assert!(well.status.success(), "{}", String::from_utf8_lossy(&well.stdout));
}

#[tokio::test(flavor = "multi_thread")]
async fn o2_a_server_killed_in_the_middle_of_writes_on_sqlite() {
    the_server_is_killed_in_the_middle(Kind::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn o2_a_server_killed_in_the_middle_of_writes_on_postgres() {
    the_server_is_killed_in_the_middle(Kind::Postgres).await;
}

/// The disk of the computer is full: it is said so, nothing is lost, and with room it goes on. The disk is a real one of
/// two megabytes, in a mount namespace of its own.
#[tokio::test(flavor = "multi_thread")]
async fn o2_a_full_disk_is_said_and_nothing_is_lost() {
    let server = TestServer::new().await;
    let url = server.url();
    let script = r#"
        set -u
        mount -t tmpfs -o size=2m tmpfs "$KEYSTEAD_HOME"
        printf 'seven unrelated words
' > "$KEYSTEAD_HOME/password"
        "$1" connect "$2" --sign-up --email bob@northwind.example --username bob --name Bob             --organization Northwind --password-file "$KEYSTEAD_HOME/password" >/dev/null || exit 90
        "$1" keys create before --no-print || exit 91
        dd if=/dev/zero of="$KEYSTEAD_HOME/filler" bs=4k status=none 2>/dev/null
        for name in full-1 full-2 full-3 full-4 full-5 full-6 full-7 full-8; do
            "$1" keys create "$name" --no-print; echo "code $?" >&2
        done
        rm "$KEYSTEAD_HOME/filler"
        "$1" keys create after --no-print || exit 92
        "$1" keys list --json
    "#;
    let output = on_thread(move || {
        let home = tempfile::tempdir().unwrap();
        Command::new("unshare")
            .args(["--mount", "--map-root-user", "sh", "-c", script, "sh"])
            .arg(program())
            .arg(&url)
            .env("KEYSTEAD_HOME", home.path())
            .output()
            .unwrap()
    })
    .await;
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(0), "{said}");
    assert!(said.contains("disk is full"), "{said}");
    let failed = said.matches("code 1").count();
    assert!(failed > 0, "{said}");
    let list: Value = serde_json::from_slice(&output.stdout).unwrap();
    let (made, told) = (names(&list), 8 - failed);
    assert!(made.contains(&"before") && made.contains(&"after"), "{made:?}");
    let full = made.iter().filter(|name| name.starts_with("full")).count();
    assert_eq!(
        full, told,
        "those that were told made are, those that failed are not: {said}"
    );
    let recorded = server
        .number("SELECT COUNT(*) FROM activity WHERE type = 'key_created'")
        .await;
    assert_eq!(recorded, i64::try_from(told).unwrap() + 2);
}

/// Two desktops and the command line on one account, all at once.
#[tokio::test(flavor = "multi_thread")]
async fn o6_two_desktops_and_a_terminal_work_at_once() {
    let server = TestServer::new().await;
    let terminal = a_terminal(&server).await;
    let request = || SignIn {
        url: server.url(),
        email: "bob@northwind.example".to_owned(),
        password: PASSWORD.to_owned(),
    };
    let (one, other) = (TestDesk::new(), TestDesk::new());
    one.desk.sign_in(request()).await.unwrap();
    other.desk.sign_in(request()).await.unwrap();
    let typing = tokio::task::spawn_blocking(move || {
        for at in 0..8 {
            terminal.json(&["keys", "create", &format!("terminal {at}")], "");
        }
        terminal
    });
    let clicking = async |desk: &TestDesk, who: &str| {
        for at in 0..8 {
            let (_, key) = desk.create(&format!("{who} {at}")).await;
            if at % 2 == 0 {
                desk.desk.revoke_key(key, None).await.unwrap();
            }
        }
    };
    tokio::join!(clicking(&one, "one"), clicking(&other, "other"));
    let terminal = typing.await.unwrap();
    one.desk.sync_now().await.unwrap();
    other.desk.sync_now().await.unwrap();
    one.wait_synced().await;
    other.wait_synced().await;
    let (list, shown) = (
        on_thread(move || terminal.json(&["keys", "list"], "")).await,
        one.names().await,
    );
    assert_eq!(shown.len(), 25);
    assert_eq!(shown, other.names().await);
    assert_eq!(names(&list), shown.iter().map(String::as_str).collect::<Vec<_>>());
}

/// A clock that is wrong by some days.
struct Wrong(i64);

impl Clock for Wrong {
    fn now(&self) -> Timestamp {
        SystemClock.now().plus_days(self.0)
    }
}

/// Two computers whose clocks are a day off, one before and one behind: what they make, edit and revoke is in force in
/// the order in which the server heard of it, and an expiry that only a wrong clock takes for future is refused in words.
#[tokio::test(flavor = "multi_thread")]
async fn o2_clocks_that_are_a_day_off_lose_nothing() {
    let server = TestServer::new().await;
    let off = |days| {
        TestDesk::at(
            Arc::new(Wrong(days)),
            TestKeychain::Memory(Arc::new(MemoryKeychain::default())),
        )
    };
    let (ahead, behind) = (off(1), off(-1));
    ahead.sign_up(&server.url()).await;
    let request = SignIn {
        url: server.url(),
        email: "ada@northwind.example".to_owned(),
        password: PASSWORD.to_owned(),
    };
    behind.desk.sign_in(request).await.unwrap();
    behind.wait_synced().await;
    let text = |name: &str| KeyText {
        name: name.to_owned(),
        description: String::new(),
        requests_per_minute: None,
        people: Vec::new(),
        grants: Vec::new(),
    };
    let (secret, key) = ahead.create("made tomorrow").await;
    ahead.wait_synced().await;
    behind.desk.sync_now().await.unwrap();
    let draft = KeyEditDraft {
        seen: text("made tomorrow"),
        made: text("edited yesterday"),
        notify_people: false,
    };
    behind.desk.edit_key(key, draft).await.unwrap();
    behind.wait_synced().await;
    ahead.desk.sync_now().await.unwrap();
    let draft = KeyEditDraft {
        seen: text("edited yesterday"),
        made: text("edited tomorrow"),
        notify_people: false,
    };
    ahead.desk.edit_key(key, draft).await.unwrap();
    ahead.wait_synced().await;
    assert_eq!(server.verify(&secret).await, (true, None));
    behind.desk.sync_now().await.unwrap();
    assert_eq!(behind.names().await, ["edited tomorrow", "Free service key"]);

    let mut late = draft_of("too late");
    late.expires_at = Some(SystemClock.now().plus_days(-1).plus_seconds(3_600));
    behind.desk.create_key(late).await.unwrap();
    let refused = wait_for("a refusal", || async {
        let pending = behind.desk.list_pending().await.ok()?;
        pending
            .into_iter()
            .find(|change| change.state == OutboxState::Refused)
    })
    .await;
    assert_eq!(
        refused.message.as_deref(),
        Some("The expiry lies in the past; choose a later time, or none.")
    );
    behind.desk.revoke_key(key, None).await.unwrap();
    wait_for("the revocation", || async {
        (!server.verify(&secret).await.0).then_some(())
    })
    .await;
}
