//! The program `keystead-server`, started as an operator would.

use std::io::{BufRead, BufReader, Read};
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};

use store::testing::{Database, execute};
use store::{Kind, Store};

use crate::given::Given;

fn program(folder: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_keystead-server"));
    command.current_dir(folder).env_clear();
    command
}

fn run(folder: &Path, arguments: &[&str]) -> Output {
    program(folder).args(arguments).output().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

#[test]
fn help_is_enough_for_a_stranger() {
    let folder = tempfile::tempdir().unwrap();
    let help = run(folder.path(), &["serve", "--help"]);
    assert!(help.status.success());
    let help = text(&help.stdout);
    for word in [
        "--listen",
        "127.0.0.1:8787",
        "KEYSTEAD_DATABASE",
        "[default: 30]",
        "bytes",
        "DAYS",
        "10.0.0.0/8",
    ] {
        assert!(help.contains(word), "{word} is missing in\n{help}");
    }
    let help = text(&run(folder.path(), &["--help"]).stdout);
    for word in [
        "serve",
        "migrate",
        "doctor",
        "openapi",
        "keystead-server.toml",
        "Examples:",
    ] {
        assert!(help.contains(word), "{word} is missing in\n{help}");
    }
}

struct Served(Child);

impl Drop for Served {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn it_serves_until_it_is_told_to_stop() {
    let folder = tempfile::tempdir().unwrap();
    let file = "listen = \"127.0.0.1:0\"\nname = \"Example\"\nlog = \"json\"\n";
    std::fs::write(folder.path().join("keystead-server.toml"), file).unwrap();
    let mut command = program(folder.path());
    command
        .arg("serve")
        .env("KEYSTEAD_REGION", "eu")
        .stderr(Stdio::piped())
        .stdout(Stdio::piped());
    let mut served = Served(command.spawn().unwrap());
    let mut log = BufReader::new(served.0.stderr.take().unwrap());
    let mut line = String::new();
    log.read_line(&mut line).unwrap();
    let line: serde_json::Value = serde_json::from_str(&line).unwrap();
    let address = line["fields"]["url"]
        .as_str()
        .unwrap()
        .strip_prefix("http://")
        .unwrap()
        .to_owned();

    let mut stream = std::net::TcpStream::connect(&address).unwrap();
    std::io::Write::write_all(
        &mut stream,
        b"GET /v1/server HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n",
    )
    .unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    assert!(
        answer.contains("\"name\":\"Example\"") && answer.contains("\"region\":\"eu\""),
        "{answer}"
    );

    assert!(
        Command::new("kill")
            .args(["-TERM", &served.0.id().to_string()])
            .status()
            .unwrap()
            .success()
    );
    assert!(served.0.wait().unwrap().success());
    let mut rest = String::new();
    log.read_to_string(&mut rest).unwrap();
    assert!(rest.contains("stopping") && rest.contains("stopped"), "{rest}");
    assert!(
        !folder.path().join("keystead.db-wal").exists(),
        "the database was closed"
    );

    let well = run(folder.path(), &["doctor"]);
    assert!(well.status.success(), "{}", text(&well.stdout));
    let names: Vec<String> = text(&well.stdout)
        .lines()
        .map(|line| line.split_whitespace().take(2).collect::<Vec<_>>().join(" "))
        .collect();
    assert_eq!(
        names,
        [
            "ok configuration",
            "ok catalog",
            "ok database",
            "ok version",
            "ok writable",
            "ok record",
            "ok clock"
        ]
    );
}

#[test]
fn b7_a_catalog_is_written_changed_and_checked() {
    let folder = tempfile::tempdir().unwrap();
    let exported = run(folder.path(), &["catalog", "export", "mine"]);
    assert!(exported.status.success(), "{}", text(&exported.stderr));
    let right = run(folder.path(), &["catalog", "check", "mine"]);
    assert_eq!(
        text(&right.stdout),
        "the catalog is right: 8 services with 12 models, in EUR\n"
    );
    let again = run(folder.path(), &["catalog", "export", "mine"]);
    assert_eq!(again.status.code(), Some(1));
    assert!(text(&again.stderr).contains("mine/catalog.toml can't be written"));

    let file = folder.path().join("mine/services/tsp.toml");
    let changed = std::fs::read_to_string(&file)
        .unwrap()
        .replace("policies", "polices");
    std::fs::write(&file, changed).unwrap();
    let wrong = run(folder.path(), &["catalog", "check", "mine"]);
    assert_eq!(wrong.status.code(), Some(1));
    let said = text(&wrong.stderr);
    assert!(
        said.contains("mine/services/tsp.toml:4: a service has no field “polices”"),
        "{said}"
    );
    let unwell = run(folder.path(), &["doctor", "--catalog", "mine"]);
    assert_eq!(unwell.status.code(), Some(1));
    assert!(
        text(&unwell.stdout).contains("WRONG  catalog"),
        "{}",
        text(&unwell.stdout)
    );
    let refused = run(
        folder.path(),
        &["serve", "--listen", "127.0.0.1:0", "--catalog", "mine"],
    );
    assert_eq!(refused.status.code(), Some(1));
    assert!(!folder.path().join("keystead.db").exists(), "nothing was touched");
}

#[tokio::test]
async fn what_was_answered_survives_a_kill() {
    let mut given = Given::new().await;
    given.stop().await;
    let folder = tempfile::tempdir().unwrap();
    for round in 0..3 {
        let mut command = program(folder.path());
        command.args([
            "serve",
            "--listen",
            "127.0.0.1:0",
            "--log",
            "json",
            "--database",
            &given.database.url,
        ]);
        let mut served = Served(command.stderr(Stdio::piped()).spawn().unwrap());
        let mut line = String::new();
        let mut log = BufReader::new(served.0.stderr.take().unwrap());
        log.read_line(&mut line).unwrap();
        let line: serde_json::Value = serde_json::from_str(&line).unwrap();
        line["fields"]["url"].as_str().unwrap().clone_into(&mut given.url);
        let ada = given.sign_up(&format!("ada-{round}")).await;
        let (id, token) = given.create_key(&ada, "ci").await;
        given.revoke(&ada, id).await.good();
        served.0.kill().unwrap();
        served.0.wait().unwrap();

        given.start().await;
        assert_eq!(given.verify(token.expose()).await["reason"], "revoked");
        given.stop().await;
        let well = run(folder.path(), &["doctor", "--database", &given.database.url]);
        assert!(well.status.success(), "{}", text(&well.stdout));
    }
}

#[test]
fn what_stands_in_the_way_is_said_with_what_to_do() {
    let folder = tempfile::tempdir().unwrap();
    let refused = |arguments: &[&str]| {
        let output = run(folder.path(), arguments);
        assert_eq!(output.status.code(), Some(1), "{arguments:?}");
        text(&output.stderr)
    };
    let taken = TcpListener::bind(SocketAddr::from((Ipv4Addr::LOCALHOST, 0))).unwrap();
    let address = taken.local_addr().unwrap().to_string();
    assert_eq!(
        refused(&["serve", "--listen", &address]),
        format!(
            "keystead-server: another program listens on {address} already; stop it, or choose another address with \
             --listen\n"
        )
    );
    let nowhere = refused(&[
        "serve",
        "--listen",
        "127.0.0.1:0",
        "--database",
        "/nowhere/keystead.db",
    ]);
    assert!(
        nowhere.contains("/nowhere/keystead.db can't be opened") && nowhere.contains("Does its folder exist"),
        "{nowhere}"
    );
    let silent = refused(&[
        "serve",
        "--listen",
        "127.0.0.1:0",
        "--database",
        "postgres://u:hunter2@127.0.0.1:1/keystead",
    ]);
    assert!(
        silent.contains("the database does not answer") && !silent.contains("hunter2"),
        "{silent}"
    );
    std::fs::write(folder.path().join("typo.toml"), "databse = \"x\"").unwrap();
    let typo = refused(&["serve", "--config", "typo.toml"]);
    assert!(
        typo.starts_with("keystead-server: typo.toml: there is no setting “databse”; there are "),
        "{typo}"
    );
    assert!(refused(&["serve", "--config", "none.toml"]).contains("none.toml can't be read"));
}

#[tokio::test]
async fn migrate_brings_up_to_date_and_refuses_what_is_newer() {
    let folder = tempfile::tempdir().unwrap();
    assert_eq!(
        text(&run(folder.path(), &["migrate"]).stdout),
        format!("the database went from schema 0 to {}\n", store::SCHEMA_VERSION)
    );
    assert_eq!(
        text(&run(folder.path(), &["migrate"]).stdout),
        format!("the database has schema {} already\n", store::SCHEMA_VERSION)
    );
    let store = Store::open(&folder.path().join("keystead.db").display().to_string())
        .await
        .unwrap();
    execute(
        &store,
        "INSERT INTO schema_version (version, name, applied_at) VALUES (99, 'later', 0)",
    )
    .await
    .unwrap();
    store.close().await;
    for command in ["migrate", "serve"] {
        let refused = run(folder.path(), &[command]);
        assert_eq!(refused.status.code(), Some(1));
        assert!(
            text(&refused.stderr).contains("was used with a newer keystead-server"),
            "{}",
            text(&refused.stderr)
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn doctor_notices_a_record_that_was_changed() {
    for kind in [Kind::Sqlite, Kind::Postgres] {
        let Some(mut given) = Given::with(kind, |_| ()).await else {
            continue;
        };
        let ada = given.sign_up("ada").await;
        given.create_key(&ada, "ci").await;
        given.stop().await;
        let folder = tempfile::tempdir().unwrap();
        let well = run(folder.path(), &["doctor", "--database", &given.database.url]);
        assert!(well.status.success(), "{}", text(&well.stdout));
        assert!(text(&well.stdout).contains("3 events in 2 chains hold"));

        let store = given.store().await;
        execute(&store, "DELETE FROM activity WHERE type = 'key_created'")
            .await
            .unwrap();
        store.close().await;
        let unwell = run(folder.path(), &["doctor", "--database", &given.database.url]);
        assert_eq!(unwell.status.code(), Some(1));
        let expected = format!(
            "WRONG  record         {}: the newest events were removed",
            ada.organization
        );
        assert!(
            text(&unwell.stdout).contains(&expected),
            "{}",
            text(&unwell.stdout)
        );
    }
}

#[tokio::test]
async fn doctor_changes_nothing() {
    let database = Database::fresh(Kind::Sqlite).await.unwrap();
    let folder = database.folder.as_ref().unwrap().path();
    let unwell = run(folder, &["doctor"]);
    assert_eq!(unwell.status.code(), Some(1));
    assert!(
        text(&unwell.stdout).contains("there is no such file"),
        "{}",
        text(&unwell.stdout)
    );
    assert!(!folder.join("keystead.db").exists());
}
