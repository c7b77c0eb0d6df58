//! Members and invitations: two desktops, an inviter and an invited (P5, P7, P9, P10).

use desk::ErrorCode;
use desk::view::{
    AcceptInvitation, InviteDraft, JoinWithInvitation, Opened, PeopleView, SignInWithInvitation, SyncState,
};
use domain::invitation::InvitationState;
use domain::role::{Action, Role};
use testkit::desk::PASSWORD;
use testkit::server::Kind;
use testkit::{TestDesk, TestServer, wait_for};

const BOB: &str = "bob@northwind.example";

async fn invite(desk: &TestDesk, email: &str, role: Role) -> String {
    let draft = InviteDraft {
        emails: vec![email.to_owned()],
        role,
        groups: Vec::new(),
    };
    let report = desk.desk.invite_people(draft).await.expect("people are invited");
    assert_eq!(report.refused.len(), 0);
    report.invited[0]
        .link
        .clone()
        .expect("without mail, the link is told")
}

fn join(link: &str) -> JoinWithInvitation {
    JoinWithInvitation {
        link: link.to_owned(),
        your_name: "Bob".to_owned(),
        username: "bob".to_owned(),
        email: BOB.to_owned(),
        password: PASSWORD.to_owned(),
    }
}

async fn people(desk: &TestDesk) -> PeopleView {
    desk.desk.people().await.unwrap()
}

fn may(opened: &Opened, action: Action) -> bool {
    opened
        .permissions
        .iter()
        .any(|permission| permission.action == action && permission.allowed)
}

async fn role_here(desk: &TestDesk) -> Role {
    let last = desk.desk.last_used();
    desk.desk
        .connections()
        .into_iter()
        .find(|connection| Some(connection.id) == last)
        .unwrap()
        .role
}

async fn invited_sees_by_role_and_is_emptied_when_removed(kind: Kind) {
    let Some(server) = TestServer::on(kind).await else {
        return;
    };
    let (ada, bob) = (TestDesk::new(), TestDesk::new());
    ada.sign_up(&server.url()).await;
    ada.create("ci-deploy").await;
    ada.wait_synced().await;

    let link = invite(&ada, BOB, Role::Billing).await;
    let seen = bob.desk.look_at_invitation(&link).await.unwrap();
    assert_eq!(
        (
            &*seen.organization_name,
            &*seen.invited_by,
            &*seen.email,
            seen.state
        ),
        (
            "Northwind Routing",
            "Ada Vance",
            "b…@northwind.example",
            InvitationState::Pending
        )
    );
    let opened = bob.desk.join_with_invitation(join(&link)).await.unwrap();
    assert_eq!(opened.connection.organization_name, "Northwind Routing");
    assert!(may(&opened, Action::ManageMoney) && !may(&opened, Action::ManageKeys));
    bob.wait_synced().await;
    assert_eq!(bob.names().await, ["ci-deploy", "Free service key"]);
    let here = people(&bob).await;
    assert_eq!(here.members.len(), 2);
    assert!(here.invitations.is_empty() && !here.invite.allowed);
    assert_eq!(
        here.invite.reason.as_deref(),
        Some("Your role is Billing; Owner and Admin may invite people, change roles and remove members.")
    );

    // Ada sees him come, and the invitation go.
    let id = wait_for("Bob among the members", || async {
        let people = ada.desk.people().await.ok()?;
        let bob = people.members.iter().find(|member| member.email == BOB)?.id;
        people.invitations.is_empty().then_some(bob)
    })
    .await;

    // Another role: what he no longer sees leaves his copy; then it comes back with more.
    ada.desk.change_role(id, Role::Viewer).await.unwrap();
    wait_for("Bob's keys are gone", || async {
        (bob.names().await.is_empty() && role_here(&bob).await == Role::Viewer).then_some(())
    })
    .await;
    ada.desk.change_role(id, Role::Admin).await.unwrap();
    wait_for("Bob manages keys", || async {
        (bob.names().await.len() == 2 && role_here(&bob).await == Role::Admin).then_some(())
    })
    .await;
    invite(&bob, "carol@northwind.example", Role::Viewer).await;
    wait_for("Bob sees whom he invited", || async {
        (people(&bob).await.invitations.len() == 1).then_some(())
    })
    .await;
    let refused = bob
        .desk
        .invite_people(InviteDraft {
            emails: vec!["dan@northwind.example".to_owned()],
            role: Role::Admin,
            groups: Vec::new(),
        })
        .await
        .err()
        .unwrap();
    assert_eq!(
        refused.to_string(),
        "your role is Admin; only the Owner may make Admins"
    );

    // Removed: nothing of the organization is left in his copy, and he is told.
    ada.desk.remove_member(id).await.unwrap();
    let status = wait_for("Bob is told", || async {
        let status = bob.desk.sync_status().await.ok()?;
        let told = status.problem.as_ref()?.code == ErrorCode::NotAMember;
        (told && status.state == SyncState::Failed).then_some(status)
    })
    .await;
    let problem = status.problem.unwrap();
    assert_eq!(problem.code, ErrorCode::NotAMember);
    assert!(
        problem
            .message
            .starts_with("You are not a member of this organization any more")
    );
    let left = people(&bob).await;
    assert!(left.members.is_empty() && left.invitations.is_empty());
    assert!(bob.names().await.is_empty());
    let refused = bob.desk.leave_organization().await.err().unwrap();
    assert_eq!(refused.code(), ErrorCode::Refused);

    // Invited again, he comes back with the account he has, and begins anew.
    let link = invite(&ada, BOB, Role::Admin).await;
    bob.desk
        .accept_invitation(AcceptInvitation { link })
        .await
        .unwrap();
    wait_for("Bob is back", || async {
        (bob.names().await.len() == 2).then_some(())
    })
    .await;
    assert_eq!(
        bob.desk.connections().len(),
        1,
        "the connection is the one he had"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn p7_p9_p10_the_invited_sees_by_role_and_is_emptied_when_removed_sqlite() {
    invited_sees_by_role_and_is_emptied_when_removed(Kind::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn p7_p9_p10_the_invited_sees_by_role_and_is_emptied_when_removed_postgres() {
    invited_sees_by_role_and_is_emptied_when_removed(Kind::Postgres).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn p5_p7_an_account_with_a_house_of_its_own_comes_into_another() {
    let server = TestServer::new().await;
    let (ada, bob) = (TestDesk::new(), TestDesk::new());
    ada.sign_up(&server.url()).await;
    let mut request = testkit::desk::ada(&server.url());
    request.email = BOB.to_owned();
    request.username = "bob".to_owned();
    request.your_name = "Bob".to_owned();
    request.organization_name = "Bob's house".to_owned();
    bob.desk.sign_up(request).await.unwrap();
    bob.wait_synced().await;

    // A link for somebody else says so.
    let link = invite(&ada, "carol@northwind.example", Role::Editor).await;
    let refused = bob
        .desk
        .accept_invitation(AcceptInvitation { link })
        .await
        .err()
        .unwrap();
    assert_eq!(
        refused.to_string(),
        "This invitation is for c…@northwind.example; sign in with it."
    );

    let link = invite(&ada, BOB, Role::Admin).await;
    let seen = bob.desk.look_at_invitation(&link).await.unwrap();
    assert_eq!(seen.signed_in, [BOB]);
    let opened = bob
        .desk
        .accept_invitation(AcceptInvitation { link })
        .await
        .unwrap();
    assert_eq!(opened.connection.organization_name, "Northwind Routing");
    bob.wait_synced().await;
    let rows = bob.desk.memberships().await.unwrap();
    let names: Vec<(&str, bool)> = rows
        .iter()
        .map(|row| (&*row.organization_name, row.is_open))
        .collect();
    assert_eq!(names, [("Bob's house", false), ("Northwind Routing", true)]);

    // Back home, and again away: one connection each; removing one leaves the session of the other.
    let home = bob.desk.open_membership(rows[0].organization_id).await.unwrap();
    assert_eq!(home.connection.organization_name, "Bob's house");
    assert_eq!(bob.desk.connections().len(), 2);
    bob.desk.remove_connection(opened.connection.id).await.unwrap();
    bob.create("at-home").await;
    bob.wait_synced().await;
    // Deleted here, it is still known to the account, and opens anew.
    let again = bob.desk.open_membership(rows[1].organization_id).await.unwrap();
    assert_eq!(again.connection.role, Role::Admin);
    bob.wait_synced().await;
    bob.desk.leave_organization().await.unwrap();
    assert!(people(&bob).await.members.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn p7_who_was_removed_signs_in_with_a_new_invitation() {
    let server = TestServer::new().await;
    let (ada, bob) = (TestDesk::new(), TestDesk::new());
    ada.sign_up(&server.url()).await;
    let link = invite(&ada, BOB, Role::Viewer).await;
    bob.desk.join_with_invitation(join(&link)).await.unwrap();
    bob.wait_synced().await;
    bob.desk.leave_organization().await.unwrap();

    let other = TestDesk::new();
    let sign_in = |link: String| SignInWithInvitation {
        link,
        email: BOB.to_owned(),
        password: PASSWORD.to_owned(),
    };
    let used = other
        .desk
        .sign_in_with_invitation(sign_in(link))
        .await
        .err()
        .unwrap();
    assert_eq!(used.to_string(), "This invitation was accepted already.");
    let link = invite(&ada, BOB, Role::Billing).await;
    let opened = other.desk.sign_in_with_invitation(sign_in(link)).await.unwrap();
    assert_eq!(opened.connection.role, Role::Billing);
    other.wait_synced().await;
    assert_eq!(people(&other).await.members.len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn p7_offline_the_members_are_listed_and_changes_say_that_they_need_the_server() {
    let mut server = TestServer::new().await;
    let ada = TestDesk::new();
    ada.sign_up(&server.url()).await;
    let link = invite(&ada, BOB, Role::Viewer).await;
    server.stop().await;
    ada.wait_offline().await;
    let here = people(&ada).await;
    assert_eq!((here.members.len(), here.invitations.len()), (1, 1));
    let away = ada
        .desk
        .cancel_invitation(here.invitations[0].id)
        .await
        .err()
        .unwrap();
    assert_eq!(away.code(), ErrorCode::Offline);
    assert!(
        away.to_string()
            .starts_with("this is done at the server, and nothing waits here"),
        "{away}"
    );
    assert!(ada.desk.list_pending().await.unwrap().is_empty());
    let cut = ada
        .desk
        .look_at_invitation(&link[..link.len() - 3])
        .await
        .err()
        .unwrap();
    assert_eq!((cut.code(), cut.field()), (ErrorCode::InvalidInput, Some("link")));
}

#[tokio::test(flavor = "multi_thread")]
async fn p7_p9_members_in_a_terminal() {
    use crate::terminal::{Terminal, on_thread};
    let server = TestServer::new().await;
    let url = server.url();
    on_thread(move || {
        let (ours, theirs) = (Terminal::new(), Terminal::new());
        let connect = ours.sign_up_as_bob(&url);
        let connect: Vec<&str> = connect.iter().map(String::as_str).collect();
        ours.json(&connect, "");
        let invited = ours.json(
            &["members", "invite", "carol@northwind.example", "--role", "editor"],
            "",
        );
        let link = invited["invited"][0]["link"].as_str().unwrap().to_owned();
        let (code, said) = ours.code(
            &[
                "members",
                "invite",
                "bob@northwind.example",
                "dan@northwind.example",
                "--role",
                "viewer",
            ],
            "",
        );
        assert_eq!(code, Some(4), "{said}");
        assert!(
            said.contains("bob@northwind.example: Is a member already."),
            "{said}"
        );
        let cancelled = ours.json(&["invitations", "cancel", "dan@northwind.example"], "");
        assert_eq!(cancelled["email"], "dan@northwind.example");

        let password = theirs.home().join("password");
        std::fs::write(&password, "seven unrelated words\n").unwrap();
        let password = password.to_str().unwrap().to_owned();
        let shown = theirs.json(&["invitations", "show", "-"], &link);
        assert_eq!(shown["email"], "c…@northwind.example");
        let opened = theirs.json(
            &[
                "connect",
                "--invitation",
                &link,
                "--email",
                "carol@northwind.example",
                "--username",
                "carol",
                "--name",
                "Carol",
                "--password-file",
                &password,
            ],
            "",
        );
        assert_eq!(opened["connection"]["organizationName"], "Northwind");
        let (code, said) = theirs.code(&["invitations", "list"], "");
        assert_eq!(code, Some(4), "{said}");

        let role = ours.json(&["members", "role", "carol@northwind.example", "billing"], "");
        assert_eq!(role["role"], "billing");
        let rows = theirs.json(&["memberships", "list"], "");
        assert_eq!(rows[0]["role"], "billing");
        let (code, _) = ours.code(&["members", "remove", "carol@northwind.example"], "nobody\n");
        assert_eq!(code, Some(4));
        ours.json(&["members", "remove", "carol@northwind.example", "--yes"], "");
        let list = ours.json(&["members", "list"], "");
        assert_eq!(list["members"].as_array().unwrap().len(), 1);
        let (code, said) = theirs.code(&["members", "list"], "");
        assert_eq!(code, Some(0), "{said}");
        assert!(
            said.contains("You are not a member of this organization any more"),
            "{said}"
        );
        let (code, _) = theirs.code(&["members", "leave", "--yes"], "");
        assert_eq!(code, Some(4));
    })
    .await;
}
