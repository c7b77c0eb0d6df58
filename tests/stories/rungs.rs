//! Moving between the rungs of the keychain ladder (O5) loses nothing, wherever it is cut.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use crypto::secret::Secret;
use desk::view::{KeychainStatus, StartHere};
use desk::{DeskError, ErrorCode};
use domain::id::{ConnectionId, KeyId};
use keychain::{Keychain, KeychainError, MemoryKeychain, OsKeychain, Rung};
use testkit::desk::TestKeychain;
use testkit::{TestDesk, TestServer};

use crate::terminal::{Terminal, on_thread};

const PASSPHRASE: &str = "a long passphrase";

fn secret(text: &str) -> Secret {
    Secret::new(text.to_owned())
}

fn memory() -> (Arc<MemoryKeychain>, TestKeychain) {
    let keychain = Arc::new(MemoryKeychain::default());
    (keychain.clone(), TestKeychain::Memory(keychain))
}

async fn here(desk: &TestDesk) -> ConnectionId {
    let started = desk.desk.start_here(StartHere {
        organization_name: "Mine".to_owned(),
        your_name: "Ada".to_owned(),
    });
    started.await.unwrap().connection.id
}

async fn is_here(desk: &TestDesk, key: KeyId) -> bool {
    desk.desk.key_detail(key).await.unwrap().secrets[0].on_this_computer
}

fn holds(keychain: &dyn Keychain, connection: ConnectionId) -> Vec<String> {
    let of = format!("{connection}/");
    let mut names = keychain.names().unwrap().expect("this keychain can tell");
    names.retain(|name| name.starts_with(&of));
    names.sort();
    names
}

/// The real Secret Service: there and back with a change that waits, an open workspace beside, and nothing left behind.
#[tokio::test(flavor = "multi_thread")]
async fn o5_moving_to_the_vault_and_back_loses_nothing() {
    let mut server = TestServer::new().await;
    let ada = TestDesk::with(TestKeychain::Os);
    let mine = here(&ada).await;
    let (_, made_here) = ada.create("made-here").await;
    let northwind = ada.sign_up(&server.url()).await.connection.id;
    server.stop().await;
    ada.wait_offline().await;
    let (text, waiting) = ada.create("made-offline").await;
    let os = OsKeychain::probe().unwrap();
    let before = (holds(&os, mine), holds(&os, northwind));
    assert!(before.0.len() >= 4 && before.1.len() >= 3, "{before:?}");

    let short = ada.desk.move_to_vault(secret("short")).await.err().unwrap();
    assert_eq!(short.field(), Some("passphrase"));
    let status = ada.desk.move_to_vault(secret(PASSPHRASE)).await.unwrap();
    assert_eq!(status, KeychainStatus::Vault { unlocked: true });
    assert_eq!(holds(&os, mine), Vec::<String>::new(), "nothing is left behind");
    assert_eq!(holds(&os, northwind), Vec::<String>::new());
    // The open workspace goes on working: it reads, and what is made now is in the vault.
    assert!(is_here(&ada, waiting).await);
    let (_, in_vault) = ada.create("made-in-the-vault").await;
    assert_eq!(holds(&os, northwind), Vec::<String>::new());

    let ada = ada.restart().await;
    assert_eq!(
        ada.desk.keychain_status().await.unwrap(),
        KeychainStatus::Vault { unlocked: false }
    );
    ada.desk.unlock_vault(secret(PASSPHRASE)).await.unwrap();
    ada.desk.open_connection(northwind).await.unwrap();
    assert!(is_here(&ada, waiting).await && is_here(&ada, in_vault).await);
    server.start().await;
    ada.desk.sync_now().await.unwrap();
    ada.wait_synced().await;
    assert_eq!(server.verify(&text).await, (true, None));

    let status = ada.desk.move_to_os_keychain().await.unwrap();
    assert!(matches!(status, KeychainStatus::Os { .. }));
    assert!(!ada.folder().join("vault.json").exists());
    assert!(is_here(&ada, waiting).await && is_here(&ada, in_vault).await);
    assert_eq!(holds(&os, mine), before.0);
    assert_eq!(holds(&os, northwind).len(), before.1.len() + 1);
    let ada = ada.restart().await;
    ada.desk.open_connection(mine).await.unwrap();
    ada.wait_synced().await;
    assert!(is_here(&ada, made_here).await);
    for connection in [mine, northwind] {
        ada.desk.remove_connection(connection).await.unwrap();
        assert_eq!(holds(&os, connection), Vec::<String>::new());
    }
}

/// A keychain that answers so many questions and then never again, as if the program had been killed there.
struct Dying {
    inner: Arc<MemoryKeychain>,
    left: AtomicUsize,
}

impl Dying {
    fn asked(&self) -> Result<(), KeychainError> {
        self.left
            .fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1))
            .map(drop)
            .map_err(|_| KeychainError::Failed("killed".to_owned()))
    }
}

impl Keychain for Dying {
    fn get(&self, name: &str) -> Result<Option<Secret>, KeychainError> {
        self.asked()?;
        self.inner.get(name)
    }

    fn set(&self, name: &str, secret: &Secret) -> Result<(), KeychainError> {
        self.asked()?;
        self.inner.set(name, secret)
    }

    fn remove(&self, name: &str) -> Result<(), KeychainError> {
        self.asked()?;
        self.inner.remove(name)
    }

    fn rung(&self) -> Rung {
        Rung::Os
    }
}

/// Opens whatever rung a kill has left, and looks whether everything is there.
async fn everything_is_there(desk: &TestDesk, connection: ConnectionId, key: KeyId) {
    if let KeychainStatus::Vault { .. } = desk.desk.keychain_status().await.unwrap() {
        desk.desk.unlock_vault(secret(PASSPHRASE)).await.unwrap();
    }
    desk.desk.open_connection(connection).await.unwrap();
    desk.wait_synced().await;
    assert!(is_here(desk, key).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn o5_a_move_that_is_cut_anywhere_leaves_one_rung_whole() {
    let (keychain, os) = memory();
    let mut ada = TestDesk::with(os.clone());
    let connection = here(&ada).await;
    let (_, key) = ada.create("ci-deploy").await;
    ada.wait_synced().await;
    let everything = holds(&*keychain, connection);

    let mut moved = (false, false);
    for left in 0.. {
        let dying = || {
            TestKeychain::Other(Arc::new(Dying {
                inner: keychain.clone(),
                left: AtomicUsize::new(left),
            }))
        };
        // There, cut after so many questions …
        ada = ada.restart_with(dying()).await;
        moved.0 = ada.desk.move_to_vault(secret(PASSPHRASE)).await.is_ok();
        let in_vault = ada.folder().join("vault.json").exists();
        assert_eq!(moved.0, in_vault, "it says which rung it stands on");
        let copies = holds(&*keychain, connection).len();
        assert!(in_vault || copies == everything.len(), "one rung has everything");
        ada = ada.restart_with(os.clone()).await;
        everything_is_there(&ada, connection, key).await;
        if in_vault {
            let copies = holds(&*keychain, connection);
            assert_eq!(copies, Vec::<String>::new(), "copies go at the next unlocking");
        } else {
            ada.desk.move_to_vault(secret(PASSPHRASE)).await.unwrap();
        }
        // … and back.
        ada = ada.restart_with(dying()).await;
        ada.desk.unlock_vault(secret(PASSPHRASE)).await.unwrap();
        moved.1 = ada.desk.move_to_os_keychain().await.is_ok();
        assert_eq!(moved.1, !ada.folder().join("vault.json").exists());
        ada = ada.restart_with(os.clone()).await;
        everything_is_there(&ada, connection, key).await;
        if moved.1 {
            assert_eq!(holds(&*keychain, connection), everything);
        } else {
            assert_eq!(holds(&*keychain, connection), Vec::<String>::new());
            ada.desk.move_to_os_keychain().await.unwrap();
        }
        if moved == (true, true) && left > 4 * everything.len() {
            break;
        }
    }
}

/// The window and the command line share one ladder: when one moves, the other does not keep secrets on the old rung.
#[tokio::test(flavor = "multi_thread")]
async fn o5_a_move_by_another_program_is_followed() {
    let (keychain, os) = memory();
    let ada = TestDesk::with(os);
    let connection = here(&ada).await;
    ada.wait_synced().await;
    let terminal = ada.reopen().unwrap();
    terminal.desk.move_to_vault(secret(PASSPHRASE)).await.unwrap();
    let error = ada
        .desk
        .create_key(testkit::desk::draft("ci"))
        .await
        .err()
        .unwrap();
    assert_eq!(error.code(), ErrorCode::VaultLocked);
    assert_eq!(holds(&*keychain, connection), Vec::<String>::new());
    assert_eq!(ada.names().await, ["Free service key"], "nothing was made");
    ada.desk.unlock_vault(secret(PASSPHRASE)).await.unwrap();
    let (_, key) = ada.create("ci").await;

    // Another passphrase, given by one, is asked for by the other.
    let changed = terminal
        .desk
        .change_vault_passphrase(secret("not this one"), secret("seven new words"));
    let error: DeskError = changed.await.err().unwrap();
    assert_eq!(error.field(), Some("current"));
    terminal
        .desk
        .change_vault_passphrase(secret(PASSPHRASE), secret("seven new words"))
        .await
        .unwrap();
    let error = ada
        .desk
        .create_key(testkit::desk::draft("cd"))
        .await
        .err()
        .unwrap();
    assert_eq!(error.code(), ErrorCode::VaultLocked);
    ada.desk.unlock_vault(secret("seven new words")).await.unwrap();

    terminal.desk.move_to_os_keychain().await.unwrap();
    let (_, after) = ada.create("after").await;
    assert!(is_here(&ada, key).await && is_here(&ada, after).await);
    assert!(!ada.folder().join("vault.json").exists());
}

#[tokio::test(flavor = "multi_thread")]
async fn o5_where_there_is_no_keychain_the_vault_stays() {
    let ada = TestDesk::with(TestKeychain::Absent);
    ada.desk.create_vault(secret(PASSPHRASE)).await.unwrap();
    let connection = here(&ada).await;
    let error = ada.desk.move_to_os_keychain().await.err().unwrap();
    assert_eq!(error.code(), ErrorCode::KeychainAbsent);
    let ada = ada.restart().await;
    ada.desk.unlock_vault(secret(PASSPHRASE)).await.unwrap();
    ada.desk.open_connection(connection).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn o5_secrets_move_from_a_terminal() {
    on_thread(|| {
        let terminal = Terminal::new();
        let file = |name: &str, text: &str| {
            let path = terminal.home().join(name);
            std::fs::write(&path, text).unwrap();
            path.to_str().unwrap().to_owned()
        };
        let (first, second) = (
            file("first", "a long passphrase\n"),
            file("second", "seven new words\n"),
        );
        terminal.json(&["start", "--organization", "Mine"], "");
        let status = |arguments: &[&str]| terminal.json(arguments, "")["kind"].as_str().unwrap().to_owned();
        assert_eq!(status(&["keychain", "status"]), "os");
        let to_vault = ["keychain", "to-vault", "--new-passphrase-file", &first];
        assert_eq!(status(&to_vault), "vault");
        assert_eq!(
            status(&["keychain", "status"]),
            "vault",
            "no passphrase is asked for"
        );
        let (code, said) = terminal.code(&["keys", "list", "--passphrase-file", &second], "");
        assert_eq!(code, Some(6), "{said}");
        let change = ["keychain", "change-passphrase", "--passphrase-file", &first];
        assert_eq!(
            status(&[&change[..], &["--new-passphrase-file", &second]].concat()),
            "vault"
        );
        terminal.json(&["keys", "list", "--passphrase-file", &second], "");
        assert_eq!(status(&["keychain", "to-os", "--passphrase-file", &second]), "os");
        terminal.json(&["keys", "list"], "");
    })
    .await;
}
