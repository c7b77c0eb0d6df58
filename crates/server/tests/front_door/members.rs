//! Members and invitations, from the front door (P7, P9, P10).

use domain::id::{InvitationId, MemberId, OperationId};
use domain::role::Role;
use protocol::path;
use serde_json::{Value, json};

use crate::given::{Given, Person, make};
use crate::on_both;

on_both!(
    p7_people_are_invited_and_each_address_is_answered,
    p7_a_link_works_only_for_its_email_and_only_once,
    p7_an_invitation_lasts_seven_days_and_an_old_link_is_dead,
    p7_an_account_comes_in_while_signed_in,
    p9_roles_change_and_only_the_owner_touches_admins,
    p10_a_removed_member_is_told_by_their_own_feed,
    p10_who_comes_back_begins_anew,
    p7_the_code_of_a_link_is_stored_nowhere_but_in_a_mail_that_waits
);

fn invitations(person: &Person) -> String {
    path::fill(path::INVITATIONS, &[&person.organization])
}

async fn resend(given: &Given, person: &Person, id: InvitationId) -> crate::given::Answer {
    let path = path::fill(path::INVITATION_RESEND, &[&person.organization, &id]);
    given.write(person, &path, &json!({})).await
}

async fn cancel(given: &Given, person: &Person, id: InvitationId) -> crate::given::Answer {
    let path = path::fill(path::INVITATION_CANCEL, &[&person.organization, &id]);
    given.write(person, &path, &json!({})).await
}

async fn accept(given: &Given, person: &Person, code: &str) -> crate::given::Answer {
    given
        .write(person, path::INVITATION_ACCEPT, &json!({ "code": code }))
        .await
}

async fn change(given: &Given, by: &Person, id: MemberId, role: &str) -> crate::given::Answer {
    let path = path::fill(path::MEMBER_ROLE, &[&by.organization, &id]);
    given.write(by, &path, &json!({ "role": role })).await
}

async fn remove(given: &Given, by: &Person, id: MemberId) -> crate::given::Answer {
    let path = path::fill(path::MEMBER_REMOVE, &[&by.organization, &id]);
    given.write(by, &path, &json!({})).await
}

fn detail(answer: &crate::given::Answer) -> &str {
    answer.body["detail"].as_str().unwrap()
}

async fn p7_people_are_invited_and_each_address_is_answered(given: &mut Given) {
    let ada = given.sign_up("ada").await;
    given.invite(&ada, "known@example.org", "viewer").await;
    let operation = make(OperationId::make);
    let body = json!({
        "emails": ["Bob@Example.org", "nonsense", "ada@example.org", "known@example.org", "bob@example.org"],
        "role": "editor",
    });
    let answer = given
        .write_as(&ada, &invitations(&ada), operation, &body)
        .await
        .good();
    let invited = answer["invited"].as_array().unwrap();
    assert_eq!(invited.len(), 1, "the same address twice is one invitation");
    assert_eq!(invited[0]["invitation"]["email"], "bob@example.org");
    assert_eq!(invited[0]["invitation"]["role"], "editor");
    assert_eq!(invited[0]["mailed"], false);
    let code = invited[0]["code"].as_str().unwrap();
    assert!(crypto::token::is_invitation(code));
    let refused: Vec<(&str, &str)> = answer["refused"]
        .as_array()
        .unwrap()
        .iter()
        .map(|refused| {
            (
                refused["email"].as_str().unwrap(),
                refused["reason"].as_str().unwrap(),
            )
        })
        .collect();
    assert_eq!(
        refused,
        [
            (
                "nonsense",
                "“nonsense” is not an email address; write it like mara@example.org."
            ),
            ("ada@example.org", "Is a member already."),
            (
                "known@example.org",
                "Is invited already; send that invitation again, or cancel it first."
            ),
        ]
    );

    // Asked again, it is the same invitation, and its code is not told again.
    let again = given
        .write_as(&ada, &invitations(&ada), operation, &body)
        .await
        .good();
    assert_eq!(again["invited"][0]["invitation"], invited[0]["invitation"]);
    assert_eq!(again["invited"][0]["code"], Value::Null);
    let listed = given.get(&ada, &invitations(&ada)).await.good();
    assert_eq!(listed["invitations"].as_array().unwrap().len(), 2);

    let none = given
        .write(
            &ada,
            &invitations(&ada),
            &json!({ "emails": [], "role": "editor" }),
        )
        .await;
    assert_eq!(
        (none.code(), none.body["field"].as_str()),
        ("invalid_input", Some("emails"))
    );
    let owner = given
        .write(
            &ada,
            &invitations(&ada),
            &json!({ "emails": ["x@example.org"], "role": "owner" }),
        )
        .await;
    assert_eq!(
        (owner.code(), owner.body["field"].as_str()),
        ("refused", Some("role"))
    );
    let (admin, _) = given.member(&ada, Role::Admin).await;
    let admins = given
        .write(
            &admin,
            &invitations(&ada),
            &json!({ "emails": ["x@example.org"], "role": "admin" }),
        )
        .await;
    assert_eq!(
        detail(&admins),
        "Your role is Admin; only the Owner may make Admins."
    );
}

async fn p7_a_link_works_only_for_its_email_and_only_once(given: &mut Given) {
    given.stop().await;
    let ada = {
        given.start().await;
        given.sign_up("ada").await
    };
    // Sign-up closes; the invitation vouches.
    given.stop().await;
    given.config.sign_up = protocol::server::SignUp::Closed;
    given.start().await;
    let (_, code) = given.invite(&ada, "bob@example.org", "editor").await;

    let card = given
        .post(path::INVITATION_LOOK, &json!({ "code": code }))
        .await
        .good();
    assert_eq!(card["organization_name"], "The house of ada");
    assert_eq!(card["invited_by"], "ada");
    assert_eq!(card["email"], "b…@example.org");
    assert_eq!(
        (card["role"].as_str(), card["state"].as_str()),
        (Some("editor"), Some("pending"))
    );

    let mallory = given.join(&code, "mallory").await;
    assert_eq!(
        (mallory.code(), mallory.body["field"].as_str()),
        ("refused", Some("email"))
    );
    assert_eq!(
        detail(&mallory),
        "This invitation is for b…@example.org; sign up with it."
    );
    let wrong = given.join(&format!("{}X", &code[..code.len() - 1]), "bob").await;
    assert_eq!(wrong.code(), "not_found");

    let bob = given.join(&code, "bob").await.good();
    let membership = &bob["account"]["memberships"];
    assert_eq!(membership.as_array().unwrap().len(), 1);
    assert_eq!(membership[0]["role"], "editor");
    let twice = given.join(&code, "bob").await;
    assert_eq!(detail(&twice), "This invitation was accepted already.");
    let card = given
        .post(path::INVITATION_LOOK, &json!({ "code": code }))
        .await
        .good();
    assert_eq!(card["state"], "accepted");
    let members = given
        .get(&ada, &path::fill(path::MEMBERS, &[&ada.organization]))
        .await
        .good();
    assert_eq!(members["members"].as_array().unwrap().len(), 2);
}

async fn p7_an_invitation_lasts_seven_days_and_an_old_link_is_dead(given: &mut Given) {
    let ada = given.sign_up("ada").await;
    let (id, code) = given.invite(&ada, "bob@example.org", "viewer").await;
    given.clock.advance(7 * 86_400);
    let late = given.join(&code, "bob").await;
    assert_eq!(
        detail(&late),
        "This invitation has expired; ask whoever invited you to send it again."
    );

    let sent = resend(given, &ada, id).await.good();
    let newer = sent["code"].as_str().unwrap().to_owned();
    assert_eq!(given.join(&code, "bob").await.code(), "not_found");
    assert_eq!(sent["invitation"]["version"], 2);

    cancel(given, &ada, id).await.good();
    let cancelled = given.join(&newer, "bob").await;
    assert_eq!(
        detail(&cancelled),
        "This invitation was cancelled; ask whoever invited you for a new one."
    );
    assert_eq!(
        detail(&resend(given, &ada, id).await),
        "This invitation was cancelled; invite the address anew."
    );

    // One that has expired makes room for another.
    let (old, _) = given.invite(&ada, "bob@example.org", "viewer").await;
    given.clock.advance(7 * 86_400);
    let (new, code) = given.invite(&ada, "bob@example.org", "editor").await;
    assert_ne!(old, new);
    given.join(&code, "bob").await.good();
}

async fn p7_an_account_comes_in_while_signed_in(given: &mut Given) {
    let (ada, bob) = (given.sign_up("ada").await, given.sign_up("bob").await);
    let (_, code) = given.invite(&ada, "bob@example.org", "viewer").await;
    let eve = given.sign_up("eve").await;
    let other = accept(given, &eve, &code).await;
    assert_eq!(
        (other.code(), other.body["field"].as_str(), detail(&other)),
        (
            "refused",
            Some("email"),
            "This invitation is for b…@example.org; sign in with it."
        )
    );
    let operation = make(OperationId::make);
    let body = json!({ "code": code });
    let joined = given
        .write_as(&bob, path::INVITATION_ACCEPT, operation, &body)
        .await
        .good();
    assert_eq!(joined["membership"]["organization_name"], "The house of ada");
    let again = given
        .write_as(&bob, path::INVITATION_ACCEPT, operation, &body)
        .await
        .good();
    assert_eq!(again, joined);
    // Also with another operation: whoever lost the answer is told where they are.
    assert_eq!(accept(given, &bob, &code).await.good(), joined);

    let feed = given.get(&bob, path::ACCOUNT_CHANGES).await.good();
    let memberships = feed["changes"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|change| change["entity"]["type"] == "membership")
        .count();
    assert_eq!(memberships, 2);
    let seen = given
        .get(&bob, &path::fill(path::CHANGES, &[&ada.organization]))
        .await
        .good();
    let kinds: Vec<&str> = seen["changes"]
        .as_array()
        .unwrap()
        .iter()
        .map(|change| change["entity"]["type"].as_str().unwrap())
        .collect();
    assert!(!kinds.contains(&"invitation"), "{kinds:?}");
    let events = given.store().await;
    let scope = domain::activity::Scope::Organization(ada.organization);
    let chain = store::activity::verify_chain(&mut events.read().await.unwrap(), scope)
        .await
        .unwrap();
    assert!(chain.is_ok());
    events.close().await;
}

async fn p9_roles_change_and_only_the_owner_touches_admins(given: &mut Given) {
    let ada = given.sign_up("ada").await;
    let (bob, bob_id) = given.member(&ada, Role::Viewer).await;
    let (admin, admin_id) = given.member(&ada, Role::Admin).await;

    let before = given.changes(&bob, "").await["epoch"].as_i64().unwrap();
    change(given, &admin, bob_id, "editor").await.good();
    let after = given.changes(&bob, "").await["epoch"].as_i64().unwrap();
    assert!(after > before, "what he sees is read afresh");
    assert_eq!(
        detail(&change(given, &admin, bob_id, "admin").await),
        "Your role is Admin; only the Owner may make Admins."
    );
    change(given, &ada, bob_id, "admin").await.good();
    for answer in [
        change(given, &admin, bob_id, "viewer").await,
        remove(given, &admin, bob_id).await,
    ] {
        assert_eq!(
            detail(&answer),
            "Your role is Admin; only the Owner may change or remove Admins."
        );
    }
    assert_eq!(
        detail(&change(given, &admin, admin_id, "viewer").await),
        "Nobody changes their own role; ask another Owner or Admin."
    );
    assert_eq!(
        detail(&remove(given, &admin, admin_id).await),
        "Nobody removes themselves; to go, leave the organization."
    );
    let members = given
        .get(&ada, &path::fill(path::MEMBERS, &[&ada.organization]))
        .await
        .good();
    let mut all = members["members"].as_array().unwrap().iter();
    let owner = all.find(|member| member["role"] == "owner").unwrap();
    let owner: MemberId = owner["id"].as_str().unwrap().parse().unwrap();
    assert_eq!(
        detail(&remove(given, &admin, owner).await),
        "Nobody may change or remove the Owner."
    );
    assert_eq!(
        detail(&change(given, &ada, admin_id, "owner").await),
        "An organization has exactly one Owner; the ownership can be transferred, not given twice."
    );
    let leave = path::fill(path::LEAVE, &[&ada.organization]);
    assert_eq!(
        detail(&given.write(&ada, &leave, &json!({})).await),
        "The Owner can't leave; transfer the ownership first."
    );
    let operation = make(OperationId::make);
    let left = given.write_as(&admin, &leave, operation, &json!({})).await.good();
    assert_eq!(
        given.write_as(&admin, &leave, operation, &json!({})).await.good(),
        left,
        "whoever lost the answer gets it, although they are gone"
    );
    assert_eq!(given.write(&admin, &leave, &json!({})).await.code(), "not_found");
}

async fn p10_a_removed_member_is_told_by_their_own_feed(given: &mut Given) {
    let ada = given.sign_up("ada").await;
    let (bob, id) = given.member(&ada, Role::Editor).await;
    remove(given, &ada, id).await.good();
    assert_eq!(remove(given, &ada, id).await.code(), "not_found");
    // The session goes on; the organization is not there.
    let changes = path::fill(path::CHANGES, &[&ada.organization]);
    assert_eq!(given.get(&bob, &changes).await.code(), "not_found");
    let feed = given.get(&bob, path::ACCOUNT_CHANGES).await.good();
    let gone = feed["changes"]
        .as_array()
        .unwrap()
        .iter()
        .any(|change| change["entity"]["what"] == json!({ "type": "membership", "id": id }));
    assert!(gone, "{feed}");
    let there = given.changes(&ada, "").await;
    let gone = there["changes"]
        .as_array()
        .unwrap()
        .iter()
        .any(|change| change["entity"]["what"] == json!({ "type": "member", "id": id }));
    assert!(gone, "{there}");
}

async fn p10_who_comes_back_begins_anew(given: &mut Given) {
    let ada = given.sign_up("ada").await;
    let (bob, id) = given.member(&ada, Role::Admin).await;
    let before = given.changes(&bob, "").await["epoch"].as_i64().unwrap();
    change(given, &ada, id, "viewer").await.good();
    remove(given, &ada, id).await.good();
    let (_, code) = given.invite(&ada, &bob.email, "viewer").await;
    accept(given, &bob, &code).await.good();
    let after = given.changes(&bob, "").await["epoch"].as_i64().unwrap();
    assert!(after > before + 1, "no epoch comes twice: {before} {after}");
}

async fn p7_the_code_of_a_link_is_stored_nowhere_but_in_a_mail_that_waits(given: &mut Given) {
    let ada = given.sign_up("ada").await;
    let (_, code) = given.invite(&ada, "bob@example.org", "viewer").await;
    let store = given.store().await;
    for sql in [
        "SELECT json FROM activity",
        "SELECT answer FROM operation",
        "SELECT email FROM invitation",
    ] {
        for text in store::testing::texts(&store, sql).await.unwrap() {
            assert!(!text.contains(&code), "{sql}");
        }
    }
    store.close().await;
}
