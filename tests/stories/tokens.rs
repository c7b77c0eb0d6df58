//! Personal tokens, groups, service accounts and the token policy, on real desks and in a terminal (K1, K10, K11, P11).

use desk::view::{
    GroupDraft, InviteDraft, JoinWithInvitation, KeyDraft, KeyEditDraft, KeyText, ServiceAccountDraft, Stop,
    TokenPolicyDraft, TokenPolicyWish,
};
use desk::{ErrorCode, KeyQuery};
use domain::id::{KeyId, MemberId, ServiceAccountId};
use domain::key::{KeyKind, KeyState};
use domain::principal::Principal;
use domain::role::Role;
use testkit::desk::{PASSWORD, all};
use testkit::server::Kind;
use testkit::{TestDesk, TestServer, wait_for};

use crate::terminal::{Terminal, on_thread};

async fn token(desk: &TestDesk, name: &str, owner: Option<Principal>) -> (String, KeyId) {
    let draft = KeyDraft {
        kind: KeyKind::Personal,
        owner,
        ..testkit::desk::draft(name)
    };
    let made = desk.desk.create_key(draft).await.expect("the token is made");
    (
        format!("{}{}{}", made.prefix, made.body, made.checksum),
        made.key_id,
    )
}

async fn state(desk: &TestDesk, key: KeyId) -> Option<KeyState> {
    Some(desk.desk.key_detail(key).await.ok()?.row.state)
}

async fn is(desk: &TestDesk, key: KeyId, expected: KeyState) {
    wait_for(&format!("the token is {expected:?} here"), || async {
        (state(desk, key).await? == expected).then_some(())
    })
    .await;
}

fn wish(who: TokenPolicyWish) -> TokenPolicyDraft {
    TokenPolicyDraft {
        who,
        groups: Vec::new(),
    }
}

/// Changes the policy over the version its dry run was worked out over.
async fn set(desk: &TestDesk, who: TokenPolicyWish) {
    let does = desk.desk.preview_token_policy(wish(who)).await.unwrap();
    desk.desk.set_token_policy(wish(who), does.version).await.unwrap();
}

async fn comes_as(ada: &TestDesk, role: Role) -> TestDesk {
    let report = ada
        .desk
        .invite_people(InviteDraft {
            emails: vec!["bob@northwind.example".to_owned()],
            role,
            groups: Vec::new(),
        })
        .await
        .unwrap();
    let bob = TestDesk::new();
    bob.desk
        .join_with_invitation(JoinWithInvitation {
            link: report.invited[0].link.clone().unwrap(),
            your_name: "Bob".to_owned(),
            username: "bob".to_owned(),
            email: "bob@northwind.example".to_owned(),
            password: PASSWORD.to_owned(),
        })
        .await
        .unwrap();
    bob.wait_synced().await;
    bob
}

async fn member(desk: &TestDesk, name: &str) -> MemberId {
    wait_for("the member is known here", || async {
        let people = desk.desk.people().await.ok()?;
        Some(people.members.iter().find(|member| member.name == name)?.id)
    })
    .await
}

async fn service_account(desk: &TestDesk, name: &str) -> ServiceAccountId {
    desk.desk
        .save_service_account(ServiceAccountDraft {
            id: None,
            version: 0,
            name: name.to_owned(),
            description: String::new(),
            role: Role::Editor,
        })
        .await
        .unwrap();
    let view = desk.desk.groups().await.unwrap();
    view.service_accounts
        .iter()
        .find(|account| account.name == name)
        .unwrap()
        .id
}

async fn nobody_suspends_and_loosening_brings_back(kind: Kind) {
    let Some(mut server) = TestServer::on(kind).await else {
        return;
    };
    let ada = TestDesk::new();
    ada.sign_up(&server.url()).await;
    let bob = comes_as(&ada, Role::Editor).await;
    let robot = Principal::ServiceAccount(service_account(&ada, "Deployer").await);
    let (bobs_secret, bobs) = token(&bob, "notebook", None).await;
    let (robots_secret, robots) = token(&ada, "nightly", Some(robot)).await;
    let (_, paused) = token(&ada, "on hold", None).await;
    let (_, shared) = ada.create("ci-deploy").await;
    for desk in [&ada, &bob] {
        desk.wait_synced().await;
    }
    is(&ada, bobs, KeyState::Active).await;
    assert_eq!(bob.names().await, ["notebook"], "an Editor sees their own");
    assert_eq!(server.verify(&bobs_secret).await, (true, None));

    // Tried: exactly these would stop.
    let does = ada
        .desk
        .preview_token_policy(wish(TokenPolicyWish::Nobody))
        .await
        .unwrap();
    let mut stops: Vec<(&str, &str)> = does
        .stops
        .iter()
        .map(|token| (&*token.name, &*token.owner_name))
        .collect();
    stops.sort_unstable();
    assert_eq!(
        stops,
        [
            ("nightly", "Deployer"),
            ("notebook", "Bob"),
            ("on hold", "Ada Vance")
        ]
    );
    assert!(does.stops[0].last_used_at.is_some() || does.stops.iter().all(|one| one.last_used_at.is_none()));

    set(&ada, TokenPolicyWish::Nobody).await;
    let suspended = (false, Some("suspended".to_owned()));
    assert_eq!(server.verify(&bobs_secret).await, suspended);
    assert_eq!(server.verify(&robots_secret).await, suspended);
    is(&bob, bobs, KeyState::Suspended).await;
    is(&ada, robots, KeyState::Suspended).await;
    is(&ada, shared, KeyState::Active).await;
    let detail = bob.desk.key_detail(bobs).await.unwrap();
    assert!(
        detail
            .row
            .suspension
            .unwrap()
            .starts_with("The token policy lets nobody use personal tokens")
    );

    // Filters and counts know it, and the making is refused, without the network too.
    server.stop().await;
    ada.wait_offline().await;
    let query = |states: Vec<KeyState>, owner| KeyQuery {
        states,
        owner,
        ..all()
    };
    let names = async |query| -> Vec<String> {
        let page = ada.desk.list_keys(query).await.unwrap();
        page.rows.into_iter().map(|row| row.name).collect()
    };
    assert_eq!(
        names(query(vec![KeyState::Suspended], None)).await,
        ["nightly", "notebook", "on hold"]
    );
    assert_eq!(names(query(vec![], Some(robot))).await, ["nightly"]);
    assert_eq!(
        names(query(vec![KeyState::Active], None)).await,
        ["ci-deploy", "Free service key"]
    );
    let draft = KeyDraft {
        kind: KeyKind::Personal,
        ..testkit::desk::draft("late")
    };
    let refused = ada.desk.create_key(draft).await.err().unwrap();
    assert_eq!(refused.code(), ErrorCode::Refused);
    // A token that is paused meanwhile stays so.
    ada.desk.stop_key(paused, Stop::Pause).await.unwrap();
    server.start().await;
    ada.wait_synced().await;
    is(&ada, paused, KeyState::Paused).await;

    set(&ada, TokenPolicyWish::All).await;
    assert_eq!(server.verify(&bobs_secret).await, (true, None));
    assert_eq!(server.verify(&robots_secret).await, (true, None));
    is(&bob, bobs, KeyState::Active).await;
    is(&ada, robots, KeyState::Active).await;
    is(&ada, paused, KeyState::Paused).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn k10_k11_nobody_suspends_and_loosening_brings_back_sqlite() {
    nobody_suspends_and_loosening_brings_back(Kind::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn k10_k11_nobody_suspends_and_loosening_brings_back_postgres() {
    nobody_suspends_and_loosening_brings_back(Kind::Postgres).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn k1_personal_tokens_are_made_offline_and_are_their_owners() {
    let mut server = TestServer::new().await;
    let ada = TestDesk::new();
    ada.sign_up(&server.url()).await;
    let bob = comes_as(&ada, Role::Editor).await;
    server.stop().await;
    bob.wait_offline().await;
    let (secret, key) = token(&bob, "made away", None).await;
    let row = bob.desk.key_detail(key).await.unwrap().row;
    assert_eq!(
        (row.owner_name.as_deref(), row.pending.is_some()),
        (Some("Bob"), true)
    );
    server.start().await;
    bob.wait_synced().await;
    assert_eq!(server.verify(&secret).await, (true, None));

    // Its owner edits and rotates it; who manages keys stops it and does no more.
    is(&ada, key, KeyState::Active).await;
    let adas = ada.desk.key_detail(key).await.unwrap();
    assert!(adas.pause.allowed && adas.revoke.allowed && !adas.edit.allowed && !adas.rotate.allowed);
    assert_eq!(
        adas.rotate.reason.as_deref(),
        Some("Only its owner may edit or rotate a personal token; you may pause or revoke it.")
    );
    let bobs = bob.desk.key_detail(key).await.unwrap();
    assert!(bobs.pause.allowed && bobs.revoke.allowed && bobs.edit.allowed && bobs.rotate.allowed);
    let text = |name: &str| KeyText {
        name: name.to_owned(),
        description: String::new(),
        requests_per_minute: None,
        people: Vec::new(),
        grants: Vec::new(),
    };
    let draft = KeyEditDraft {
        seen: text("made away"),
        made: text("notebook"),
        notify_people: false,
    };
    bob.desk.edit_key(key, draft).await.unwrap();
    bob.wait_synced().await;
    let rotated = bob.desk.rotate_key(key, 0).await.unwrap();
    bob.wait_synced().await;
    assert_eq!(server.verify(&secret).await, (false, Some("retired".to_owned())));
    let secret = format!("{}{}{}", rotated.prefix, rotated.body, rotated.checksum);
    assert_eq!(server.verify(&secret).await, (true, None));
    ada.desk.stop_key(key, Stop::Pause).await.unwrap();
    is(&bob, key, KeyState::Paused).await;
    // A shared key is none of his, and he makes none.
    let refused = bob.desk.create_key(testkit::desk::draft("shared")).await;
    assert_eq!(refused.err().unwrap().code(), ErrorCode::Refused);

    // When he goes, his token goes.
    let id = member(&ada, "Bob").await;
    ada.desk.remove_member(id).await.unwrap();
    is(&ada, key, KeyState::Revoked).await;
    let row = ada.desk.key_detail(key).await.unwrap().row;
    assert_eq!(row.owner_name.as_deref(), Some("a former member"));
}

#[tokio::test(flavor = "multi_thread")]
async fn p11_groups_and_service_accounts_are_known_offline() {
    let mut server = TestServer::new().await;
    let ada = TestDesk::new();
    ada.sign_up(&server.url()).await;
    let bob = comes_as(&ada, Role::Editor).await;
    let robot = service_account(&ada, "Deployer").await;
    let owner = Principal::ServiceAccount(robot);
    let (secret, key) = token(&ada, "nightly", Some(owner)).await;
    ada.wait_synced().await;
    let bobs_id = member(&ada, "Bob").await;
    let save = GroupDraft {
        id: None,
        version: 0,
        name: "Deployers".to_owned(),
        description: String::new(),
        members: vec![bobs_id],
        service_accounts: vec![robot],
    };
    ada.desk.save_group(save).await.unwrap();
    let group = ada.desk.groups().await.unwrap().groups.remove(0);

    // Only who is in it may have tokens made.
    let only = |who| TokenPolicyDraft {
        who,
        groups: vec![group.id],
    };
    let does = ada
        .desk
        .preview_token_policy(only(TokenPolicyWish::Groups))
        .await
        .unwrap();
    assert!(does.stops.is_empty() && does.lose_creation.is_empty());
    ada.desk
        .set_token_policy(only(TokenPolicyWish::Groups), does.version)
        .await
        .unwrap();
    let view = ada.desk.groups().await.unwrap();
    assert!(view.groups[0].in_policy && !view.groups[0].remove.allowed);
    let refused = ada.desk.remove_group(group.id).await.err().unwrap();
    assert_eq!(refused.code(), ErrorCode::Refused);

    // Taken out of it, Bob is told before he asks the server.
    let edit = GroupDraft {
        id: Some(group.id),
        version: group.version,
        name: group.name.clone(),
        description: String::new(),
        members: Vec::new(),
        service_accounts: vec![robot],
    };
    ada.desk.save_group(edit).await.unwrap();
    wait_for("Bob is out", || async {
        let view = bob.desk.groups().await.ok()?;
        (view.groups.first()?.who.len() == 1).then_some(())
    })
    .await;
    server.stop().await;
    bob.wait_offline().await;
    let view = bob.desk.groups().await.unwrap();
    assert_eq!(view.groups[0].who[0].name, "Deployer");
    assert!(!view.manage.allowed);
    let draft = KeyDraft {
        kind: KeyKind::Personal,
        ..testkit::desk::draft("late")
    };
    let refused = bob.desk.create_key(draft).await.err().unwrap();
    assert!(
        refused.to_string().contains("you are in none of them"),
        "{refused}"
    );
    server.start().await;

    // Disabled, its token is suspended; removed, it is revoked. What goes is listed first.
    ada.wait_synced().await;
    ada.desk.able_service_account(robot, false).await.unwrap();
    is(&ada, key, KeyState::Suspended).await;
    assert_eq!(
        server.verify(&secret).await,
        (false, Some("suspended".to_owned()))
    );
    ada.desk.able_service_account(robot, true).await.unwrap();
    is(&ada, key, KeyState::Active).await;
    let removal = ada.desk.service_account_removal(robot).await.unwrap();
    assert_eq!(removal.tokens[0].id, key);
    ada.desk.remove_service_account(robot).await.unwrap();
    is(&ada, key, KeyState::Revoked).await;
    let row = ada.desk.key_detail(key).await.unwrap().row;
    assert_eq!(row.owner_name.as_deref(), Some("a removed service account"));
    let view = ada.desk.groups().await.unwrap();
    assert!(view.service_accounts.is_empty() && view.groups[0].who.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn k11_p11_groups_service_accounts_and_policy_in_a_terminal() {
    let server = TestServer::new().await;
    let url = server.url();
    let (terminal, mine, robots) = on_thread(move || {
        let terminal = Terminal::new();
        let connect = terminal.sign_up_as_bob(&url);
        let connect: Vec<&str> = connect.iter().map(String::as_str).collect();
        terminal.json(&connect, "");
        let made = terminal.json(
            &["service-accounts", "create", "deployer", "--role", "viewer"],
            "",
        );
        assert_eq!((&made["role"], &made["tokens"]), (&"viewer".into(), &0.into()));
        terminal.json(
            &[
                "groups",
                "create",
                "Deployers",
                "--add",
                "deployer",
                "--add",
                "Bob",
            ],
            "",
        );
        let made = |arguments: &[&str]| {
            let made = terminal.json(&[&["keys", "create"], arguments].concat(), "");
            made["secret"].as_str().unwrap().to_owned()
        };
        let mine = made(&["notebook", "--kind", "personal"]);
        let robots = made(&["nightly", "--kind", "personal", "--for", "deployer"]);
        let list = terminal.json(&["keys", "list", "--owner", "deployer"], "");
        assert_eq!(list["rows"][0]["ownerName"], "deployer");
        assert_eq!(list["total"], 1);
        let (code, said) = terminal.code(&["keys", "create", "x", "--for", "nobody"], "");
        assert_eq!(code, Some(3), "{said}");

        let (code, said) = terminal.code(&["keys", "create", "x", "--for", "deployer"], "");
        assert_eq!(code, Some(2), "{said}");
        assert!(said.contains("choose the kind personal"), "{said}");

        // Tried, asked, refused, done.
        let does = terminal.json(&["policy", "set", "nobody", "--dry-run"], "");
        assert_eq!(does["stops"].as_array().unwrap().len(), 2);
        let (code, said) = terminal.code(&["policy", "set", "nobody"], "no\n");
        assert_eq!(code, Some(4), "{said}");
        assert!(
            said.contains("nightly") && said.contains("Type 2, the number of tokens"),
            "{said}"
        );
        let set = terminal.json(&["policy", "set", "nobody"], "2\n");
        assert_eq!(set["policy"]["who"], "nobody");
        let list = terminal.json(&["keys", "list", "--state", "suspended", "--offline"], "");
        assert_eq!(list["total"], 2);
        let (code, said) = terminal.code(&["keys", "create", "late", "--kind", "personal"], "");
        assert_eq!(code, Some(4), "{said}");
        (terminal, mine, robots)
    })
    .await;
    for secret in [&mine, &robots] {
        assert_eq!(server.verify(secret).await, (false, Some("suspended".to_owned())));
    }
    let (terminal, mine) = on_thread(move || {
        let (code, said) = terminal.code(&["policy", "set", "groups"], "");
        assert_eq!(code, Some(2), "{said}");
        let set = terminal.json(&["policy", "set", "groups", "--group", "Deployers"], "");
        assert_eq!(set["policy"]["who"], "groups");
        let (code, said) = terminal.code(&["groups", "remove", "Deployers"], "");
        assert_eq!(code, Some(4), "{said}");
        terminal.json(&["policy", "set", "all"], "");
        let edited = terminal.json(
            &[
                "groups",
                "edit",
                "Deployers",
                "--name",
                "On call",
                "--remove",
                "Bob",
            ],
            "",
        );
        assert_eq!(
            (&edited["name"], edited["who"].as_array().unwrap().len()),
            (&"On call".into(), 1)
        );
        terminal.json(&["groups", "remove", "On call"], "");
        terminal.json(&["service-accounts", "disable", "deployer"], "");
        let enabled = terminal.json(&["service-accounts", "enable", "deployer"], "");
        assert!(enabled["disabledAt"].is_null());
        let (code, said) = terminal.code(&["service-accounts", "remove", "deployer"], "no\n");
        assert_eq!(code, Some(4), "{said}");
        assert!(said.contains("nightly"), "{said}");
        let removed = terminal.json(&["service-accounts", "remove", "deployer", "--yes"], "");
        assert_eq!(removed["tokens"][0]["name"], "nightly");
        (terminal, mine)
    })
    .await;
    assert_eq!(server.verify(&mine).await, (true, None));
    assert_eq!(server.verify(&robots).await, (false, Some("revoked".to_owned())));
    drop(terminal);
}
