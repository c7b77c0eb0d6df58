//! The main job, end to end: a team key is made, used, revoked and inspected offline.

use desk::view::Verdict;
use domain::key::{KeyKind, KeyState};
use testkit::desk::{TestKeychain, all};
use testkit::{Kind, TestDesk, TestServer, wait_for};

/// What `secret-tool` (the system's own program) finds under a user name of ours.
fn secret_tool(user: &str) -> Option<String> {
    let found = std::process::Command::new("secret-tool")
        .args(["lookup", "service", keychain::SERVICE, "username", user])
        .output()
        .expect("secret-tool is installed (`cargo xtask setup`)");
    found
        .status
        .success()
        .then(|| String::from_utf8(found.stdout).unwrap())
}

async fn first_light(kind: Kind) {
    let Some(mut server) = TestServer::on(kind).await else {
        return;
    };
    let ada = TestDesk::with(TestKeychain::Os);
    let opened = ada.sign_up(&server.url()).await;
    let connection = opened.connection.id;

    // K2: the free service key is there, and the server refuses to revoke it.
    let page = ada.desk.list_keys(all()).await.unwrap();
    assert_eq!(page.total, 1);
    let free = &page.rows[0];
    assert!(free.free && free.kind == KeyKind::Service && free.state == KeyState::Active);
    let refusal = ada.desk.revoke_key(free.id, None).await.unwrap_err().to_string();
    assert_eq!(
        refusal,
        "the free service key can't be revoked; every organization keeps exactly one"
    );

    // K3: the secret is born here, stands in the keychain as its own item, and works.
    let (secret, key) = ada.create("ci-deploy").await;
    ada.wait_synced().await;
    let detail = ada.desk.key_detail(key).await.unwrap();
    let item = format!("{connection}/{}", detail.secrets[0].id);
    assert_eq!(secret_tool(&item).as_deref(), Some(secret.as_str()));
    assert!(secret_tool(&format!("{connection}/replica")).is_some_and(|key| key.len() == 64));
    assert!(secret_tool(&format!("{connection}/session")).is_some_and(|token| token.starts_with("kss_")));
    assert!(detail.in_force_since.is_some());
    assert_eq!(server.verify(&secret).await, (true, None));

    // K14: the use shows in the inventory.
    let used = wait_for("the last use shows", || async {
        let detail = ada.desk.key_detail(key).await.unwrap();
        detail.row.last_used_at.map(|_| detail)
    })
    .await;
    assert_eq!(
        (used.use_count, used.last_used_from.as_deref()),
        (1, Some("127.0.0.1"))
    );

    // K9: a key in use asks for its name; revoked, it is refused at once.
    let refusal = ada.desk.revoke_key(key, None).await.unwrap_err();
    assert_eq!(refusal.field(), Some("confirmName"));
    assert!(server.verify(&secret).await.0);
    ada.desk
        .revoke_key(key, Some("ci-deploy".to_owned()))
        .await
        .unwrap();
    ada.wait_synced().await;
    assert_eq!(server.verify(&secret).await, (false, Some("revoked".to_owned())));
    assert_eq!(
        ada.desk.key_detail(key).await.unwrap().row.state,
        KeyState::Revoked
    );

    // O1, K13: with the server gone, after a restart, everything is readable and recognised.
    let (live, _) = ada.create("billing-export").await;
    ada.wait_synced().await;
    server.stop().await;
    let ada = ada.restart().await;
    ada.desk.open_connection(connection).await.unwrap();
    ada.wait_offline().await;
    assert_eq!(
        ada.names().await,
        ["billing-export", "ci-deploy", "Free service key"]
    );
    let pasted = format!("export A={secret}\nexport B=\"{live}\"\nexport C=kst_team_nonsense");
    let report = ada.desk.inspect(pasted).await.unwrap();
    let verdicts: Vec<_> = report.findings.iter().map(|finding| finding.verdict).collect();
    assert_eq!(verdicts, [Verdict::Known, Verdict::Known, Verdict::Malformed]);
    assert!(
        report.findings[0]
            .sentence
            .contains("ci-deploy, which is revoked")
    );
    assert!(
        report.findings[1]
            .sentence
            .contains("billing-export, and it worked at the last sync")
    );
    assert!(report.as_of.is_some() && report.offline_since.is_some());

    // The connection leaves nothing behind in the keychain.
    ada.desk.remove_connection(connection).await.unwrap();
    for name in [
        item,
        format!("{connection}/replica"),
        format!("{connection}/session"),
    ] {
        assert_eq!(secret_tool(&name), None, "{name} is gone");
    }
    assert!(
        !ada.folder()
            .join("connections")
            .join(connection.to_string())
            .exists()
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn k2_k3_k9_k13_k14_first_light_on_sqlite() {
    first_light(Kind::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn k2_k3_k9_k13_k14_first_light_on_postgres() {
    first_light(Kind::Postgres).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn o2_a_key_made_offline_is_in_force_when_the_server_is_back() {
    let mut server = TestServer::new().await;
    let ada = TestDesk::new();
    let connection = ada.sign_up(&server.url()).await.connection.id;
    server.stop().await;
    ada.wait_offline().await;

    let (secret, key) = ada.create("made-offline").await;
    let detail = ada.desk.key_detail(key).await.unwrap();
    assert!(detail.row.pending.is_some(), "not yet in force");
    assert_eq!(detail.in_force_since, None);

    // It survives the end of the app.
    let ada = ada.restart().await;
    ada.desk.open_connection(connection).await.unwrap();
    assert_eq!(ada.names().await, ["Free service key", "made-offline"]);
    assert_eq!(ada.desk.list_pending().await.unwrap().len(), 1);

    server.start().await;
    ada.desk.sync_now().await.unwrap();
    ada.wait_synced().await;
    assert_eq!(server.verify(&secret).await, (true, None));
    assert!(ada.desk.key_detail(key).await.unwrap().in_force_since.is_some());
}

#[tokio::test(flavor = "multi_thread")]
async fn o2_a_revocation_made_offline_is_not_in_force_until_confirmed() {
    let mut server = TestServer::new().await;
    let ada = TestDesk::new();
    ada.sign_up(&server.url()).await;
    let (secret, key) = ada.create("ci-deploy").await;
    ada.wait_synced().await;
    server.stop().await;
    ada.wait_offline().await;

    let detail = ada.desk.revoke_key(key, None).await.unwrap();
    assert_eq!(
        (detail.row.state, detail.in_force_since),
        (KeyState::Active, None)
    );
    assert!(detail.row.pending.is_some());
    assert!(!detail.revoke.allowed, "it waits already");

    server.start().await;
    ada.desk.sync_now().await.unwrap();
    let status = ada.wait_synced().await;
    assert_eq!(status.waiting, 0);
    let detail = ada.desk.key_detail(key).await.unwrap();
    assert_eq!(detail.row.state, KeyState::Revoked);
    assert_eq!(detail.in_force_since, detail.revoked_at);
    assert_eq!(server.verify(&secret).await, (false, Some("revoked".to_owned())));
}

#[tokio::test(flavor = "multi_thread")]
async fn o2_a_dropped_wish_takes_its_key_and_its_secret_along() {
    let mut server = TestServer::new().await;
    let ada = TestDesk::new();
    ada.sign_up(&server.url()).await;
    server.stop().await;
    ada.wait_offline().await;
    ada.create("made-offline").await;
    let pending = ada.desk.list_pending().await.unwrap();
    let refusal = ada.desk.drop_pending(pending[0].operation_id).await;
    if refusal.is_err() {
        // It was being sent at this moment, in vain; a try that did not reach the server can be dropped.
        wait_for("the wish can be dropped", || async {
            ada.desk.drop_pending(pending[0].operation_id).await.ok()
        })
        .await;
    }
    assert_eq!(ada.names().await, ["Free service key"]);
    assert!(ada.desk.list_pending().await.unwrap().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn o3_two_desks_of_one_account_see_the_same() {
    let server = TestServer::new().await;
    let office = TestDesk::new();
    office.sign_up(&server.url()).await;
    let home = TestDesk::new();
    home.desk
        .sign_in(desk::view::SignIn {
            url: server.url(),
            email: "Ada@Northwind.example".to_owned(),
            password: testkit::desk::PASSWORD.to_owned(),
        })
        .await
        .unwrap();
    home.wait_synced().await;
    office.create("ci-deploy").await;
    wait_for("the other desk hears of it", || async {
        (home.names().await == ["ci-deploy", "Free service key"]).then_some(())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn k13_inspecting_finds_strangers_and_fragments() {
    let server = TestServer::new().await;
    let ada = TestDesk::new();
    ada.sign_up(&server.url()).await;
    let stranger = crypto::token::Token::mint(KeyKind::Team, &mut testkit::SeededEntropy::new(7));
    let text = format!(
        "Ünïcödé first: {} and {}",
        stranger.expose(),
        &stranger.expose()[..30]
    );
    let report = ada.desk.inspect(text).await.unwrap();
    assert_eq!(report.findings.len(), 2);
    assert_eq!(report.findings[0].verdict, Verdict::Unknown);
    assert_eq!(report.findings[0].offset, 15, "in characters");
    assert_eq!(report.findings[1].verdict, Verdict::Malformed);
    let nothing = ada.desk.inspect("just words".to_owned()).await.unwrap();
    assert!(nothing.findings.is_empty() && nothing.offline_since.is_none());
}
