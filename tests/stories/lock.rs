//! The lock: a window that was left open shows nothing and does nothing, and nothing is lost by it.

use std::sync::Arc;

use crypto::secret::Secret;
use desk::ErrorCode;
use desk::view::{KeyEditDraft, KeyText, KeychainStatus, LockWish, Preferences, SignIn, StartHere};
use domain::id::{ConnectionId, KeyId, OperationId, SecretId};
use keychain::{Keychain as _, MemoryKeychain};
use testkit::desk::{PASSWORD, TestKeychain, ada, all, draft};
use testkit::{SeededEntropy, TestClock, TestDesk, TestServer};

const PASSPHRASE: &str = "a long passphrase";
const MINUTE: i64 = 60;

fn secret(text: &str) -> Secret {
    Secret::new(text.to_owned())
}

fn desk() -> (TestDesk, Arc<TestClock>, Arc<MemoryKeychain>) {
    let (clock, keychain) = (
        Arc::new(TestClock::default()),
        Arc::new(MemoryKeychain::default()),
    );
    let desk = TestDesk::at(clock.clone(), TestKeychain::Memory(keychain.clone()));
    desk.desk.guard();
    (desk, clock, keychain)
}

fn mine() -> StartHere {
    StartHere {
        organization_name: "Mine".to_owned(),
        your_name: "Ada".to_owned(),
    }
}

fn wish(after_minutes: Option<u32>, on_sleep: bool) -> LockWish {
    LockWish {
        after_minutes,
        on_sleep,
        current: None,
        passphrase: Some(PASSPHRASE.to_owned()),
    }
}

fn locked(desk: &TestDesk) -> bool {
    desk.desk.lock_status().locked
}

/// Lets time pass as it does for a computer that is awake: a tick each five seconds.
async fn pass(desk: &TestDesk, clock: &TestClock, seconds: i64) {
    for _ in 0..seconds / 5 {
        clock.advance_seconds(5);
        desk.desk.tick().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn o5_keystead_locks_after_idle_minutes_and_then_refuses_everything() {
    let (ada_desk, clock, _) = desk();
    let connection = ada_desk.desk.start_here(mine()).await.unwrap().connection.id;
    let (text, key) = ada_desk.create("ci-deploy").await;
    ada_desk.wait_synced().await;
    assert!(!ada_desk.desk.lock_status().ready);
    let refused = ada_desk.desk.lock_now().await.err().unwrap();
    assert_eq!(refused.code(), ErrorCode::Refused, "nobody could unlock it again");
    let chosen = ada_desk.desk.set_lock(wish(Some(5), false)).await.unwrap();
    assert_eq!((chosen.ready, chosen.after_minutes), (true, Some(5)));

    pass(&ada_desk, &clock, 4 * MINUTE).await;
    ada_desk.desk.touch();
    pass(&ada_desk, &clock, 5 * MINUTE - 5).await;
    assert!(!locked(&ada_desk), "it was used four minutes ago");
    pass(&ada_desk, &clock, 5).await;
    assert!(locked(&ada_desk));

    let boot = ada_desk.desk.boot(Preferences::default()).await.unwrap();
    assert!(boot.lock.locked && boot.connections.is_empty() && boot.current.is_none());
    let desk = &ada_desk.desk;
    let entropy = &mut SeededEntropy::new(1);
    let at = domain::clock::Timestamp::from_micros(0);
    let (secret_id, operation) = (SecretId::make(at, entropy), OperationId::make(at, entropy));
    let sign_in = || SignIn {
        url: "http://127.0.0.1:1".to_owned(),
        email: "ada@northwind.example".to_owned(),
        password: PASSWORD.to_owned(),
    };
    let pass = || secret(PASSPHRASE);
    macro_rules! refuses {
        ($($intention:ident($($given:expr),*)),* $(,)?) => {$(
            let error = desk.$intention($($given),*).await.err();
            assert_eq!(error.map(|error| error.code()), Some(ErrorCode::Locked), stringify!($intention));
        )*};
    }
    let edit = || {
        let text = || KeyText {
            name: "ci".to_owned(),
            description: String::new(),
            requests_per_minute: None,
            people: Vec::new(),
            grants: Vec::new(),
        };
        KeyEditDraft {
            seen: text(),
            made: text(),
            notify_people: false,
        }
    };
    refuses!(
        start_here(mine()),
        start_sample(),
        probe_server("http://127.0.0.1:1"),
        sign_up(ada("http://127.0.0.1:1")),
        sign_in(sign_in()),
        sign_in_again(connection, secret(PASSWORD)),
        open_connection(connection),
        removal_preview(connection),
        remove_connection(connection),
        set_replica_aside(connection),
        create_vault(pass()),
        move_to_vault(pass()),
        move_to_os_keychain(),
        change_vault_passphrase(pass(), pass()),
        set_lock(wish(None, false)),
        recovery_status(connection),
        make_recovery_code(connection),
        copy_recovery_code(connection),
        save_recovery_code(connection),
        recover(connection, secret("7K2M")),
        list_keys(all()),
        key_detail(key),
        create_key(draft("more")),
        copy_secret(secret_id),
        save_secret(secret_id),
        reveal_secret(secret_id),
        edit_key(key, edit()),
        revoke_key(key, None),
        inspect(text.clone()),
        sync_status(),
        sync_now(),
        list_pending(),
        drop_pending(operation),
        retry_pending(operation),
        decide_edit(operation, edit()),
    );
    let wrong = desk.unlock(secret("another passphrase")).await.err().unwrap();
    assert_eq!(wrong.field(), Some("passphrase"));
    assert!(locked(&ada_desk));

    // Whoever relies on the server of this computer goes on.
    let note = std::fs::read(ada_desk.folder().join("this-computer/server.json")).unwrap();
    let note: serde_json::Value = serde_json::from_slice(&note).unwrap();
    let url = note["url"].as_str().unwrap();
    assert_eq!(testkit::server::verify(url, &text).await, (true, None));

    desk.unlock(pass()).await.unwrap();
    desk.open_connection(connection).await.unwrap();
    ada_desk.wait_synced().await;
    assert_eq!(ada_desk.names().await, ["ci-deploy", "Free service key"]);
    assert_eq!(testkit::server::verify(url, &text).await, (true, None));
}

#[tokio::test(flavor = "multi_thread")]
async fn o5_keystead_locks_when_the_computer_slept() {
    let (ada, clock, _) = desk();
    ada.desk.start_here(mine()).await.unwrap();
    ada.desk.set_lock(wish(None, true)).await.unwrap();
    pass(&ada, &clock, 60 * MINUTE).await;
    assert!(!locked(&ada), "idle is not asleep");
    clock.advance_seconds(25);
    ada.desk.tick().await;
    assert!(!locked(&ada), "a slow computer is not asleep");
    clock.advance_seconds(-10 * MINUTE);
    ada.desk.tick().await;
    assert!(!locked(&ada), "nor is one whose clock was set back");
    clock.advance_seconds(40);
    ada.desk.tick().await;
    assert!(locked(&ada));

    ada.desk.unlock(secret(PASSPHRASE)).await.unwrap();
    let mut idle_only = wish(Some(60), false);
    idle_only.current = Some(PASSPHRASE.to_owned());
    ada.desk.set_lock(idle_only).await.unwrap();
    clock.advance_seconds(10 * MINUTE);
    ada.desk.tick().await;
    assert!(!locked(&ada), "sleep was not chosen");
    clock.advance_seconds(50 * MINUTE);
    ada.desk.tick().await;
    assert!(locked(&ada), "an hour is an hour, asleep or awake");
}

#[tokio::test(flavor = "multi_thread")]
async fn o5_starting_anew_is_no_way_around_the_lock() {
    let (ada, _, keychain) = desk();
    let connection = ada.desk.start_here(mine()).await.unwrap().connection.id;
    ada.desk.set_lock(wish(Some(5), true)).await.unwrap();
    let ada = ada.restart().await;
    ada.desk.guard();
    assert!(locked(&ada));
    let error = ada.desk.open_connection(connection).await.err().unwrap();
    assert_eq!(error.code(), ErrorCode::Locked);
    ada.desk.unlock(secret(PASSPHRASE)).await.unwrap();
    ada.desk.open_connection(connection).await.unwrap();

    // The hash of its passphrase is an item of the keychain; no file holds either.
    let hash = keychain
        .names()
        .unwrap()
        .unwrap()
        .into_iter()
        .find(|name| name.starts_with("lock/"))
        .unwrap();
    let hash = keychain.get(&hash).unwrap().unwrap();
    assert!(hash.expose().starts_with("$argon2id$"));
    let file = std::fs::read_to_string(ada.folder().join("lock.json")).unwrap();
    assert!(!file.contains("argon2id") && !file.contains(PASSPHRASE), "{file}");

    // Who has forgotten the passphrase takes the item away: whoever can do that could read the rest, too.
    ada.desk.lock_now().await.unwrap();
    let item = keychain.names().unwrap().unwrap();
    let item = item.iter().find(|name| name.starts_with("lock/")).unwrap();
    keychain.remove(item).unwrap();
    ada.desk.unlock(secret("forgotten")).await.unwrap();
    assert!(!ada.desk.lock_status().ready);

    // What was chosen is never taken for nothing.
    std::fs::write(ada.folder().join("lock.json"), b"{ torn").unwrap();
    let error = ada.reopen().err().unwrap();
    assert!(error.to_string().contains("the lock can't be read"), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn o5_the_lock_is_changed_only_by_who_knows_its_passphrase() {
    let (ada, _, keychain) = desk();
    ada.desk.start_here(mine()).await.unwrap();
    let mut without = wish(Some(5), true);
    without.passphrase = None;
    let error = ada.desk.set_lock(without).await.err().unwrap();
    assert_eq!(error.field(), Some("passphrase"));
    let mut short = wish(Some(5), true);
    short.passphrase = Some("short".to_owned());
    assert_eq!(
        ada.desk.set_lock(short).await.err().unwrap().field(),
        Some("passphrase")
    );
    let error = ada.desk.set_lock(wish(Some(0), true)).await.err().unwrap();
    assert_eq!(error.field(), Some("afterMinutes"));
    ada.desk.set_lock(wish(Some(5), true)).await.unwrap();
    let has_item = || {
        let names = keychain.names().unwrap().unwrap();
        names.iter().filter(|name| name.starts_with("lock/")).count()
    };
    assert_eq!(has_item(), 1);

    let change = |current: Option<&str>, after: Option<u32>, passphrase: Option<&str>| LockWish {
        after_minutes: after,
        on_sleep: after.is_some(),
        current: current.map(str::to_owned),
        passphrase: passphrase.map(str::to_owned),
    };
    for current in [None, Some("another passphrase")] {
        let error = ada
            .desk
            .set_lock(change(current, None, None))
            .await
            .err()
            .unwrap();
        assert_eq!(error.field(), Some("current"));
        assert_eq!(
            ada.desk.lock_status().after_minutes,
            Some(5),
            "nothing was changed"
        );
    }
    let renewed = change(Some(PASSPHRASE), Some(15), Some("seven new words"));
    ada.desk.set_lock(renewed).await.unwrap();
    assert_eq!(has_item(), 1, "it took the place of the old one");
    ada.desk.lock_now().await.unwrap();
    assert!(ada.desk.unlock(secret(PASSPHRASE)).await.is_err());
    ada.desk.unlock(secret("seven new words")).await.unwrap();
    let off = change(Some("seven new words"), None, None);
    let status = ada.desk.set_lock(off).await.unwrap();
    assert!(!status.ready && !status.on_sleep);
    assert_eq!(has_item(), 0);
    let ada = ada.restart().await;
    ada.desk.guard();
    assert!(!locked(&ada));
}

/// On the vault's rung its passphrase unlocks; what waits in the outbox outlives the lock and is sent after it.
#[tokio::test(flavor = "multi_thread")]
async fn o5_locking_drops_the_vaults_key_and_loses_nothing() {
    let mut server = TestServer::new().await;
    let ada = TestDesk::with(TestKeychain::Absent);
    ada.desk.guard();
    ada.desk.create_vault(secret(PASSPHRASE)).await.unwrap();
    let status = ada.desk.lock_status();
    assert!(status.ready && status.on_sleep && status.after_minutes.is_none());
    let connection: ConnectionId = ada.sign_up(&server.url()).await.connection.id;
    server.stop().await;
    ada.wait_offline().await;
    let (text, key): (String, KeyId) = ada.create("made-offline").await;
    ada.desk.lock_now().await.unwrap();
    assert_eq!(
        ada.desk.keychain_status().await.unwrap(),
        KeychainStatus::Vault { unlocked: false }
    );
    let error = ada.desk.key_detail(key).await.err().unwrap();
    assert_eq!(error.code(), ErrorCode::Locked);
    server.start().await;
    let wrong = ada.desk.unlock(secret("another passphrase")).await.err().unwrap();
    assert_eq!(
        (wrong.code(), wrong.field()),
        (ErrorCode::WrongPassphrase, Some("passphrase"))
    );
    assert!(locked(&ada));
    ada.desk.unlock(secret(PASSPHRASE)).await.unwrap();
    ada.desk.open_connection(connection).await.unwrap();
    ada.desk.sync_now().await.unwrap();
    ada.wait_synced().await;
    assert_eq!(server.verify(&text).await, (true, None));
}

#[tokio::test(flavor = "multi_thread")]
async fn o5_the_lock_follows_the_secrets_between_the_rungs() {
    let (ada, _, keychain) = desk();
    ada.desk.start_here(mine()).await.unwrap();
    ada.desk.set_lock(wish(Some(15), true)).await.unwrap();
    ada.desk.move_to_vault(secret("seven new words")).await.unwrap();
    assert_eq!(keychain.names().unwrap().unwrap(), Vec::<String>::new());
    let status = ada.desk.lock_status();
    assert_eq!((status.ready, status.after_minutes), (true, Some(15)));
    ada.desk.lock_now().await.unwrap();
    assert!(
        ada.desk.unlock(secret(PASSPHRASE)).await.is_err(),
        "the vault's opens it now"
    );
    ada.desk.unlock(secret("seven new words")).await.unwrap();
    ada.desk.move_to_os_keychain().await.unwrap();
    assert!(
        !ada.desk.lock_status().ready,
        "off until it has a passphrase again"
    );
    let ada = ada.restart().await;
    ada.desk.guard();
    assert!(!locked(&ada));
}
