//! Keys given new secrets (K7), paused and resumed (K8), one or many: with live traffic, and offline.

use desk::view::{PendingOperation, Stop};
use desk::{ErrorCode, OutboxState};
use domain::id::KeyId;
use domain::key::KeyState;
use domain::rotation::RotationStep;
use testkit::{TestDesk, TestServer, wait_for};

const DAY: u32 = 86_400;

async fn rotate(ada: &TestDesk, key: KeyId, overlap: u32) -> String {
    let created = ada.desk.rotate_key(key, overlap).await.unwrap();
    format!("{}{}{}", created.prefix, created.body, created.checksum)
}

async fn state(ada: &TestDesk, key: KeyId) -> KeyState {
    ada.desk.key_detail(key).await.unwrap().row.state
}

fn retired() -> (bool, Option<String>) {
    (false, Some("retired".to_owned()))
}

/// Create, update what uses it, see its traffic, retire the old: the key stays the same all along.
#[tokio::test(flavor = "multi_thread")]
async fn k7_a_key_in_use_is_rotated_without_downtime() {
    let server = TestServer::new().await;
    let ada = TestDesk::new();
    ada.sign_up(&server.url()).await;
    let (old, key) = ada.create("ci").await;
    ada.wait_synced().await;
    assert_eq!(server.verify(&old).await, (true, None));

    let new = rotate(&ada, key, DAY).await;
    ada.wait_synced().await;
    assert_eq!(state(&ada, key).await, KeyState::Rotating);
    for secret in [&old, &new, &new] {
        assert_eq!(server.verify(secret).await, (true, None));
    }
    let watched = wait_for("both are seen used", || async {
        let detail = ada.desk.key_detail(key).await.ok()?;
        let used = detail
            .secrets
            .iter()
            .map(|secret| secret.use_count)
            .collect::<Vec<_>>();
        (used == [2, 2]).then_some(detail)
    })
    .await;
    let rotation = watched.rotation.unwrap();
    assert_eq!(
        (rotation.new, rotation.old),
        (watched.secrets[0].id, watched.secrets[1].id),
        "newest first"
    );
    assert!(!rotation.drained && watched.secrets.iter().all(|secret| secret.on_this_computer));
    assert_eq!(watched.secrets[1].last_used_from.as_deref(), Some("127.0.0.1"));
    let usage = ada.desk.key_usage(key, 24).await.unwrap();
    let of = |id| {
        usage
            .hours
            .iter()
            .filter(|hour| hour.secret_id == id)
            .map(|hour| hour.uses)
            .sum::<u32>()
    };
    assert_eq!((of(rotation.old), of(rotation.new)), (2, 2));

    ada.desk.step_rotation(key, RotationStep::Finish).await.unwrap();
    ada.wait_synced().await;
    assert_eq!(server.verify(&old).await, retired());
    assert_eq!(server.verify(&new).await, (true, None));
    let detail = ada.desk.key_detail(key).await.unwrap();
    assert_eq!(
        (detail.row.state, detail.rotation.is_none()),
        (KeyState::Active, true)
    );
    assert_eq!(
        detail.row.last_four,
        new[new.len() - 4..],
        "the list shows the one that works"
    );
    let said = &ada.desk.inspect(old).await.unwrap().findings[0];
    assert_eq!(
        said.sentence,
        "An old secret of ci: another took its place. It gives access to nothing any more."
    );
}

/// Offline the new secret is born and kept; nothing changes for those who use the old one until the server knows.
#[tokio::test(flavor = "multi_thread")]
async fn k7_o2_rotated_offline_the_old_secret_works_until_the_server_knows() {
    let mut server = TestServer::new().await;
    let ada = TestDesk::new();
    let connection = ada.sign_up(&server.url()).await.connection.id;
    let (old, key) = ada.create("ci").await;
    ada.wait_synced().await;
    server.stop().await;
    ada.wait_offline().await;

    let new = rotate(&ada, key, 0).await;
    let pending = ada.desk.list_pending().await.unwrap();
    assert_eq!(
        (pending[0].operation, pending[0].key_name.as_str()),
        (PendingOperation::Rotate, "ci")
    );
    let report = ada.desk.inspect(new.clone()).await.unwrap();
    assert_eq!(
        report.findings[0].sentence,
        "The new secret of ci. Its rotation is not yet in force: the server has not confirmed it."
    );
    let again = ada.desk.rotate_key(key, 0).await.err().unwrap();
    assert_eq!(again.to_string(), "its rotation waits for the server already");
    let ada = ada.restart().await;
    ada.desk.open_connection(connection).await.unwrap();
    server.start().await;
    ada.wait_synced().await;
    assert_eq!(server.verify(&old).await, retired());
    assert_eq!(server.verify(&new).await, (true, None));

    // Dropped before it was sent, its secret leaves the keychain.
    server.stop().await;
    ada.wait_offline().await;
    let created = ada.desk.rotate_key(key, 0).await.unwrap();
    let wanted = ada.desk.list_pending().await.unwrap();
    if wanted[0].state == OutboxState::Waiting {
        ada.desk.drop_pending(wanted[0].operation_id).await.unwrap();
        let gone = ada.desk.copy_secret(created.secret_id).await.err().unwrap();
        assert_eq!(gone.code(), ErrorCode::NotFound);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn k7_a_rotation_is_extended_and_rolled_back() {
    let server = TestServer::new().await;
    let ada = TestDesk::new();
    ada.sign_up(&server.url()).await;
    let (old, key) = ada.create("ci").await;
    ada.wait_synced().await;
    let none = ada
        .desk
        .step_rotation(key, RotationStep::Finish)
        .await
        .err()
        .unwrap();
    assert_eq!(
        none.to_string(),
        "this key is not being rotated; its rotation has ended"
    );
    let long = ada.desk.rotate_key(key, 90 * DAY + 1).await.err().unwrap();
    assert_eq!(long.field(), Some("overlapSeconds"));
    let new = rotate(&ada, key, DAY).await;
    ada.wait_synced().await;
    let ends = async || ada.desk.key_detail(key).await.unwrap().rotation.unwrap().ends_at;
    let before = ends().await;
    let longer = RotationStep::Extend {
        overlap_seconds: 7 * DAY,
    };
    ada.desk.step_rotation(key, longer).await.unwrap();
    ada.wait_synced().await;
    assert!(ends().await > before.plus_days(5));
    ada.desk.step_rotation(key, RotationStep::RollBack).await.unwrap();
    ada.wait_synced().await;
    assert_eq!(server.verify(&new).await, retired());
    assert_eq!(server.verify(&old).await, (true, None));
    assert_eq!(state(&ada, key).await, KeyState::Active);
}

#[tokio::test(flavor = "multi_thread")]
async fn k8_a_pause_made_offline_goes_first_and_can_be_taken_back() {
    let mut server = TestServer::new().await;
    let ada = TestDesk::still();
    ada.desk.sign_up(testkit::desk::ada(&server.url())).await.unwrap();
    let (secret, key) = ada.create("ci").await;
    ada.desk.sync_now().await.unwrap();
    server.stop().await;
    // Meant before the pause, and sent after it.
    ada.create("later").await;
    ada.desk.stop_key(key, Stop::Pause).await.unwrap();
    let mark = ada.desk.key_detail(key).await.unwrap().row.pending.unwrap();
    assert_eq!(
        (mark.operation, mark.state),
        (PendingOperation::Pause, OutboxState::Waiting)
    );
    // Taken back before it was sent, nothing of it is left.
    ada.desk.stop_key(key, Stop::Resume).await.unwrap();
    assert_eq!(ada.desk.list_pending().await.unwrap().len(), 1);
    ada.desk.stop_key(key, Stop::Pause).await.unwrap();
    server.start().await;
    ada.desk.sync_now().await.unwrap();
    assert_eq!(state(&ada, key).await, KeyState::Paused);
    assert_eq!(server.verify(&secret).await, (false, Some("paused".to_owned())));
    let order = server
        .texts("SELECT type FROM activity WHERE type LIKE 'key_%' ORDER BY at, sequence")
        .await;
    assert_eq!(order, ["key_created", "key_paused", "key_created"]);
    let twice = ada.desk.stop_key(key, Stop::Pause).await.err().unwrap();
    assert_eq!(
        (twice.code(), twice.to_string().as_str()),
        (ErrorCode::Refused, "this key is paused already")
    );
    ada.desk.stop_key(key, Stop::Resume).await.unwrap();
    ada.desk.sync_now().await.unwrap();
    assert_eq!(server.verify(&secret).await, (true, None));
}

/// Two who pause the same key mean the same: nobody is bothered with it.
#[tokio::test(flavor = "multi_thread")]
async fn k8_a_pause_that_somebody_else_made_too_is_forgotten() {
    let server = TestServer::new().await;
    let (ada, laptop) = (TestDesk::still(), TestDesk::still());
    ada.desk.sign_up(testkit::desk::ada(&server.url())).await.unwrap();
    let (_, key) = ada.create("ci").await;
    ada.desk.sync_now().await.unwrap();
    let request = desk::view::SignIn {
        url: server.url(),
        email: "ada@northwind.example".to_owned(),
        password: testkit::desk::PASSWORD.to_owned(),
    };
    laptop.desk.sign_in(request).await.unwrap();
    laptop.desk.sync_now().await.unwrap();
    for desk in [&ada, &laptop] {
        desk.desk.stop_key(key, Stop::Pause).await.unwrap();
    }
    for desk in [&ada, &laptop] {
        desk.desk.sync_now().await.unwrap();
        desk.desk.sync_now().await.unwrap();
        assert!(desk.desk.list_pending().await.unwrap().is_empty());
        assert_eq!(state(desk, key).await, KeyState::Paused);
    }
    let paused = "SELECT COUNT(*) FROM activity WHERE type = 'key_paused'";
    assert_eq!(server.number(paused).await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn k8_k9_many_keys_are_paused_and_revoked_at_once() {
    let server = TestServer::new().await;
    let ada = TestDesk::new();
    ada.sign_up(&server.url()).await;
    let mut keys = Vec::new();
    let mut secrets = Vec::new();
    for number in 0..5 {
        let (secret, key) = ada.create(&format!("key {number}")).await;
        keys.push(key);
        secrets.push(secret);
    }
    ada.wait_synced().await;
    assert_eq!(server.verify(&secrets[0]).await, (true, None));
    wait_for("its use is seen", || async {
        let detail = ada.desk.key_detail(keys[0]).await.ok()?;
        (detail.use_count == 1).then_some(())
    })
    .await;
    let page = ada.desk.list_keys(testkit::desk::all()).await.unwrap();
    let free = page.rows.iter().find(|row| row.free).unwrap().id;

    let report = ada.desk.stop_keys(keys.clone(), Stop::Pause, None).await.unwrap();
    assert_eq!((report.done, report.refused.len()), (5, 0));
    ada.wait_synced().await;
    for secret in &secrets {
        assert_eq!(server.verify(secret).await, (false, Some("paused".to_owned())));
    }
    // What can't be done is named, and is no obstacle; what was used lately asks how many.
    let mut chosen = keys.clone();
    chosen.push(free);
    let asked = ada
        .desk
        .stop_keys(chosen.clone(), Stop::Revoke, None)
        .await
        .err()
        .unwrap();
    assert_eq!(asked.field(), Some("confirmCount"));
    assert!(asked.to_string().starts_with("1 of these keys"), "{asked}");
    assert!(
        ada.desk.list_pending().await.unwrap().is_empty(),
        "nothing is done yet"
    );
    let report = ada.desk.stop_keys(chosen, Stop::Revoke, Some(6)).await.unwrap();
    assert_eq!(report.done, 5);
    assert_eq!(
        (report.refused[0].key_id, report.refused[0].reason.as_str()),
        (
            free,
            "The free service key can't be revoked; every organization keeps exactly one."
        )
    );
    ada.wait_synced().await;
    for key in keys {
        assert_eq!(state(&ada, key).await, KeyState::Revoked);
    }
}
