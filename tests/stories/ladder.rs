//! The keychain ladder and the replica's file (O1, O5): locked is never absent, and nothing is deleted for being odd.

use std::sync::Arc;

use crypto::secret::Secret;
use desk::ErrorCode;
use desk::view::KeychainStatus;
use keychain::MemoryKeychain;
use testkit::desk::TestKeychain;
use testkit::{TestDesk, TestServer};

fn secret(text: &str) -> Secret {
    Secret::new(text.to_owned())
}

/// Trap 9: a keychain that answers "no such entry" must not make a new replica key.
#[tokio::test(flavor = "multi_thread")]
async fn o5_no_replica_key_is_made_while_a_replica_exists() {
    let server = TestServer::new().await;
    let ada = TestDesk::new();
    let connection = ada.sign_up(&server.url()).await.connection.id;
    let file = ada
        .folder()
        .join("connections")
        .join(connection.to_string())
        .join("replica.db");

    let empty = Arc::new(MemoryKeychain::default());
    let ada = ada.restart_with(TestKeychain::Memory(empty.clone())).await;
    let before = std::fs::read(&file).unwrap();
    let error = ada.desk.open_connection(connection).await.err().unwrap();
    assert_eq!(error.code(), ErrorCode::ReplicaKeyMissing);
    assert!(error.to_string().contains("unlock it and try again"), "{error}");
    assert!(std::fs::read(&file).unwrap() == before, "left as it is");
    let name = format!("{connection}/replica");
    assert!(
        keychain::Keychain::get(&*empty, &name).unwrap().is_none(),
        "no key was made"
    );

    // Set aside on request, and downloaded again once signed in.
    let aside = ada.desk.set_replica_aside(connection).await.unwrap();
    assert!(std::fs::read(&aside.moved_to).unwrap() == before, "kept");
    ada.desk
        .sign_in_again(connection, secret(testkit::desk::PASSWORD))
        .await
        .unwrap();
    ada.wait_synced().await;
    assert_eq!(ada.names().await, ["Free service key"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn o5_a_locked_keychain_is_not_an_absent_one() {
    let ada = TestDesk::with(TestKeychain::Locked);
    assert!(matches!(
        ada.desk.keychain_status().await.unwrap(),
        KeychainStatus::Locked { .. }
    ));
    let request = desk::view::StartHere {
        organization_name: "Mine".to_owned(),
        your_name: "Ada".to_owned(),
    };
    let error = ada.desk.start_here(request).await.err().unwrap();
    assert_eq!(error.code(), ErrorCode::KeychainLocked);
    assert!(!ada.folder().join("this-computer").exists(), "nothing was begun");
}

#[tokio::test(flavor = "multi_thread")]
async fn o5_without_a_keychain_the_vault_is_the_way_on() {
    let server = TestServer::new().await;
    let ada = TestDesk::with(TestKeychain::Absent);
    let KeychainStatus::Absent { message } = ada.desk.keychain_status().await.unwrap() else {
        panic!("there is no keychain");
    };
    assert!(message.contains("vault behind a passphrase"), "{message}");
    let short = ada.desk.create_vault(secret("short")).await.err().unwrap();
    assert_eq!(short.field(), Some("passphrase"));
    ada.desk.create_vault(secret("a long passphrase")).await.unwrap();
    let connection = ada.sign_up(&server.url()).await.connection.id;
    let (text, _) = ada.create("ci-deploy").await;
    ada.wait_synced().await;

    let ada = ada.restart().await;
    assert_eq!(
        ada.desk.keychain_status().await.unwrap(),
        KeychainStatus::Vault { unlocked: false }
    );
    assert_eq!(
        ada.desk.open_connection(connection).await.err().unwrap().code(),
        ErrorCode::VaultLocked
    );
    let wrong = ada
        .desk
        .unlock_vault(secret("another passphrase"))
        .await
        .err()
        .unwrap();
    assert_eq!(wrong.code(), ErrorCode::WrongPassphrase);
    ada.desk.unlock_vault(secret("a long passphrase")).await.unwrap();
    ada.desk.open_connection(connection).await.unwrap();
    ada.wait_synced().await;
    let report = ada.desk.inspect(text).await.unwrap();
    assert!(
        report.findings[0].key.as_ref().unwrap().secrets[0].on_this_computer,
        "its secret is in the vault"
    );
}

/// The screens ask where secrets are kept whenever something changed, also while the vault is made.
#[tokio::test(flavor = "multi_thread")]
async fn o5_a_look_meanwhile_does_not_lock_a_new_vault() {
    for _ in 0..20 {
        let ada = TestDesk::with(TestKeychain::Absent);
        let looking: Vec<_> = (0..8)
            .map(|_| {
                let desk = ada.desk.clone();
                tokio::spawn(async move {
                    for _ in 0..20 {
                        desk.keychain_status().await.unwrap();
                    }
                })
            })
            .collect();
        ada.desk.create_vault(secret("a long passphrase")).await.unwrap();
        for look in looking {
            look.await.unwrap();
        }
        assert_eq!(
            ada.desk.keychain_status().await.unwrap(),
            KeychainStatus::Vault { unlocked: true }
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn o1_a_damaged_replica_is_refused_kept_aside_and_downloaded_again() {
    let server = TestServer::new().await;
    let ada = TestDesk::new();
    let connection = ada.sign_up(&server.url()).await.connection.id;
    ada.create("ci-deploy").await;
    ada.wait_synced().await;
    let ada = ada.restart().await;
    let file = ada
        .folder()
        .join("connections")
        .join(connection.to_string())
        .join("replica.db");
    let mut bytes = std::fs::read(&file).unwrap();
    bytes[..4_096].fill(0x5A);
    std::fs::write(&file, &bytes).unwrap();

    let error = ada.desk.open_connection(connection).await.err().unwrap();
    assert_eq!(error.code(), ErrorCode::ReplicaDamaged);
    assert!(std::fs::read(&file).unwrap() == bytes, "left as it is");
    let aside = ada.desk.set_replica_aside(connection).await.unwrap();
    assert!(std::fs::read(&aside.moved_to).unwrap() == bytes, "kept");
    ada.wait_synced().await;
    assert_eq!(ada.names().await, ["ci-deploy", "Free service key"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn o1_a_replica_of_a_newer_version_is_refused_and_left() {
    let server = TestServer::new().await;
    let keychain = Arc::new(MemoryKeychain::default());
    let ada = TestDesk::with(TestKeychain::Memory(keychain.clone()));
    let connection = ada.sign_up(&server.url()).await.connection.id;
    let ada = ada.restart().await;
    let file = ada
        .folder()
        .join("connections")
        .join(connection.to_string())
        .join("replica.db");
    let key = keychain::Keychain::get(&*keychain, &format!("{connection}/replica"))
        .unwrap()
        .unwrap();
    let newer = rusqlite::Connection::open(&file).unwrap();
    newer
        .execute_batch(&format!(
            "PRAGMA key = \"x'{}'\"; PRAGMA user_version = 999;",
            key.expose()
        ))
        .unwrap();
    drop(newer);
    let error = ada.desk.open_connection(connection).await.err().unwrap();
    assert_eq!(error.code(), ErrorCode::ReplicaNewer);
    assert!(error.to_string().contains("update Keystead"), "{error}");
    assert!(file.exists());
}

#[tokio::test(flavor = "multi_thread")]
async fn the_list_of_connections_is_never_taken_for_empty() {
    let ada = TestDesk::new();
    let list = ada.folder().join("connections.json");
    std::fs::write(&list, b"{ torn").unwrap();
    let error = ada.reopen().err().unwrap();
    assert!(
        error
            .to_string()
            .contains("the list of connections can't be read"),
        "{error}"
    );
    assert_eq!(std::fs::read(&list).unwrap(), b"{ torn");
}
