//! Offline and sync: nothing lost, nothing twice, nothing silently overwritten (O2, O3, O4).

use desk::view::{
    ActionPermission, EditField, KeyEditDraft, KeyText, Opened, PendingChange, PendingOperation, SignIn,
};
use desk::{DeskTopic, ErrorCode, OutboxState};
use domain::id::KeyId;
use domain::role::{Action, Role};
use testkit::desk::{PASSWORD, draft};
use testkit::trouble::{CuttingProxy, Gate};
use testkit::{TestDesk, TestServer, wait_for};

/// Ada's second computer.
async fn another(url: &str) -> TestDesk {
    let desk = TestDesk::new();
    let request = SignIn {
        url: url.to_owned(),
        email: "ada@northwind.example".to_owned(),
        password: PASSWORD.to_owned(),
    };
    desk.desk.sign_in(request).await.unwrap();
    desk.wait_synced().await;
    desk
}

async fn text_of(ada: &TestDesk, key: KeyId) -> KeyText {
    let row = ada.desk.key_detail(key).await.unwrap().row;
    KeyText {
        name: row.name,
        description: row.description,
        requests_per_minute: row.requests_per_minute,
        people: Vec::new(),
        grants: Vec::new(),
    }
}

/// Edits what is shown now.
async fn edit(ada: &TestDesk, key: KeyId, name: Option<&str>, description: Option<&str>) {
    let seen = text_of(ada, key).await;
    let made = KeyText {
        name: name.map_or_else(|| seen.name.clone(), str::to_owned),
        description: description.map_or_else(|| seen.description.clone(), str::to_owned),
        requests_per_minute: seen.requests_per_minute,
        people: Vec::new(),
        grants: Vec::new(),
    };
    ada.desk
        .edit_key(key, KeyEditDraft::of(seen, made))
        .await
        .unwrap();
}

/// Waits until a desk shows a key so, with nothing left to wait for.
async fn shows(ada: &TestDesk, key: KeyId, name: &str, description: &str) {
    wait_for(&format!("{name}: {description}"), || async {
        let row = ada.desk.key_detail(key).await.ok()?.row;
        (row.name == name && row.description == description && row.pending.is_none()).then_some(())
    })
    .await;
}

async fn only_pending(ada: &TestDesk) -> PendingChange {
    let mut pending = ada.desk.list_pending().await.unwrap();
    assert_eq!(pending.len(), 1);
    pending.remove(0)
}

async fn in_conflict(ada: &TestDesk) -> PendingChange {
    wait_for("a conflict", || async {
        let pending = ada.desk.list_pending().await.ok()?;
        pending
            .into_iter()
            .find(|change| change.state == OutboxState::Conflict)
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn k4_o2_an_edit_made_offline_waits_survives_and_is_applied_once() {
    let mut server = TestServer::new().await;
    let ada = TestDesk::new();
    ada.sign_up(&server.url()).await;
    let (_, key) = ada.create("ci").await;
    ada.wait_synced().await;
    server.stop().await;
    ada.wait_offline().await;

    edit(&ada, key, Some("ci-deploy"), None).await;
    edit(&ada, key, None, Some("deploys")).await;
    let change = only_pending(&ada).await;
    assert_eq!(
        (change.operation, change.state, change.key_name.as_str()),
        (PendingOperation::Edit, OutboxState::Waiting, "ci")
    );
    let ada = ada.restart().await;
    let id = ada.desk.last_used().unwrap();
    ada.desk.open_connection(id).await.unwrap();
    let row = ada.desk.key_detail(key).await.unwrap().row;
    assert_eq!(
        (row.name.as_str(), row.description.as_str()),
        ("ci-deploy", "deploys")
    );
    assert!(row.pending.is_some());
    assert_eq!(
        ada.names().await,
        ["ci-deploy", "Free service key"],
        "found by its new name"
    );

    server.start().await;
    ada.desk.sync_now().await.unwrap();
    shows(&ada, key, "ci-deploy", "deploys").await;
    shows(&another(&server.url()).await, key, "ci-deploy", "deploys").await;
    let edits = server
        .number("SELECT COUNT(*) FROM activity WHERE type = 'key_edited'")
        .await;
    assert_eq!(edits, 1, "two edits that were never sent are one");
}

/// Trap 4, for edits: wherever the answer is cut, the edit is in force once.
#[tokio::test(flavor = "multi_thread")]
async fn k4_o2_an_edit_whose_answer_is_lost_is_asked_again_and_done_once() {
    let server = TestServer::new().await;
    let proxy = CuttingProxy::before(server.address(), "PATCH /v1/organizations/").await;
    let ada = TestDesk::new();
    ada.sign_up(&proxy.url()).await;
    let (_, key) = ada.create("ci").await;
    ada.wait_synced().await;
    for (at, bytes) in [0, 20, 400].into_iter().enumerate() {
        proxy.cut_after(bytes);
        edit(&ada, key, Some(&format!("ci-{at}")), None).await;
        shows(&ada, key, &format!("ci-{at}"), "").await;
    }
    assert_eq!(proxy.cuts(), 3);
    let edits = server
        .number("SELECT COUNT(*) FROM activity WHERE type = 'key_edited'")
        .await;
    assert_eq!(edits, 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn o4_fields_changed_on_one_side_merge() {
    let server = TestServer::new().await;
    let ada = TestDesk::new();
    ada.sign_up(&server.url()).await;
    let (_, key) = ada.create("ci").await;
    ada.wait_synced().await;
    let gate = Gate::before(server.address()).await;
    let laptop = another(&gate.url()).await;
    gate.shut();
    laptop.wait_offline().await;
    edit(&laptop, key, Some("ci-laptop"), None).await;
    edit(&ada, key, None, Some("from the desk")).await;
    shows(&ada, key, "ci", "from the desk").await;
    gate.open();
    laptop.desk.sync_now().await.unwrap();
    shows(&laptop, key, "ci-laptop", "from the desk").await;
    shows(&ada, key, "ci-laptop", "from the desk").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn o4_the_same_field_changed_on_both_is_decided_side_by_side() {
    let server = TestServer::new().await;
    let ada = TestDesk::new();
    ada.sign_up(&server.url()).await;
    let (_, first) = ada.create("first").await;
    let (_, second) = ada.create("second").await;
    ada.wait_synced().await;
    let gate = Gate::before(server.address()).await;
    let laptop = another(&gate.url()).await;
    gate.shut();
    laptop.wait_offline().await;
    edit(&laptop, first, Some("mine"), Some("mine too")).await;
    edit(&laptop, second, Some("mine"), None).await;
    edit(&ada, first, Some("theirs"), None).await;
    edit(&ada, second, Some("theirs"), None).await;
    ada.wait_synced().await;
    gate.open();
    laptop.desk.sync_now().await.unwrap();
    wait_for("two conflicts", || async {
        let status = laptop.desk.sync_status().await.ok()?;
        (status.needs_you == 2 && status.waiting == 0).then_some(())
    })
    .await;
    // Until it is decided, what is in force is shown, and nothing was overwritten.
    assert_eq!(text_of(&laptop, first).await.name, "theirs");
    shows(&ada, first, "theirs", "").await;

    let pending = laptop.desk.list_pending().await.unwrap();
    let of = |key| pending.iter().find(|change| change.key_id == key).unwrap();
    let both = of(first).edit.clone().unwrap();
    assert_eq!(both.conflicts, [EditField::Name]);
    assert_eq!(
        (
            both.base.name.as_str(),
            both.mine.name.as_str(),
            both.theirs.as_ref().unwrap().name.as_str()
        ),
        ("first", "mine", "theirs")
    );
    // The first for mine, the second for theirs.
    let decide = |change: &PendingChange, made: KeyText| {
        let (desk, id, seen) = (
            laptop.desk.clone(),
            change.operation_id,
            change.edit.clone().unwrap().theirs.unwrap(),
        );
        async move { desk.decide_edit(id, KeyEditDraft::of(seen, made)).await.unwrap() }
    };
    decide(of(first), both.mine.clone()).await;
    let other = of(second).edit.clone().unwrap();
    decide(of(second), other.theirs.unwrap()).await;
    laptop.wait_synced().await;
    shows(&laptop, first, "mine", "mine too").await;
    shows(&laptop, second, "theirs", "").await;
    shows(&ada, first, "mine", "mine too").await;
    shows(&ada, second, "theirs", "").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn o4_a_conflict_lets_a_revocation_pass_and_waits_for_its_author() {
    let server = TestServer::new().await;
    let ada = TestDesk::new();
    ada.sign_up(&server.url()).await;
    let (secret, key) = ada.create("ci").await;
    ada.wait_synced().await;
    let gate = Gate::before(server.address()).await;
    let laptop = another(&gate.url()).await;
    gate.shut();
    laptop.wait_offline().await;
    edit(&laptop, key, Some("mine"), None).await;
    edit(&ada, key, Some("theirs"), None).await;
    ada.wait_synced().await;
    gate.open();
    laptop.desk.sync_now().await.unwrap();
    let change = in_conflict(&laptop).await;
    let refused = laptop
        .desk
        .edit_key(
            key,
            KeyEditDraft {
                seen: text_of(&laptop, key).await,
                made: change.edit.clone().unwrap().mine,
                notify_people: false,
            },
        )
        .await
        .err()
        .unwrap();
    assert!(refused.to_string().contains("still to be decided"), "{refused}");
    laptop.desk.revoke_key(key, None).await.unwrap();
    laptop.wait_synced().await;
    assert_eq!(server.verify(&secret).await, (false, Some("revoked".to_owned())));
    assert_eq!(
        in_conflict(&laptop).await.operation_id,
        change.operation_id,
        "it stays"
    );
    laptop.desk.drop_pending(change.operation_id).await.unwrap();
    assert!(laptop.desk.list_pending().await.unwrap().is_empty());
}

/// A refused change says why and keeps what its author wrote; mended, it goes again.
#[tokio::test(flavor = "multi_thread")]
async fn o2_a_refused_edit_keeps_what_was_written() {
    let server = TestServer::new().await;
    let ada = TestDesk::new();
    ada.sign_up(&server.url()).await;
    let (_, key) = ada.create("ci").await;
    ada.wait_synced().await;
    // The role is taken away behind the desk's back, as another admin would while it was offline.
    server
        .execute("UPDATE member SET role = 'viewer' WHERE role = 'owner'")
        .await;
    edit(&ada, key, Some("uno"), None).await;
    let refused = wait_for("a refusal", || async {
        let pending = ada.desk.list_pending().await.ok()?;
        pending
            .into_iter()
            .find(|change| change.state == OutboxState::Refused)
    })
    .await;
    assert!(refused.message.unwrap().contains("role"));
    assert_eq!(refused.edit.unwrap().mine.name, "uno");
    assert_eq!(text_of(&ada, key).await.name, "ci", "what is in force");
    assert_eq!(ada.desk.sync_status().await.unwrap().needs_you, 1);
    server
        .execute("UPDATE member SET role = 'owner' WHERE role = 'viewer'")
        .await;
    ada.desk.retry_pending(refused.operation_id).await.unwrap();
    shows(&ada, key, "uno", "").await;
}

/// Trap 6: when what a person may see changes, the copy is read anew, and what may not be seen goes, but not what was
/// made here and waits.
#[tokio::test(flavor = "multi_thread")]
async fn o3_lost_visibility_takes_the_rows_away_at_the_next_sync() {
    let server = TestServer::new().await;
    let ada = TestDesk::new();
    ada.sign_up(&server.url()).await;
    ada.create("ci").await;
    ada.wait_synced().await;
    server
        .execute("UPDATE member SET role = 'viewer', epoch = epoch + 1 WHERE role = 'owner'")
        .await;
    ada.desk.sync_now().await.unwrap();
    assert_eq!(ada.names().await, Vec::<String>::new());
    server
        .execute("UPDATE member SET role = 'owner', epoch = epoch + 1 WHERE role = 'viewer'")
        .await;
    ada.desk.sync_now().await.unwrap();
    assert_eq!(ada.names().await, ["ci", "Free service key"]);
}

/// A role that was changed holds at the next sync, in the workspace that is open and in the list of connections.
#[tokio::test(flavor = "multi_thread")]
async fn o3_another_role_holds_without_opening_anew() {
    let server = TestServer::new().await;
    let ada = TestDesk::new();
    let opened = ada.sign_up(&server.url()).await;
    let (_, key) = ada.create("ci").await;
    ada.wait_synced().await;
    let connection = opened.connection.id;
    let mut topics = ada.desk.topics();

    server.change_role(Role::Viewer).await;
    ada.desk.sync_now().await.unwrap();
    let refused = ada.desk.create_key(draft("more")).await.err().unwrap();
    assert_eq!(refused.code(), ErrorCode::Refused, "{refused}");
    let again = ada.desk.open_connection(connection).await.unwrap();
    assert_eq!(again.connection.role, Role::Viewer);
    assert_eq!(ada.desk.connections()[0].role, Role::Viewer);
    let manages = |opened: &Opened| {
        let of = |given: &&ActionPermission| given.action == Action::ManageKeys;
        opened.permissions.iter().find(of).unwrap().allowed
    };
    assert!(manages(&opened) && !manages(&again));
    let mut told = false;
    while let Ok(topics) = topics.try_recv() {
        told |= topics.contains(&DeskTopic::Connections);
    }
    assert!(told, "the window reads it anew");

    // It is remembered, for a start without the server.
    let ada = ada.restart().await;
    assert_eq!(ada.desk.connections()[0].role, Role::Viewer);
    let opened = ada.desk.open_connection(connection).await.unwrap();
    assert_eq!(opened.connection.role, Role::Viewer);

    server.change_role(Role::Owner).await;
    ada.desk.sync_now().await.unwrap();
    edit(&ada, key, Some("back"), None).await;
    shows(&ada, key, "back", "").await;
}

/// A lost answer is no conflict: it is asked for again before anything is merged, however the key looks by then.
#[tokio::test(flavor = "multi_thread")]
async fn o4_an_edit_that_arrived_is_no_conflict_when_somebody_went_on_from_it() {
    let server = TestServer::new().await;
    let proxy = CuttingProxy::before(server.address(), "PATCH /v1/organizations/").await;
    let laptop = TestDesk::still();
    laptop
        .desk
        .sign_up(testkit::desk::ada(&proxy.url()))
        .await
        .unwrap();
    let (_, key) = laptop.create("ci").await;
    laptop.desk.sync_now().await.unwrap();
    proxy.cut_after(10);
    edit(&laptop, key, Some("mine"), None).await;
    laptop.desk.sync_now().await.unwrap();
    assert_eq!(proxy.cuts(), 1);
    assert_eq!(only_pending(&laptop).await.state, OutboxState::Sent);

    let ada = another(&server.url()).await;
    assert_eq!(text_of(&ada, key).await.name, "mine", "it is in force");
    edit(&ada, key, Some("theirs"), None).await;
    ada.wait_synced().await;
    laptop.desk.sync_now().await.unwrap();
    assert!(laptop.desk.list_pending().await.unwrap().is_empty());
    assert_eq!(text_of(&laptop, key).await.name, "theirs");
}

/// A desk whose answers to writes can be cut, and the length of the answer to making a key.
async fn behind_a_cutter(server: &TestServer) -> (CuttingProxy, TestDesk, i64) {
    let proxy = CuttingProxy::before(server.address(), "idempotency-key").await;
    let ada = TestDesk::still();
    ada.desk.sign_up(testkit::desk::ada(&proxy.url())).await.unwrap();
    ada.create("first").await;
    ada.desk.sync_now().await.unwrap();
    let answer = proxy.last_length();
    assert!(answer > 500, "an answer has a head and a body");
    (proxy, ada, answer)
}

/// Cuts the next answer to a write behind so many bytes; then nothing is lost, and the next round asks again.
async fn cut(proxy: &CuttingProxy, ada: &TestDesk, bytes: i64) {
    let before = proxy.cuts();
    proxy.cut_after(bytes);
    ada.desk.sync_now().await.unwrap();
    assert_eq!(proxy.cuts(), before + 1, "cut behind byte {bytes}");
    let left = ada.desk.list_pending().await.unwrap();
    // Times are written without the zeros they end in, so some answers are shorter and came whole.
    if bytes >= proxy.last_length() {
        assert!(left.is_empty(), "whole at byte {bytes}: {left:?}");
        return;
    }
    assert!(
        !left.is_empty() && left.iter().all(|change| change.state == OutboxState::Sent),
        "cut behind byte {bytes}: {left:?}"
    );
    ada.desk.sync_now().await.unwrap();
    assert!(ada.desk.list_pending().await.unwrap().is_empty());
}

/// Trap 4 whole: the connection is cut behind every single byte of the answer, and each key is made once, with a secret
/// that works.
#[tokio::test(flavor = "multi_thread")]
async fn k3_o2_making_a_key_is_cut_at_every_byte_and_done_once() {
    let server = TestServer::new().await;
    let (proxy, ada, answer) = behind_a_cutter(&server).await;
    for bytes in 0..answer {
        let (secret, _) = ada.create(&format!("key {bytes}")).await;
        cut(&proxy, &ada, bytes).await;
        if bytes % 100 == 0 {
            assert_eq!(server.verify(&secret).await, (true, None));
        }
    }
    let made = "SELECT COUNT(*) FROM activity WHERE type = 'key_created'";
    assert_eq!(server.number(made).await, answer + 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn k4_o2_editing_a_key_is_cut_at_every_byte_and_done_once() {
    let server = TestServer::new().await;
    let (proxy, ada, _) = behind_a_cutter(&server).await;
    let (_, key) = ada.create("edited").await;
    ada.desk.sync_now().await.unwrap();
    edit(&ada, key, Some("edited 100"), None).await;
    ada.desk.sync_now().await.unwrap();
    let answer = proxy.last_length();
    for bytes in 0..answer {
        edit(&ada, key, Some(&format!("edited {bytes}")), None).await;
        cut(&proxy, &ada, bytes).await;
    }
    let edits = "SELECT COUNT(*) FROM activity WHERE type = 'key_edited'";
    assert_eq!(server.number(edits).await, answer + 1);
    assert_eq!(text_of(&ada, key).await.name, format!("edited {}", answer - 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn k9_o2_revoking_a_key_is_cut_at_every_byte_and_done_once() {
    let server = TestServer::new().await;
    let (proxy, ada, answer) = behind_a_cutter(&server).await;
    for bytes in 0..answer {
        let (secret, key) = ada.create(&format!("key {bytes}")).await;
        ada.desk.sync_now().await.unwrap();
        ada.desk.revoke_key(key, None).await.unwrap();
        cut(&proxy, &ada, bytes).await;
        if bytes % 100 == 0 {
            assert_eq!(server.verify(&secret).await, (false, Some("revoked".to_owned())));
        }
    }
    let revoked = "SELECT COUNT(*) FROM activity WHERE type = 'key_revoked'";
    assert_eq!(server.number(revoked).await, answer);
}

/// Trap 4: a lost answer to "rotate" and the retry give one secret, and it works.
#[tokio::test(flavor = "multi_thread")]
async fn k7_o2_rotating_a_key_is_cut_at_every_byte_and_done_once() {
    let server = TestServer::new().await;
    let (proxy, ada, answer) = behind_a_cutter(&server).await;
    // A rotated key is told with two secrets: its answer is longer.
    for bytes in 0..answer + 250 {
        let (old, key) = ada.create(&format!("key {bytes}")).await;
        ada.desk.sync_now().await.unwrap();
        let created = ada.desk.rotate_key(key, 0).await.unwrap();
        cut(&proxy, &ada, bytes).await;
        if bytes % 100 == 0 {
            let new = format!("{}{}{}", created.prefix, created.body, created.checksum);
            assert_eq!(server.verify(&old).await, (false, Some("retired".to_owned())));
            assert_eq!(server.verify(&new).await, (true, None));
        }
    }
    let rotated = "SELECT COUNT(*) FROM activity WHERE type = 'key_rotated'";
    assert_eq!(server.number(rotated).await, answer + 250);
}

/// Another connection is looked at and removed beside the one that is open, which stays open throughout.
#[tokio::test(flavor = "multi_thread")]
async fn o6_removing_another_connection_leaves_the_open_one_alone() {
    let mut there = TestServer::new().await;
    let here = TestServer::new().await;
    let ada = TestDesk::new();
    let other = ada.sign_up(&there.url()).await.connection.id;
    ada.create("there").await;
    ada.wait_synced().await;
    there.stop().await;
    ada.wait_offline().await;
    ada.create("never sent").await;
    let open = ada.sign_up(&here.url()).await.connection.id;
    ada.create("here").await;
    ada.wait_synced().await;
    there.start().await;

    let preview = ada.desk.removal_preview(other).await.unwrap();
    assert_eq!(preview.secrets_here, 3, "the free key's and both others'");
    let unsent: Vec<&str> = preview
        .unsent_changes
        .iter()
        .map(|change| change.key_name.as_str())
        .collect();
    assert_eq!(unsent, ["never sent"]);
    assert_eq!(ada.names().await, ["Free service key", "here"]);
    ada.desk.remove_connection(other).await.unwrap();
    assert_eq!(ada.names().await, ["Free service key", "here"]);
    assert_eq!(
        ada.desk
            .connections()
            .iter()
            .map(|connection| connection.id)
            .collect::<Vec<_>>(),
        [open]
    );
    let ended = there
        .number("SELECT COUNT(*) FROM session WHERE ended_at IS NOT NULL")
        .await;
    assert_eq!(ended, 1, "its session was ended, too");
    assert!(!ada.folder().join("connections").join(other.to_string()).exists());
}
