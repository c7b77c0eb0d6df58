//! The recovery code (O5): it opens a replica and its outbox where the keychain has lost their key, and nothing else.

use std::path::PathBuf;
use std::sync::Arc;

use crypto::secret::Secret;
use desk::view::{StartHere, SyncState};
use desk::{DeskError, ErrorCode};
use domain::id::ConnectionId;
use keychain::{Keychain as _, MemoryKeychain, OsKeychain};
use testkit::desk::{PASSWORD, TestKeychain};
use testkit::{TestDesk, TestServer, wait_for};

use super::command_line::{Terminal, on_thread};

fn secret(text: &str) -> Secret {
    Secret::new(text.to_owned())
}

fn file(desk: &TestDesk, connection: ConnectionId, name: &str) -> PathBuf {
    let folder = desk.folder().join("connections").join(connection.to_string());
    folder.join(name)
}

fn told_at_the_code(error: &DeskError) -> String {
    assert_eq!(
        (error.code(), error.field()),
        (ErrorCode::InvalidInput, Some("code"))
    );
    error.to_string()
}

/// The keychain has lost everything: the code brings back the copy and what waits in it, which is then sent.
#[tokio::test(flavor = "multi_thread")]
async fn o5_a_recovery_code_opens_the_replica_and_its_outbox() {
    let mut server = TestServer::new().await;
    let ada = TestDesk::new();
    let connection = ada.sign_up(&server.url()).await.connection.id;
    let none = ada.desk.recovery_status(connection).await.unwrap();
    assert_eq!(none.made_at, None);
    let made = ada.desk.make_recovery_code(connection).await.unwrap();
    assert!(!made.replaced);
    assert_eq!(
        ada.desk.recovery_status(connection).await.unwrap().made_at,
        Some(made.made_at)
    );
    server.stop().await;
    ada.wait_offline().await;
    let (waiting, _) = ada.create("made-offline").await;

    let lost = Arc::new(MemoryKeychain::default());
    let ada = ada.restart_with(TestKeychain::Memory(lost.clone())).await;
    let error = ada.desk.open_connection(connection).await.err().unwrap();
    assert_eq!(error.code(), ErrorCode::ReplicaKeyMissing);
    assert!(error.to_string().contains("recovery code"), "{error}");
    let typed = made.code.to_lowercase().replace('-', " ");
    let opened = ada.desk.recover(connection, secret(&typed)).await.unwrap();
    assert_eq!(opened.connection.id, connection);
    assert_eq!(ada.names().await, ["Free service key", "made-offline"]);
    assert_eq!(ada.desk.list_pending().await.unwrap().len(), 1);

    // The session went with the keychain; the password is asked for as at any time, and what waited is sent.
    server.start().await;
    wait_for("it is noticed", || async {
        let status = ada.desk.sync_now().await.ok()?;
        (status.state == SyncState::SignedOut).then_some(())
    })
    .await;
    ada.desk
        .sign_in_again(connection, secret(PASSWORD))
        .await
        .unwrap();
    ada.wait_synced().await;
    assert_eq!(server.verify(&waiting).await, (true, None));

    // The key is in the keychain again: no code is needed at the next start.
    let ada = ada.restart().await;
    ada.desk.open_connection(connection).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn o5_a_wrong_code_is_told_at_its_field_and_changes_nothing() {
    let server = TestServer::new().await;
    let ada = TestDesk::new();
    let connection = ada.sign_up(&server.url()).await.connection.id;
    let here = ada.desk.start_here(StartHere {
        organization_name: "Mine".to_owned(),
        your_name: "Ada".to_owned(),
    });
    let here = here.await.unwrap().connection.id;
    let of_another = ada.desk.make_recovery_code(here).await.unwrap().code;
    let lost = Arc::new(MemoryKeychain::default());
    let ada = ada.restart_with(TestKeychain::Memory(lost.clone())).await;
    let right = of_another.clone();
    let tried = async |code: &str| {
        let error = ada.desk.recover(connection, secret(code)).await.err().unwrap();
        told_at_the_code(&error)
    };
    assert!(tried(&right).await.contains("no recovery code was made"));
    drop(ada);

    // With a code of its own, the code of another connection and a mistyped one open nothing all the same.
    let server_two = TestServer::new().await;
    let bob = TestDesk::new();
    let connection = bob.sign_up(&server_two.url()).await.connection.id;
    let code = bob.desk.make_recovery_code(connection).await.unwrap().code;
    let replaced = bob.desk.make_recovery_code(connection).await.unwrap();
    assert!(replaced.replaced, "the older code is said to open nothing");
    let lost = Arc::new(MemoryKeychain::default());
    let bob = bob.restart_with(TestKeychain::Memory(lost.clone())).await;
    let before = [
        std::fs::read(file(&bob, connection, "replica.db")).unwrap(),
        std::fs::read(file(&bob, connection, "recovery.json")).unwrap(),
    ];
    let tried = async |code: &str| {
        let error = bob.desk.recover(connection, secret(code)).await.err().unwrap();
        told_at_the_code(&error)
    };
    for (typed, said) in [
        (code.as_str(), "does not open this workspace"),
        (of_another.as_str(), "does not open this workspace"),
        ("", "type the recovery code"),
        ("7K2M", "this has 4"),
        (
            &replaced.code.replace(&replaced.code[..1], "U"),
            "is in no recovery code",
        ),
    ] {
        let told = tried(typed).await;
        assert!(told.contains(said), "{typed}: {told}");
    }
    let mut mistyped = replaced.code.clone();
    let last = if mistyped.ends_with('Z') { "Y" } else { "Z" };
    mistyped.replace_range(mistyped.len() - 1.., last);
    assert!(tried(&mistyped).await.contains("mistyped"));
    let after = [
        std::fs::read(file(&bob, connection, "replica.db")).unwrap(),
        std::fs::read(file(&bob, connection, "recovery.json")).unwrap(),
    ];
    assert!(before == after, "left as they are");
    let name = format!("{connection}/replica");
    assert!(lost.get(&name).unwrap().is_none(), "no key was made or put there");

    // The right code for a replica that its key does not open: the keychain is not touched either.
    let replica = file(&bob, connection, "replica.db");
    std::fs::write(&replica, vec![0x5A; 8_192]).unwrap();
    let damaged = bob.desk.recover(connection, secret(&replaced.code)).await;
    assert_eq!(damaged.err().unwrap().code(), ErrorCode::ReplicaDamaged);
    assert!(lost.get(&name).unwrap().is_none());
    std::fs::write(&replica, &before[0]).unwrap();
    bob.desk
        .recover(connection, secret(&replaced.code))
        .await
        .unwrap();
    bob.desk.open_connection(connection).await.unwrap();
}

/// Trap 9: a locked keychain is not one that has lost its entries.
#[tokio::test(flavor = "multi_thread")]
async fn o5_with_a_locked_keychain_no_code_is_made_or_used() {
    let server = TestServer::new().await;
    let ada = TestDesk::new();
    let connection = ada.sign_up(&server.url()).await.connection.id;
    let code = ada.desk.make_recovery_code(connection).await.unwrap().code;
    let ada = ada.restart_with(TestKeychain::Locked).await;
    let before = std::fs::read(file(&ada, connection, "recovery.json")).unwrap();
    let error = ada.desk.make_recovery_code(connection).await.err().unwrap();
    assert_eq!(error.code(), ErrorCode::KeychainLocked);
    let error = ada.desk.recover(connection, secret(&code)).await.err().unwrap();
    assert_eq!(error.code(), ErrorCode::KeychainLocked);
    assert!(std::fs::read(file(&ada, connection, "recovery.json")).unwrap() == before);
}

/// The workspace of this computer signs itself in with a password nobody types: the code brings it back, too.
#[tokio::test(flavor = "multi_thread")]
async fn o5_the_workspace_of_this_computer_signs_itself_in_after_recovery() {
    let ada = TestDesk::new();
    let opened = ada.desk.start_here(StartHere {
        organization_name: "Mine".to_owned(),
        your_name: "Ada".to_owned(),
    });
    let connection = opened.await.unwrap().connection.id;
    ada.wait_synced().await;
    let code = ada.desk.make_recovery_code(connection).await.unwrap().code;
    let saved = ada.desk.save_recovery_code(connection).await.unwrap();
    let sheet = std::fs::read_to_string(&saved.path).unwrap();
    assert!(
        sheet.contains(&code) && sheet.contains("Opens the copy of Mine"),
        "{sheet}"
    );
    ada.desk.forget_recovery_code();
    let gone = ada.desk.copy_recovery_code(connection).await.err().unwrap();
    assert_eq!(
        gone.code(),
        ErrorCode::NotFound,
        "it is remembered no longer than its dialog"
    );

    let lost = Arc::new(MemoryKeychain::default());
    let ada = ada.restart_with(TestKeychain::Memory(lost)).await;
    ada.desk.recover(connection, secret(&code)).await.unwrap();
    ada.wait_synced().await;
    let (text, _) = ada.create("after").await;
    ada.wait_synced().await;
    let report = ada.desk.inspect(text).await.unwrap();
    assert!(report.findings[0].key.is_some());
}

#[tokio::test(flavor = "multi_thread")]
async fn o5_a_code_goes_with_its_replica() {
    let server = TestServer::new().await;
    let ada = TestDesk::new();
    let connection = ada.sign_up(&server.url()).await.connection.id;
    let made = ada.desk.make_recovery_code(connection).await.unwrap();

    // Set aside with its key in the keychain, the new copy has the same key: the printed code opens both.
    let aside = ada.desk.set_replica_aside(connection).await.unwrap();
    let along = PathBuf::from(aside.moved_to).with_extension("recovery.json");
    assert!(along.exists(), "a copy of it lies beside the old file");
    let lost = Arc::new(MemoryKeychain::default());
    let ada = ada.restart_with(TestKeychain::Memory(lost.clone())).await;
    ada.desk.recover(connection, secret(&made.code)).await.unwrap();

    // Set aside without its key, the new copy has a new one: there is no code for it yet.
    lost.remove(&format!("{connection}/replica")).unwrap();
    let ada = ada.restart().await;
    assert!(ada.desk.open_connection(connection).await.is_err());
    ada.desk.set_replica_aside(connection).await.unwrap();
    assert_eq!(ada.desk.recovery_status(connection).await.unwrap().made_at, None);
    assert!(
        file(&ada, connection, "recovery.aside-1.json").exists(),
        "what was is kept"
    );

    ada.desk.make_recovery_code(connection).await.unwrap();
    ada.desk.remove_connection(connection).await.unwrap();
    assert!(!file(&ada, connection, "recovery.json").exists());
}

#[tokio::test(flavor = "multi_thread")]
async fn o5_a_lost_key_is_recovered_in_a_terminal() {
    on_thread(|| {
        let terminal = Terminal::new();
        let started = terminal.json(&["start", "--organization", "Mine"], "");
        let connection = started["connection"]["id"].as_str().unwrap().to_owned();
        let (code, said) = terminal.code(&["recovery", "use"], "7K2M");
        assert_eq!(code, Some(2), "{said}");
        let made = terminal.run(&["recovery", "make"], "");
        let printed = String::from_utf8(made.stdout).unwrap();
        assert_eq!(printed.trim().len(), 44, "only the code is printed");
        assert!(terminal.json(&["recovery", "status"], "")["madeAt"].is_string());

        // What the keychain loses, its own tools can take away, too.
        let keychain = OsKeychain::probe().unwrap();
        for item in ["replica", "session", "password"] {
            keychain.remove(&format!("{connection}/{item}")).unwrap();
        }
        let (code, said) = terminal.code(&["keys", "list"], "");
        assert_eq!(code, Some(6), "{said}");
        assert!(said.contains("recovery code"), "{said}");
        let opened = terminal.json(&["recovery", "use"], &printed);
        assert_eq!(opened["connection"]["id"], connection.as_str());
        let list = terminal.json(&["keys", "list"], "");
        assert_eq!(list["rows"][0]["name"], "Free service key");
    })
    .await;
}
