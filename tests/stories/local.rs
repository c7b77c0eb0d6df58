//! The workspace of this computer: a server inside, shared by the programs of one person.

use desk::view::{ConnectionKind, StartHere};
use domain::key::KeyState;
use testkit::{TestDesk, wait_for};

fn mine() -> StartHere {
    StartHere {
        organization_name: "Mine".to_owned(),
        your_name: "Ada Vance".to_owned(),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn k2_on_this_computer_everything_is_set_up_at_once() {
    let ada = TestDesk::new();
    let opened = ada.desk.start_here(mine()).await.unwrap();
    assert_eq!(opened.connection.kind, ConnectionKind::ThisComputer);
    assert_eq!(opened.connection.organization_name, "Mine");
    ada.wait_synced().await;
    assert_eq!(ada.names().await, ["Free service key"]);
    let (_, key) = ada.create("ci-deploy").await;
    ada.wait_synced().await;

    // A second start is the same workspace, with everything in it.
    let ada = ada.restart().await;
    let again = ada.desk.start_here(mine()).await.unwrap();
    assert_eq!(again.connection.id, opened.connection.id);
    ada.wait_synced().await;
    assert_eq!(ada.desk.key_detail(key).await.unwrap().row.name, "ci-deploy");
    assert_eq!(ada.desk.connections().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_start_that_was_cut_goes_on_where_it_stopped() {
    let ada = TestDesk::new();
    let first = ada.desk.start_here(mine()).await.unwrap().connection.id;
    ada.desk.close().await;
    // As if the power had failed between the sign-up and the note of the connection.
    std::fs::remove_file(ada.folder().join("connections.json")).unwrap();
    let ada = ada.restart().await;
    let again = ada.desk.start_here(mine()).await.unwrap();
    assert_eq!(again.connection.id, first);
    ada.wait_synced().await;
    assert_eq!(ada.names().await, ["Free service key"], "not made twice");
}

#[tokio::test(flavor = "multi_thread")]
async fn removing_the_workspace_of_this_computer_removes_its_data() {
    let ada = TestDesk::new();
    let id = ada.desk.start_here(mine()).await.unwrap().connection.id;
    ada.wait_synced().await;
    let preview = ada.desk.removal_preview(id).await.unwrap();
    assert!(preview.deletes_server);
    assert_eq!(preview.secrets_here, 1, "the free key's");
    ada.desk.remove_connection(id).await.unwrap();
    assert!(!ada.folder().join("this-computer").exists());
    assert!(ada.desk.connections().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn of_sample_data_nothing_is_kept() {
    let ada = TestDesk::new();
    let opened = ada.desk.start_sample().await.unwrap();
    assert_eq!(opened.connection.kind, ConnectionKind::Sample);
    ada.wait_synced().await;
    assert!(ada.names().await.len() > 10);
    let rows = wait_for("used, expired and revoked keys", || async {
        let rows = ada.desk.list_keys(testkit::desk::all()).await.ok()?.rows;
        let is = |state| rows.iter().filter(|row| row.state == state).count();
        let used = rows.iter().filter(|row| row.last_used_at.is_some()).count();
        (is(KeyState::Expired) == 1 && is(KeyState::Revoked) == 2 && used == 7).then_some(rows)
    })
    .await;
    assert!(rows.iter().all(|row| row.pending.is_none()));
    ada.desk.remove_connection(opened.connection.id).await.unwrap();
    let left: Vec<_> = std::fs::read_dir(ada.folder())
        .map(|entries| entries.flatten().map(|entry| entry.file_name()).collect())
        .unwrap_or_default();
    assert!(left.is_empty(), "{left:?}");
}

/// The command line runs the server for a moment; the app that joined it takes over when it ends.
#[tokio::test(flavor = "multi_thread")]
async fn the_server_of_this_computer_passes_from_program_to_program() {
    let ada = TestDesk::new();
    ada.desk.start_here(mine()).await.unwrap();
    ada.wait_synced().await;
    ada.desk.close().await;
    let folder = ada.folder().join("this-computer");
    let terminal = server::local::start_or_join(&folder, "Mine").await.unwrap();
    let id = ada.desk.last_used().unwrap();
    ada.desk.open_connection(id).await.unwrap();
    ada.wait_synced().await;
    terminal.into_running().expect("started there").stop().await;
    let (secret, _) = ada.create("after").await;
    ada.wait_synced().await;
    let url = wait_for("the app runs it now", || async {
        let joined = server::local::start_or_join(&folder, "Mine").await.ok()?;
        Some(joined.url().to_owned())
    })
    .await;
    assert_eq!(testkit::server::verify(&url, &secret).await, (true, None));
}
