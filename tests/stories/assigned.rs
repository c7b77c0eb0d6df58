//! Keys and the members they are assigned to (K4): two desktops, one of an Owner and one of an Editor, and a terminal.

use desk::view::{InviteDraft, JoinWithInvitation, KeyEditDraft, KeyText};
use domain::id::{KeyId, MemberId};
use domain::role::Role;
use testkit::desk::PASSWORD;
use testkit::server::Kind;
use testkit::trouble::Gate;
use testkit::{TestDesk, TestServer, wait_for};

use crate::terminal::{Terminal, on_thread};

pub(crate) const BOB: &str = "bob@northwind.example";

/// Bob's desktop, who came in by Ada's invitation; and his membership.
pub(crate) async fn bob(ada: &TestDesk, role: Role) -> (TestDesk, MemberId) {
    let draft = InviteDraft {
        emails: vec![BOB.to_owned()],
        role,
        groups: Vec::new(),
    };
    let report = ada.desk.invite_people(draft).await.unwrap();
    let bob = TestDesk::new();
    let join = JoinWithInvitation {
        link: report.invited[0].link.clone().unwrap(),
        your_name: "Bob".to_owned(),
        username: "bob".to_owned(),
        email: BOB.to_owned(),
        password: PASSWORD.to_owned(),
    };
    bob.desk.join_with_invitation(join).await.unwrap();
    bob.wait_synced().await;
    let id = wait_for("Bob among the members", || async {
        let people = ada.desk.people().await.ok()?;
        people
            .members
            .iter()
            .find(|member| member.email == BOB)
            .map(|member| member.id)
    })
    .await;
    (bob, id)
}

async fn text_of(desk: &TestDesk, key: KeyId) -> KeyText {
    let row = desk.desk.key_detail(key).await.unwrap().row;
    KeyText {
        name: row.name,
        description: row.description,
        requests_per_minute: row.requests_per_minute,
        people: row.people,
        grants: row.grants,
    }
}

pub(crate) async fn edit(desk: &TestDesk, key: KeyId, change: impl FnOnce(&mut KeyText)) {
    let seen = text_of(desk, key).await;
    let mut made = seen.clone();
    change(&mut made);
    desk.desk
        .edit_key(key, KeyEditDraft::of(seen, made))
        .await
        .unwrap();
}

async fn names(desk: &TestDesk, wanted: &[&str]) {
    wait_for(&format!("the keys {wanted:?}"), || async {
        (desk.names().await == wanted).then_some(())
    })
    .await;
}

async fn assigned_comes_and_goes(kind: Kind) {
    let Some(server) = TestServer::on(kind).await else {
        return;
    };
    let ada = TestDesk::new();
    ada.sign_up(&server.url()).await;
    let (_, mine) = ada.create("ci-deploy").await;
    ada.create("billing-export").await;
    ada.wait_synced().await;
    let (bob, bob_id) = bob(&ada, Role::Editor).await;
    names(&bob, &[]).await;

    edit(&ada, mine, |text| text.people = vec![bob_id]).await;
    names(&bob, &["ci-deploy"]).await;
    let seen = bob.desk.key_detail(mine).await.unwrap();
    assert!(!seen.edit.allowed && !seen.revoke.allowed && seen.rotate.allowed);
    assert_eq!(seen.people[0].name, "Bob");

    // He gives it a new secret, which is in his keychain and nobody else's.
    let made = bob.desk.rotate_key(mine, 0).await.unwrap();
    wait_for("the new secret at Ada's", || async {
        let detail = ada.desk.key_detail(mine).await.ok()?;
        let newest = detail.secrets.iter().find(|secret| secret.id == made.secret_id)?;
        (!newest.on_this_computer).then_some(())
    })
    .await;

    // Taken away, it leaves his copy: also what a search in the file would find.
    edit(&ada, mine, |text| text.people.clear()).await;
    names(&bob, &[]).await;
    assert!(bob.desk.key_detail(mine).await.is_err());
    ada.desk.close().await;
    bob.desk.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn k4_an_assigned_key_comes_to_its_person_and_goes_again_sqlite() {
    assigned_comes_and_goes(Kind::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn k4_an_assigned_key_comes_to_its_person_and_goes_again_postgres() {
    assigned_comes_and_goes(Kind::Postgres).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn k4_people_assigned_offline_on_one_side_and_on_the_other_are_all_assigned() {
    let server = TestServer::new().await;
    let ada = TestDesk::new();
    ada.sign_up(&server.url()).await;
    let (_, key) = ada.create("ci-deploy").await;
    ada.wait_synced().await;
    let (_bob, bob_id) = bob(&ada, Role::Editor).await;
    let own = ada.desk.people().await.unwrap().members;
    let own = own.iter().find(|member| member.is_you).unwrap().id;

    let gate = Gate::before(server.address()).await;
    let laptop = TestDesk::new();
    let sign_in = desk::view::SignIn {
        url: gate.url(),
        email: "ada@northwind.example".to_owned(),
        password: PASSWORD.to_owned(),
    };
    laptop.desk.sign_in(sign_in).await.unwrap();
    laptop.wait_synced().await;
    gate.shut();
    laptop.wait_offline().await;
    edit(&laptop, key, |text| text.people = vec![bob_id]).await;
    let pending = laptop.desk.list_pending().await.unwrap();
    assert_eq!(pending[0].edit.as_ref().unwrap().assigned, ["Bob"]);
    let detail = laptop.desk.key_detail(key).await.unwrap();
    assert!(!detail.people[0].in_force);

    edit(&ada, key, |text| text.people = vec![own]).await;
    ada.wait_synced().await;
    gate.open();
    laptop.desk.sync_now().await.unwrap();
    for desk in [&ada, &laptop] {
        wait_for("both are assigned", || async {
            let detail = desk.desk.key_detail(key).await.ok()?;
            let all = detail.people.iter().all(|person| person.in_force);
            (detail.people.len() == 2 && all).then_some(())
        })
        .await;
    }
    assert!(laptop.desk.list_pending().await.unwrap().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn k4_a_terminal_assigns_and_takes_away() {
    let server = TestServer::new().await;
    let url = server.url();
    on_thread(move || {
        let terminal = Terminal::new();
        let connect = terminal.sign_up_as_bob(&url);
        let connect: Vec<&str> = connect.iter().map(String::as_str).collect();
        terminal.json(&connect, "");
        let made = terminal.json(&["keys", "create", "ci", "--assign", BOB], "");
        assert_eq!(made["key"]["people"][0]["email"], BOB);
        assert_eq!(made["key"]["people"][0]["inForce"], true);
        let shown = terminal.run(&["keys", "show", "ci"], "");
        let shown = String::from_utf8(shown.stdout).unwrap();
        assert!(shown.contains("Assigned   Bob"), "{shown}");
        let (_, said) = terminal.code(&["keys", "edit", "ci", "--assign", "x@example.org"], "");
        assert!(
            said.contains("No member has the address or id x@example.org"),
            "{said}"
        );
        let edited = terminal.json(&["keys", "edit", "ci", "--unassign", BOB, "--notify"], "");
        assert_eq!(edited["people"].as_array().unwrap().len(), 0);
    })
    .await;
}
