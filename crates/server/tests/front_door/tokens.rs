//! Personal tokens, groups, service accounts and the token policy (K1, K10, K11, P11).

use std::time::{Duration, Instant};

use crypto::token::Token;
use domain::id::{KeyId, OperationId};
use domain::key::KeyKind;
use domain::role::Role;
use protocol::path;
use reqwest::Method;
use serde_json::{Value, json};
use server::start;
use store::Kind;

use crate::given::{Answer, Given, Person, answer, create_body, make, mint, told_of};
use crate::on_both;

on_both!(
    k1_personal_tokens_are_their_owners,
    k1_personal_tokens_act_by_the_role_of_their_owner,
    k10_suspended_is_computed_at_each_request,
    k11_loosening_revives_nothing_that_ended,
    k11_a_choice_of_groups_binds_the_making_alone,
    k11_the_dry_run_is_what_happens,
    k11_a_policy_is_changed_over_the_version_its_author_saw,
    p11_groups_hold_members_service_accounts_and_the_invited,
    p11_a_service_account_is_disabled_enabled_and_removed_with_its_tokens,
    p11_who_goes_takes_their_tokens_along,
);

fn personal(name: &str, token: &Token, id: KeyId, owner: Option<&Value>) -> Value {
    let mut body = create_body(name, token, id);
    body["kind"] = json!("personal");
    if let Some(owner) = owner {
        body["owner"] = owner.clone();
    }
    body
}

impl Given {
    /// Asks for a personal token; the answer, its id and its secret.
    async fn ask_token(&self, person: &Person, owner: Option<&Value>) -> (Answer, KeyId, Token) {
        let (id, token) = (make(KeyId::make), mint(KeyKind::Personal));
        let path = path::fill(path::KEYS, &[&person.organization]);
        let body = personal("laptop", &token, id, owner);
        (self.write(person, &path, &body).await, id, token)
    }

    pub(crate) async fn token(&self, person: &Person, owner: Option<&Value>) -> (KeyId, Token) {
        let (answer, id, token) = self.ask_token(person, owner).await;
        answer.good();
        (id, token)
    }

    async fn act(&self, person: &Person, path: &str, key: KeyId, body: &Value) -> Answer {
        self.write(person, &path::fill(path, &[&person.organization, &key]), body)
            .await
    }

    pub(crate) async fn service_account(&self, person: &Person, name: &str) -> String {
        let path = path::fill(path::SERVICE_ACCOUNTS, &[&person.organization]);
        let body = json!({ "name": name, "description": "", "role": "editor" });
        let made = self.write(person, &path, &body).await.good();
        made["id"].as_str().unwrap().to_owned()
    }

    pub(crate) async fn group(
        &self,
        person: &Person,
        name: &str,
        members: &[Value],
        accounts: &[&str],
    ) -> String {
        let path = path::fill(path::GROUPS, &[&person.organization]);
        let body =
            json!({ "name": name, "description": "", "members": members, "service_accounts": accounts });
        let made = self.write(person, &path, &body).await.good();
        made["id"].as_str().unwrap().to_owned()
    }

    /// The organization's version now.
    async fn version(&self, person: &Person) -> i64 {
        let path = path::fill(path::TOKEN_POLICY, &[&person.organization]);
        self.get(person, &path).await.good()["version"].as_i64().unwrap()
    }

    async fn set_policy_over(&self, person: &Person, policy: &Value, version: i64) -> Answer {
        let path = path::fill(path::TOKEN_POLICY, &[&person.organization]);
        let request = self.request(Method::PUT, &path, person.token.as_deref());
        answer(
            request
                .header("idempotency-key", make(OperationId::make).to_string())
                .header("if-match", format!("\"{version}\""))
                .json(&json!({ "policy": policy })),
        )
        .await
    }

    async fn set_policy(&self, person: &Person, policy: &Value) {
        let version = self.version(person).await;
        self.set_policy_over(person, policy, version).await.good();
    }

    async fn preview(&self, person: &Person, policy: &Value) -> Value {
        let path = path::fill(path::TOKEN_POLICY_PREVIEW, &[&person.organization]);
        let request = self.request(Method::POST, &path, person.token.as_deref());
        answer(request.json(&json!({ "policy": policy }))).await.good()
    }

    async fn reason(&self, token: &Token) -> Value {
        self.verify(token.expose()).await["reason"].clone()
    }
}

fn all() -> Value {
    json!({ "who": "all" })
}

fn nobody() -> Value {
    json!({ "who": "nobody" })
}

fn of(account: &str) -> Value {
    json!({ "kind": "service_account", "id": account })
}

fn ids(list: &Value) -> Vec<String> {
    let mut ids: Vec<String> = list
        .as_array()
        .unwrap()
        .iter()
        .map(|token| token["key_id"].as_str().unwrap().to_owned())
        .collect();
    ids.sort();
    ids
}

async fn listed(given: &Given, person: &Person) -> Vec<String> {
    let path = path::fill(path::KEYS, &[&person.organization]);
    let page = given.get(person, &path).await.good();
    let mut ids: Vec<String> = page["keys"]
        .as_array()
        .unwrap()
        .iter()
        .map(|key| key["id"].as_str().unwrap().to_owned())
        .collect();
    ids.sort();
    ids
}

async fn told(given: &Given, person: &Person) -> Vec<String> {
    let page = given.changes(person, "").await;
    let mut ids: Vec<String> = page["changes"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|change| change["entity"]["type"] == "key")
        .map(|change| change["entity"]["id"].as_str().unwrap().to_owned())
        .collect();
    ids.sort();
    ids
}

async fn k1_personal_tokens_are_their_owners(given: &mut Given) {
    let ada = given.sign_up("ada").await;
    given.create_key(&ada, "shared").await;
    let (bob, bob_id) = given.member(&ada, Role::Editor).await;
    let (carol, _) = given.member(&ada, Role::Editor).await;
    let (vera, _) = given.member(&ada, Role::Viewer).await;
    let (ben, _) = given.member(&ada, Role::Billing).await;

    let (key, secret) = given.token(&bob, None).await;
    assert!(secret.expose().starts_with("kst_pat_"));
    let seen = given.key(&bob, key).await;
    assert_eq!(seen["owner"], json!({ "kind": "member", "id": bob_id }));
    let (refused, ..) = given.ask_token(&vera, None).await;
    assert_eq!(refused.code(), "refused");

    // Its owner sees it and nothing else; who sees all keys sees it; nobody else does.
    let one = [key.to_string()];
    assert_eq!(listed(given, &bob).await, one);
    assert_eq!(told(given, &bob).await, one);
    for other in [&carol, &vera] {
        assert!(listed(given, other).await.is_empty() && told(given, other).await.is_empty());
        let path = path::fill(path::KEY, &[&ada.organization, &key]);
        assert_eq!(given.get(other, &path).await.code(), "not_found");
    }
    assert!(listed(given, &ada).await.contains(&key.to_string()));
    assert!(told(given, &ben).await.contains(&key.to_string()));

    // Others are refused as if it were not there; those who manage keys stop it, and do no more.
    let nothing = json!({});
    assert_eq!(
        given.act(&carol, path::KEY_PAUSE, key, &nothing).await.code(),
        "refused"
    );
    let rotate = || json!({ "secret": told_of(&mint(KeyKind::Personal), key), "overlap_seconds": 0 });
    assert_eq!(
        given.act(&carol, path::KEY_ROTATE, key, &rotate()).await.code(),
        "not_found"
    );
    assert_eq!(
        given.act(&ben, path::KEY_PAUSE, key, &nothing).await.code(),
        "refused"
    );
    given.act(&ada, path::KEY_PAUSE, key, &nothing).await.good();
    assert_eq!(given.reason(&secret).await, "paused");
    let refused = given.act(&ada, path::KEY_ROTATE, key, &rotate()).await;
    assert_eq!(
        refused.body["detail"],
        "Only its owner may edit or rotate a personal token; you may pause or revoke it."
    );
    let edit = json!({ "name": "mine" });
    let refused = given
        .edit_as(&ada, key, "\"2\"", make(OperationId::make), &edit)
        .await;
    assert_eq!(refused.code(), "refused");

    // Its owner does everything.
    given.act(&bob, path::KEY_RESUME, key, &nothing).await.good();
    given
        .edit_as(&bob, key, "\"3\"", make(OperationId::make), &edit)
        .await
        .good();
    let new = mint(KeyKind::Personal);
    let body = json!({ "secret": told_of(&new, key), "overlap_seconds": 0 });
    given.act(&bob, path::KEY_ROTATE, key, &body).await.good();
    assert_eq!(given.reason(&secret).await, "retired");
    assert_eq!(given.reason(&new).await, Value::Null);
    given.act(&bob, path::KEY_REVOKE, key, &nothing).await.good();
    assert_eq!(given.reason(&new).await, "revoked");

    // Nobody makes one for another member, nor gives a shared key an owner.
    let bobs = json!({ "kind": "member", "id": bob_id });
    let (refused, ..) = given.ask_token(&ada, Some(&bobs)).await;
    assert_eq!(refused.body["field"], "owner");
    let mut body = create_body("ci", &mint(KeyKind::Team), make(KeyId::make));
    body["owner"] = bobs;
    let path = path::fill(path::KEYS, &[&ada.organization]);
    assert_eq!(given.write(&ada, &path, &body).await.body["field"], "owner");
}

async fn k1_personal_tokens_act_by_the_role_of_their_owner(given: &mut Given) {
    let ada = given.sign_up("ada").await;
    let (bob, bob_id) = given.member(&ada, Role::Editor).await;
    let (key, secret) = given.token(&bob, None).await;
    let role = async |given: &Given, role: &str| {
        let path = path::fill(path::MEMBER_ROLE, &[&ada.organization, &bob_id]);
        given.write(&ada, &path, &json!({ "role": role })).await.good();
    };
    for _ in 0..3 {
        let owner = given.verify(secret.expose()).await["key"]["owner"].clone();
        let expected = json!({ "kind": "member", "id": bob_id, "account_id": bob.account, "role": "editor" });
        assert_eq!(owner, expected);
    }
    role(given, "admin").await;
    let said = given.verify(secret.expose()).await;
    assert_eq!(said["key"]["owner"]["role"], "admin");
    // A role that holds no tokens suspends them, and another brings them back.
    role(given, "viewer").await;
    assert_eq!(given.reason(&secret).await, "suspended");
    role(given, "billing").await;
    let said = given.verify(secret.expose()).await;
    assert_eq!(said["key"]["owner"]["role"], "billing");

    // A proxy is told the same in headers.
    let request = given
        .request(Method::GET, path::VERIFY, None)
        .header("x-api-key", secret.expose());
    let through = answer(request).await;
    assert_eq!(through.headers["x-keystead-owner"], bob_id.to_string().as_str());
    assert_eq!(through.headers["x-keystead-owner-role"], "billing");
    assert_eq!(through.headers["x-keystead-key"], key.to_string().as_str());
}

async fn k10_suspended_is_computed_at_each_request(given: &mut Given) {
    let ada = given.sign_up("ada").await;
    let (_, team) = given.create_key(&ada, "ci").await;
    let (key, secret) = given.token(&ada, None).await;
    for _ in 0..5 {
        assert_eq!(given.reason(&secret).await, Value::Null);
    }
    let before = given.key(&ada, key).await;
    for _ in 0..3 {
        given.set_policy(&ada, &nobody()).await;
        // At once, however well it was known; a shared key goes on.
        assert_eq!(given.reason(&secret).await, "suspended");
        assert_eq!(given.reason(&team).await, Value::Null);
        given.set_policy(&ada, &all()).await;
        assert_eq!(given.reason(&secret).await, Value::Null);
    }
    let mut after = given.key(&ada, key).await;
    for field in ["last_used_at", "last_used_from", "use_count"] {
        after["secrets"][0][field] = before["secrets"][0][field].clone();
    }
    assert_eq!(after, before, "nothing of it is stored with the key");
}

/// Trap 1.
async fn k11_loosening_revives_nothing_that_ended(given: &mut Given) {
    let ada = given.sign_up("ada").await;
    let service = given.service_account(&ada, "Deployer").await;
    let (_, plain) = given.token(&ada, None).await;
    let (_, services) = given.token(&ada, Some(&of(&service))).await;
    let (revoked_id, revoked) = given.token(&ada, None).await;
    let (paused_id, paused) = given.token(&ada, None).await;
    let (expires_id, expires) = (make(KeyId::make), mint(KeyKind::Personal));
    let mut body = personal("soon over", &expires, expires_id, None);
    body["expires_at"] = json!("2026-03-12T11:42:07Z");
    let path = path::fill(path::KEYS, &[&ada.organization]);
    given.write(&ada, &path, &body).await.good();

    given.set_policy(&ada, &nobody()).await;
    for token in [&plain, &services, &revoked, &paused, &expires] {
        assert_eq!(given.reason(token).await, "suspended");
    }
    let (refused, ..) = given.ask_token(&ada, None).await;
    assert!(
        refused.body["detail"]
            .as_str()
            .unwrap()
            .contains("lets nobody make personal tokens")
    );
    let (refused, ..) = given.ask_token(&ada, Some(&of(&service))).await;
    assert_eq!(refused.code(), "refused");

    // Meanwhile: revoked, paused, expired. Each says so while it is suspended, too.
    let nothing = json!({});
    given
        .act(&ada, path::KEY_REVOKE, revoked_id, &nothing)
        .await
        .good();
    given.act(&ada, path::KEY_PAUSE, paused_id, &nothing).await.good();
    given.clock.advance(3_600);
    assert_eq!(given.reason(&revoked).await, "revoked");
    assert_eq!(given.reason(&paused).await, "paused");
    assert_eq!(given.reason(&expires).await, "expired");

    given.set_policy(&ada, &all()).await;
    assert_eq!(given.reason(&plain).await, Value::Null);
    assert_eq!(given.reason(&services).await, Value::Null);
    assert_eq!(given.reason(&revoked).await, "revoked");
    assert_eq!(given.reason(&paused).await, "paused");
    assert_eq!(given.reason(&expires).await, "expired");
}

async fn k11_a_choice_of_groups_binds_the_making_alone(given: &mut Given) {
    let ada = given.sign_up("ada").await;
    let (bob, bob_id) = given.member(&ada, Role::Editor).await;
    let (carol, carol_id) = given.member(&ada, Role::Editor).await;
    let (inside, outside) = (
        given.service_account(&ada, "Inside").await,
        given.service_account(&ada, "Outside").await,
    );
    let group = given.group(&ada, "Deployers", &[json!(bob_id)], &[&inside]).await;
    let (_, carols) = given.token(&carol, None).await;
    let (_, outsides) = given.token(&ada, Some(&of(&outside))).await;

    let policy = json!({ "who": "groups", "groups": [group] });
    let said = given.preview(&ada, &policy).await;
    assert_eq!(said["stops"], json!([]), "a choice of groups suspends nothing");
    let lose = said["lose_creation"].as_array().unwrap();
    assert!(lose.contains(&json!({ "kind": "member", "id": carol_id })));
    assert!(lose.contains(&of(&outside)) && !lose.contains(&of(&inside)));
    given.set_policy(&ada, &policy).await;

    given.token(&bob, None).await;
    given.token(&ada, Some(&of(&inside))).await;
    given.token(&ada, None).await;
    let (refused, ..) = given.ask_token(&carol, None).await;
    assert!(
        refused.body["detail"]
            .as_str()
            .unwrap()
            .contains("you are in none of them")
    );
    let (refused, ..) = given.ask_token(&ada, Some(&of(&outside))).await;
    assert!(
        refused.body["detail"]
            .as_str()
            .unwrap()
            .contains("this service account is in none")
    );
    assert_eq!(given.reason(&carols).await, Value::Null);
    assert_eq!(given.reason(&outsides).await, Value::Null);

    // The group can't go while the policy names it; who comes into it may.
    let remove = path::fill(path::GROUP_REMOVE, &[&ada.organization, &group]);
    assert_eq!(given.write(&ada, &remove, &json!({})).await.code(), "refused");
    let path = path::fill(path::GROUP, &[&ada.organization, &group]);
    let edit = given
        .request(Method::PATCH, &path, ada.token.as_deref())
        .header("idempotency-key", make(OperationId::make).to_string())
        .header("if-match", "\"1\"")
        .json(&json!({ "members": [bob_id, carol_id] }));
    answer(edit).await.good();
    given.token(&carol, None).await;
    given.set_policy(&ada, &all()).await;
    given.write(&ada, &remove, &json!({})).await.good();
    // A policy of no group, or of one that is not there, is none.
    let version = given.version(&ada).await;
    for wrong in [json!([]), json!([group])] {
        let policy = json!({ "who": "groups", "groups": wrong });
        let refused = given.set_policy_over(&ada, &policy, version).await;
        assert_eq!(refused.body["field"], "policy");
    }
}

async fn k11_the_dry_run_is_what_happens(given: &mut Given) {
    let ada = given.sign_up("ada").await;
    let (bob, _) = given.member(&ada, Role::Editor).await;
    let service = given.service_account(&ada, "Deployer").await;
    let idle = given.service_account(&ada, "Idle").await;
    let mut tokens: Vec<(KeyId, Token)> = Vec::new();
    for person in [&ada, &ada, &bob, &bob] {
        tokens.push(given.token(person, None).await);
    }
    for account in [&service, &idle] {
        tokens.push(given.token(&ada, Some(&of(account))).await);
    }
    let nothing = json!({});
    given
        .act(&bob, path::KEY_REVOKE, tokens[2].0, &nothing)
        .await
        .good();
    given
        .act(&ada, path::KEY_PAUSE, tokens[1].0, &nothing)
        .await
        .good();
    let disable = path::fill(path::SERVICE_ACCOUNT_DISABLE, &[&ada.organization, &idle]);
    given.write(&ada, &disable, &nothing).await.good();
    given.verify(tokens[3].1.expose()).await;
    // The use is told within about a second.
    let seen = async || given.preview(&ada, &nobody()).await["stops"][0]["last_used_at"].is_string();
    let since = Instant::now();
    while !seen().await {
        assert!(since.elapsed() < Duration::from_secs(20), "the use is not told");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }

    let works = async |given: &Given| {
        let mut ids = Vec::new();
        for (id, token) in &tokens {
            if given.verify(token.expose()).await["valid"] == true {
                ids.push(id.to_string());
            }
        }
        ids
    };
    let mut policy = all();
    for wish in [nobody(), nobody(), all(), nobody(), all()] {
        let before = works(given).await;
        let said = given.preview(&ada, &wish).await;
        assert_eq!(said["version"], given.version(&ada).await);
        assert_eq!(works(given).await, before, "trying changes nothing");
        given.set_policy(&ada, &wish).await;
        let after = works(given).await;
        let but = |these: &[String], those: &[String]| {
            let mut ids: Vec<String> = these.iter().filter(|id| !those.contains(id)).cloned().collect();
            ids.sort();
            ids
        };
        assert_eq!(ids(&said["stops"]), but(&before, &after), "{policy} to {wish}");
        assert_eq!(ids(&said["returns"]), but(&after, &before), "{policy} to {wish}");
        policy = wish;
    }
    // The one used last stands first, with its use.
    let said = given.preview(&ada, &nobody()).await;
    assert_eq!(said["stops"].as_array().unwrap().len(), 3);
    let first = said["stops"]
        .as_array()
        .unwrap()
        .iter()
        .find(|token| token["key_id"] == tokens[3].0.to_string())
        .unwrap();
    assert!(first["last_used_at"].is_string() && first["use_count"].as_i64().unwrap() > 0);
    assert_eq!(first["last_used_from"], "127.0.0.1");
}

async fn k11_a_policy_is_changed_over_the_version_its_author_saw(given: &mut Given) {
    let ada = given.sign_up("ada").await;
    let (bob, _) = given.member(&ada, Role::Billing).await;
    let version = given.version(&ada).await;
    let path = path::fill(path::TOKEN_POLICY, &[&ada.organization]);
    let operation = make(OperationId::make).to_string();
    let ask = async |version: i64, policy: Value| {
        let request = given.request(Method::PUT, &path, ada.token.as_deref());
        answer(
            request
                .header("idempotency-key", &operation)
                .header("if-match", format!("\"{version}\""))
                .json(&json!({ "policy": policy })),
        )
        .await
    };
    let first = ask(version, nobody()).await.good();
    assert_eq!(first["version"], version + 1);
    assert_eq!(ask(version, nobody()).await.good(), first, "asked again");
    assert_eq!(ask(version, all()).await.code(), "operation_reused");
    let outdated = given.set_policy_over(&ada, &all(), version).await;
    assert_eq!(outdated.code(), "precondition_failed");
    let refused = given.set_policy_over(&bob, &all(), version + 1).await;
    assert_eq!(refused.code(), "refused");
    // The feed tells it to every member.
    let page = given.changes(&bob, "").await;
    let told = page["changes"]
        .as_array()
        .unwrap()
        .iter()
        .find(|change| change["entity"]["type"] == "organization")
        .unwrap();
    assert_eq!(told["entity"]["token_policy"], nobody());
    // What is so already is not done twice.
    let head = given.changes(&ada, "").await["head"].clone();
    given.set_policy(&ada, &nobody()).await;
    assert_eq!(given.changes(&ada, "").await["head"], head);
}

async fn p11_groups_hold_members_service_accounts_and_the_invited(given: &mut Given) {
    let ada = given.sign_up("ada").await;
    let (bob, bob_id) = given.member(&ada, Role::Editor).await;
    let service = given.service_account(&ada, "Deployer").await;
    let group = given
        .group(&ada, "Deployers", &[json!(bob_id), json!(bob_id)], &[&service])
        .await;
    let path = path::fill(path::GROUPS, &[&ada.organization]);
    let body = |name: &str| json!({ "name": name, "description": "" });
    let taken = given.write(&ada, &path, &body("Deployers")).await;
    assert_eq!(taken.body["field"], "name");
    assert_eq!(given.write(&bob, &path, &body("Mine")).await.code(), "refused");
    let seen = given.get(&bob, &path).await.good();
    assert_eq!(seen["groups"][0]["members"], json!([bob_id]));
    assert_eq!(seen["groups"][0]["service_accounts"], json!([service]));

    // Edited over what its author saw.
    let one = path::fill(path::GROUP, &[&ada.organization, &group]);
    let edit = async |version: i64, body: Value| {
        let request = given.request(Method::PATCH, &one, ada.token.as_deref());
        answer(
            request
                .header("idempotency-key", make(OperationId::make).to_string())
                .header("if-match", format!("\"{version}\""))
                .json(&body),
        )
        .await
    };
    let edited = edit(1, json!({ "name": "On call", "members": [] })).await.good();
    assert_eq!((&edited["members"], &edited["version"]), (&json!([]), &json!(2)));
    assert_eq!(edited["service_accounts"], json!([service]));
    assert_eq!(
        edit(1, json!({ "name": "Late" })).await.code(),
        "precondition_failed"
    );
    assert_eq!(edit(2, json!({})).await.body["field"], "name");
    let stranger = json!({ "members": ["mem_0198f3c25d3c7a1e8b4f6d2a9c0e5b71"] });
    assert_eq!(edit(2, stranger).await.body["field"], "members");

    // Who is invited into a group is in it once they come.
    let invite = path::fill(path::INVITATIONS, &[&ada.organization]);
    let body = json!({ "emails": ["dora@example.org"], "role": "editor", "groups": [group] });
    let sent = given.write(&ada, &invite, &body).await.good();
    assert_eq!(sent["invited"][0]["invitation"]["groups"], json!([group]));
    let seen = given.get(&ada, &path).await.good();
    assert_eq!(seen["groups"][0]["members"], json!([]), "not before");
    let code = sent["invited"][0]["code"].as_str().unwrap();
    let came = given.join(code, "dora").await.good();
    let dora = came["account"]["memberships"][0]["id"].clone();
    let seen = given.get(&ada, &path).await.good();
    assert_eq!(seen["groups"][0]["members"], json!([dora]));

    // Removed, it is gone from the feed; who was in it stays.
    let remove = path::fill(path::GROUP_REMOVE, &[&ada.organization, &group]);
    given.write(&ada, &remove, &json!({})).await.good();
    assert_eq!(given.get(&ada, &path).await.good()["groups"], json!([]));
    let page = given.changes(&bob, "").await;
    let gone = json!({ "type": "gone", "what": { "type": "group", "id": group } });
    assert!(
        page["changes"]
            .as_array()
            .unwrap()
            .iter()
            .any(|change| change["entity"] == gone)
    );
}

async fn p11_a_service_account_is_disabled_enabled_and_removed_with_its_tokens(given: &mut Given) {
    let ada = given.sign_up("ada").await;
    let (bob, _) = given.member(&ada, Role::Editor).await;
    let service = given.service_account(&ada, "Deployer").await;
    let path = path::fill(path::SERVICE_ACCOUNTS, &[&ada.organization]);
    let admin = json!({ "name": "Boss", "description": "", "role": "admin" });
    assert_eq!(given.write(&ada, &path, &admin).await.body["field"], "role");
    let (refused, ..) = given.ask_token(&bob, Some(&of(&service))).await;
    assert_eq!(refused.code(), "refused", "who manages no keys makes it no token");
    let (key, token) = given.token(&ada, Some(&of(&service))).await;
    let said = given.verify(token.expose()).await;
    assert_eq!(
        said["key"]["owner"],
        json!({ "kind": "service_account", "id": service, "role": "editor" })
    );
    assert!(listed(given, &bob).await.is_empty());

    let act = async |path: &str| {
        let path = path::fill(path, &[&ada.organization, &service]);
        given.write(&ada, &path, &json!({})).await
    };
    act(path::SERVICE_ACCOUNT_DISABLE).await.good();
    assert_eq!(given.reason(&token).await, "suspended");
    assert_eq!(act(path::SERVICE_ACCOUNT_DISABLE).await.code(), "refused");
    let (refused, ..) = given.ask_token(&ada, Some(&of(&service))).await;
    assert_eq!(
        refused.body["detail"],
        "This service account is disabled; enable it first."
    );
    act(path::SERVICE_ACCOUNT_ENABLE).await.good();
    assert_eq!(given.reason(&token).await, Value::Null);
    let edit = given
        .request(
            Method::PATCH,
            &path::fill(path::SERVICE_ACCOUNT, &[&ada.organization, &service]),
            ada.token.as_deref(),
        )
        .header("idempotency-key", make(OperationId::make).to_string())
        .header("if-match", "\"3\"")
        .json(&json!({ "role": "viewer" }));
    answer(edit).await.good();
    let said = given.verify(token.expose()).await;
    assert_eq!(said["key"]["owner"]["role"], "viewer");

    // Those who manage keys do with its token what its owner would.
    let new = mint(KeyKind::Personal);
    let rotate = json!({ "secret": told_of(&new, key), "overlap_seconds": 0 });
    given.act(&ada, path::KEY_ROTATE, key, &rotate).await.good();

    let group = given.group(&ada, "Deployers", &[], &[&service]).await;
    let removed = act(path::SERVICE_ACCOUNT_REMOVE).await.good();
    assert_eq!(removed["revoked"][0]["id"], key.to_string());
    assert!(removed["revoked"][0]["revoked_at"].is_string());
    assert_eq!(given.reason(&new).await, "revoked");
    let groups = given
        .get(&ada, &path::fill(path::GROUPS, &[&ada.organization]))
        .await
        .good();
    assert_eq!(groups["groups"][0]["id"], group);
    assert_eq!(groups["groups"][0]["service_accounts"], json!([]));
    assert_eq!(act(path::SERVICE_ACCOUNT_ENABLE).await.code(), "not_found");
}

async fn p11_who_goes_takes_their_tokens_along(given: &mut Given) {
    let ada = given.sign_up("ada").await;
    for leaves in [true, false] {
        let (bob, bob_id) = given.member(&ada, Role::Admin).await;
        let name = format!("group {leaves}");
        let group = given.group(&ada, &name, &[json!(bob_id)], &[]).await;
        let (key, token) = given.token(&bob, None).await;
        let (_, shared) = given.create_key(&bob, "shared").await;
        assert_eq!(given.reason(&token).await, Value::Null);
        if leaves {
            let path = path::fill(path::LEAVE, &[&ada.organization]);
            given.write(&bob, &path, &json!({})).await.good();
        } else {
            let path = path::fill(path::MEMBER_REMOVE, &[&ada.organization, &bob_id]);
            given.write(&ada, &path, &json!({})).await.good();
        }
        assert_eq!(given.reason(&token).await, "revoked");
        assert_eq!(given.reason(&shared).await, Value::Null, "what is shared stays");
        assert!(given.key(&ada, key).await["revoked_at"].is_string());
        let path = path::fill(path::GROUPS, &[&ada.organization]);
        let groups = given.get(&ada, &path).await.good();
        let found = groups["groups"]
            .as_array()
            .unwrap()
            .iter()
            .find(|one| one["id"] == group)
            .unwrap()
            .clone();
        assert_eq!(found["members"], json!([]));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn k11_another_node_knows_of_a_policy_within_a_second() {
    let Some(given) = Given::with(Kind::Postgres, |_| ()).await else {
        return;
    };
    let node = start(given.config.clone(), given.ports()).await.unwrap();
    let ada = given.sign_up("ada").await;
    let (_, token) = given.token(&ada, None).await;
    let says = async |valid: bool| {
        let since = Instant::now();
        loop {
            let url = format!("{}{}", node.url(), path::VERIFY);
            let request = given.http.post(url).json(&json!({ "secret": token.expose() }));
            let said = answer(request).await.good();
            if said["valid"] == valid {
                return;
            }
            assert!(since.elapsed() < Duration::from_secs(1), "{said}");
        }
    };
    for _ in 0..5 {
        for _ in 0..3 {
            says(true).await;
        }
        given.set_policy(&ada, &nobody()).await;
        says(false).await;
        given.set_policy(&ada, &all()).await;
    }
    says(true).await;
    node.stop().await;
}
