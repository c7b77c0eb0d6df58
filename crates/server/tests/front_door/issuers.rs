//! Tokens of identity providers outside (K12).

use domain::id::{IssuerId, MemberId, OperationId, OrganizationId};
use domain::role::Role;
use protocol::path;
use reqwest::Method;
use serde_json::{Value, json};

use crate::given::{Answer, Given, Person, START, answer, make};
use crate::on_both;
use crate::provider::{Provider, Signer};

on_both!(
    k12_a_token_of_an_issuer_lets_a_member_in,
    k12_members_are_known_by_a_verified_address,
    k12_a_subject_goes_with_its_member,
    k12_a_subject_stands_for_a_service_account,
    k12_a_token_calls_no_service,
    k12_the_same_issuer_at_two_organizations,
    k12_an_issuer_is_registered_once_and_idempotently,
    k12_issuers_are_told_in_the_feed,
    k12_tokens_by_a_proxy,
);

fn seconds(from_now: i64) -> i64 {
    START / 1_000_000 + from_now
}

fn claims(provider: &Provider, subject: &str) -> Value {
    json!({
        "iss": provider.url, "aud": "keys", "sub": subject, "iat": seconds(0), "exp": seconds(300),
        "email": "ada@example.org", "email_verified": true,
    })
}

pub(crate) fn add_body(provider: &Provider, id: IssuerId) -> Value {
    json!({ "id": id, "url": provider.url, "audience": "keys", "algorithms": ["ES256"] })
}

impl Given {
    async fn add_issuer(&self, person: &Person, provider: &Provider) -> IssuerId {
        let id = make(IssuerId::make);
        let path = path::fill(path::ISSUERS, &[&person.organization]);
        self.write(person, &path, &add_body(provider, id)).await.good();
        id
    }

    async fn map(&self, person: &Person, issuer: IssuerId, mapping: Value) -> Answer {
        let path = path::fill(path::ISSUER_MAP, &[&person.organization, &issuer]);
        self.write(person, &path, &json!({ "mapping": mapping })).await
    }

    async fn look(&self, person: &Person, url: &str) -> Answer {
        let path = path::fill(path::ISSUERS_LOOK, &[&person.organization]);
        answer(
            self.request(Method::POST, &path, person.token.as_deref())
                .json(&json!({ "url": url })),
        )
        .await
    }

    async fn verify_at(&self, token: &str, organization: OrganizationId) -> Value {
        let body = json!({ "secret": token, "organization_id": organization });
        self.post(path::VERIFY, &body).await.good()
    }

    async fn own_membership(&self, person: &Person) -> MemberId {
        let members = self
            .get(person, &path::fill(path::MEMBERS, &[&person.organization]))
            .await
            .good();
        let found = members["members"]
            .as_array()
            .unwrap()
            .iter()
            .find(|member| member["account_id"] == json!(person.account))
            .unwrap();
        found["id"].as_str().unwrap().parse().unwrap()
    }
}

fn subject(name: &str, member: MemberId) -> Value {
    json!({ "type": "subject", "subject": name, "principal": { "kind": "member", "id": member } })
}

async fn k12_a_token_of_an_issuer_lets_a_member_in(given: &mut Given) {
    let ada = given.sign_up("ada").await;
    let (bob, member) = given.member(&ada, Role::Editor).await;
    let signer = Signer::new("one");
    let provider = Provider::with(&[&signer]).await;

    let found = given.look(&ada, &provider.url).await.good();
    assert_eq!(
        found,
        json!({
            "url": provider.url, "keys_url": format!("{}/keys", provider.url), "keys": 1,
            "algorithms": ["ES256", "RS256"], "refused_algorithms": ["HS256", "none"],
        })
    );
    let token = signer.sign(&claims(&provider, "bob"));
    assert_eq!(given.verify(&token).await["reason"], "unknown_issuer");
    let issuer = given.add_issuer(&ada, &provider).await;
    assert_eq!(given.verify(&token).await["reason"], "unmapped");
    given.map(&ada, issuer, subject("bob", member)).await.good();

    let answer = given.verify(&token).await;
    assert_eq!(
        answer,
        json!({ "valid": true, "token": {
            "issuer_id": issuer, "issuer": provider.url, "subject": "bob",
            "organization_id": ada.organization, "principal": { "kind": "member", "id": member },
            "account_id": bob.account, "name": answer["token"]["name"], "role": "editor",
            "expires_at": "2026-03-12T10:47:07Z",
        } })
    );

    // Each word is heard at once: the role, the mapping, the time, the issuer.
    let role = path::fill(path::MEMBER_ROLE, &[&ada.organization, &member]);
    given
        .write(&ada, &role, &json!({ "role": "viewer" }))
        .await
        .good();
    assert_eq!(given.verify(&token).await["token"]["role"], "viewer");
    let forget = json!({ "type": "forget", "subject": "bob" });
    given.map(&ada, issuer, forget.clone()).await.good();
    assert_eq!(given.verify(&token).await["reason"], "unmapped");
    assert_eq!(given.map(&ada, issuer, forget).await.code(), "not_found");
    given.map(&ada, issuer, subject("bob", member)).await.good();
    given.clock.advance(300 + 30);
    assert_eq!(given.verify(&token).await["reason"], "expired");
    given.clock.advance(-330);
    assert_eq!(given.verify(&token).await["valid"], true);
    let remove = path::fill(path::ISSUER_REMOVE, &[&ada.organization, &issuer]);
    given.write(&ada, &remove, &json!({})).await.good();
    assert_eq!(given.verify(&token).await["reason"], "unknown_issuer");
}

async fn k12_members_are_known_by_a_verified_address(given: &mut Given) {
    let ada = given.sign_up("ada").await;
    let signer = Signer::new("one");
    let provider = Provider::with(&[&signer]).await;
    let issuer = given.add_issuer(&ada, &provider).await;
    let token = signer.sign(&claims(&provider, "somebody"));
    assert_eq!(given.verify(&token).await["reason"], "unmapped");
    given
        .map(&ada, issuer, json!({ "type": "by_email", "on": true }))
        .await
        .good();
    assert_eq!(
        given.verify(&token).await["token"]["account_id"],
        json!(ada.account)
    );
    let mut other = claims(&provider, "somebody");
    other["email_verified"] = json!(false);
    assert_eq!(given.verify(&signer.sign(&other)).await["reason"], "unmapped");
    other["email_verified"] = json!(true);
    other["email"] = json!("eve@example.org");
    assert_eq!(given.verify(&signer.sign(&other)).await["reason"], "unmapped");
    // A mapped subject is who it is mapped to, whatever address comes along.
    let (bob, member) = given.member(&ada, Role::Viewer).await;
    given.map(&ada, issuer, subject("somebody", member)).await.good();
    assert_eq!(
        given.verify(&token).await["token"]["account_id"],
        json!(bob.account)
    );
}

async fn k12_a_subject_goes_with_its_member(given: &mut Given) {
    let ada = given.sign_up("ada").await;
    let signer = Signer::new("one");
    let provider = Provider::with(&[&signer]).await;
    let issuer = given.add_issuer(&ada, &provider).await;
    for act in [path::MEMBER_REMOVE, path::LEAVE] {
        let (bob, member) = given.member(&ada, Role::Editor).await;
        given.map(&ada, issuer, subject("bob", member)).await.good();
        let token = signer.sign(&claims(&provider, "bob"));
        assert_eq!(given.verify(&token).await["valid"], true);
        let head = given.changes(&ada, "").await["next"].as_i64().unwrap();
        if act == path::LEAVE {
            let path = path::fill(act, &[&ada.organization]);
            given.write(&bob, &path, &json!({})).await.good();
        } else {
            let path = path::fill(act, &[&ada.organization, &member]);
            given.write(&ada, &path, &json!({})).await.good();
        }
        assert_eq!(given.verify(&token).await["reason"], "unmapped");
        let told = given.changes(&ada, &format!("?since={head}")).await;
        let issuers: Vec<&Value> = told["changes"]
            .as_array()
            .unwrap()
            .iter()
            .filter(|change| change["entity"]["type"] == "issuer")
            .collect();
        assert_eq!(issuers.len(), 1);
        assert_eq!(issuers[0]["entity"]["subjects"], json!([]));
    }
    // Nobody of another organization can be mapped.
    let eve = given.sign_up("eve").await;
    let hers = given.own_membership(&eve).await;
    assert_eq!(
        given.map(&ada, issuer, subject("eve", hers)).await.code(),
        "not_found"
    );
    let robot = json!({ "type": "subject", "subject": "r",
        "principal": { "kind": "service_account", "id": "sva_0198f3c25d3c7a1e8b4f6d2a9c0e5b71" } });
    assert_eq!(given.map(&ada, issuer, robot).await.code(), "not_found");
}

async fn k12_a_subject_stands_for_a_service_account(given: &mut Given) {
    let ada = given.sign_up("ada").await;
    let signer = Signer::new("one");
    let provider = Provider::with(&[&signer]).await;
    let issuer = given.add_issuer(&ada, &provider).await;
    let account = given.service_account(&ada, "nightly").await;
    let robot = json!({ "type": "subject", "subject": "robot",
        "principal": { "kind": "service_account", "id": account } });
    given.map(&ada, issuer, robot).await.good();
    let token = signer.sign(&claims(&provider, "robot"));
    let told = given.verify(&token).await;
    assert_eq!(
        told["token"]["principal"],
        json!({ "kind": "service_account", "id": account })
    );
    assert_eq!(told["token"]["name"], "nightly");
    assert!(
        told["token"].get("account_id").is_none(),
        "no person is behind it"
    );
    let asked = answer(given.request(Method::GET, path::VERIFY, Some(&token))).await;
    assert_eq!(
        asked.headers["x-keystead-service-account"].to_str().unwrap(),
        account
    );

    // Disabled, its tokens stop at once; enabled, they go on; removed, the subject stands for nobody.
    let act = |path: &str| path::fill(path, &[&ada.organization, &account]);
    given
        .write(&ada, &act(path::SERVICE_ACCOUNT_DISABLE), &json!({}))
        .await
        .good();
    assert_eq!(given.verify(&token).await["reason"], "suspended");
    given
        .write(&ada, &act(path::SERVICE_ACCOUNT_ENABLE), &json!({}))
        .await
        .good();
    assert_eq!(given.verify(&token).await["valid"], true);
    let head = given.changes(&ada, "").await["next"].as_i64().unwrap();
    given
        .write(&ada, &act(path::SERVICE_ACCOUNT_REMOVE), &json!({}))
        .await
        .good();
    assert_eq!(given.verify(&token).await["reason"], "unmapped");
    let told = given.changes(&ada, &format!("?since={head}")).await;
    let subjects: Vec<&Value> = told["changes"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|change| change["entity"]["type"] == "issuer")
        .map(|change| &change["entity"]["subjects"])
        .collect();
    assert_eq!(subjects, [&json!([])]);
}

async fn k12_a_token_calls_no_service(given: &mut Given) {
    let ada = given.sign_up("ada").await;
    let signer = Signer::new("one");
    let provider = Provider::with(&[&signer]).await;
    let issuer = given.add_issuer(&ada, &provider).await;
    let member = given.own_membership(&ada).await;
    given.map(&ada, issuer, subject("ada", member)).await.good();
    let token = signer.sign(&claims(&provider, "ada"));
    let asked = json!({ "secret": token, "service": "geocoding", "model": "forward" });
    let answer = given.post(path::VERIFY, &asked).await.good();
    assert_eq!(
        (&answer["valid"], &answer["reason"]),
        (&json!(false), &json!("not_granted"))
    );
}

async fn k12_the_same_issuer_at_two_organizations(given: &mut Given) {
    let (ada, eve) = (given.sign_up("ada").await, given.sign_up("eve").await);
    let signer = Signer::new("one");
    let provider = Provider::with(&[&signer]).await;
    for person in [&ada, &eve] {
        let issuer = given.add_issuer(person, &provider).await;
        let member = given.own_membership(person).await;
        given.map(person, issuer, subject("both", member)).await.good();
    }
    let token = signer.sign(&claims(&provider, "both"));
    assert_eq!(given.verify(&token).await["reason"], "ambiguous");
    for person in [&ada, &eve] {
        let answer = given.verify_at(&token, person.organization).await;
        assert_eq!(answer["token"]["organization_id"], json!(person.organization));
        assert_eq!(answer["token"]["account_id"], json!(person.account));
    }
    let nobodys = make(OrganizationId::make);
    assert_eq!(given.verify_at(&token, nobodys).await["reason"], "unknown_issuer");
    // The same question about a secret of a key.
    let (_, secret) = given.create_key(&ada, "ci").await;
    assert_eq!(
        given.verify_at(secret.expose(), ada.organization).await["valid"],
        true
    );
    assert_eq!(
        given.verify_at(secret.expose(), eve.organization).await["reason"],
        "unknown"
    );
}

async fn k12_an_issuer_is_registered_once_and_idempotently(given: &mut Given) {
    let ada = given.sign_up("ada").await;
    let signer = Signer::new("one");
    let provider = Provider::with(&[&signer]).await;
    let path = path::fill(path::ISSUERS, &[&ada.organization]);
    let (operation, id) = (make(OperationId::make), make(IssuerId::make));
    let body = add_body(&provider, id);
    let first = given.write_as(&ada, &path, operation, &body).await.good();
    // The answer was lost, and the issuer is away by now.
    provider.go_away(true);
    assert_eq!(given.write_as(&ada, &path, operation, &body).await.good(), first);
    provider.go_away(false);
    let again = given
        .write(&ada, &path, &add_body(&provider, make(IssuerId::make)))
        .await;
    assert_eq!(
        (again.code(), &again.body["field"]),
        ("conflict", &json!("audience"))
    );
    let list = given.get(&ada, &path).await.good();
    assert_eq!(list["issuers"], json!([first]));

    let refused = async |change: Value, field: &str| {
        let mut body = add_body(&provider, make(IssuerId::make));
        for (name, value) in change.as_object().unwrap() {
            body[name] = value.clone();
        }
        let refusal = given.write(&ada, &path, &body).await;
        assert_eq!(
            (refusal.code(), &refusal.body["field"]),
            ("invalid_input", &json!(field)),
            "{change}"
        );
    };
    refused(json!({ "algorithms": [] }), "algorithms").await;
    refused(json!({ "algorithms": ["HS256"] }), "algorithms[0]").await;
    refused(json!({ "algorithms": ["none"] }), "algorithms[0]").await;
    refused(json!({ "leeway_seconds": 61 }), "leeway_seconds").await;
    refused(json!({ "audience": "" }), "audience").await;
    refused(json!({ "url": "http://login.example.org" }), "url").await;
    refused(json!({ "url": "https://user@login.example.org" }), "url").await;
}

async fn k12_issuers_are_told_in_the_feed(given: &mut Given) {
    let ada = given.sign_up("ada").await;
    let signer = Signer::new("one");
    let provider = Provider::with(&[&signer]).await;
    let issuer = given.add_issuer(&ada, &provider).await;
    let kinds = |page: &Value| -> Vec<String> {
        let changes = page["changes"].as_array().unwrap();
        changes
            .iter()
            .map(|change| match change["entity"]["type"].as_str().unwrap() {
                "gone" => format!("gone {}", change["entity"]["what"]["type"].as_str().unwrap()),
                kind => kind.to_owned(),
            })
            .filter(|kind| kind.contains("issuer"))
            .collect()
    };
    for (role, sees) in [
        (Role::Admin, true),
        (Role::Billing, true),
        (Role::Editor, false),
        (Role::Viewer, false),
    ] {
        let (person, _) = given.member(&ada, role).await;
        let page = given.changes(&person, "").await;
        assert_eq!(kinds(&page).len(), usize::from(sees), "{role:?}");
        assert_eq!(page["remaining"], 0);
    }
    let remove = path::fill(path::ISSUER_REMOVE, &[&ada.organization, &issuer]);
    given.write(&ada, &remove, &json!({})).await.good();
    assert_eq!(kinds(&given.changes(&ada, "").await), ["gone issuer"]);
}

async fn k12_tokens_by_a_proxy(given: &mut Given) {
    let ada = given.sign_up("ada").await;
    let signer = Signer::new("one");
    let provider = Provider::with(&[&signer]).await;
    let issuer = given.add_issuer(&ada, &provider).await;
    let member = given.own_membership(&ada).await;
    given.map(&ada, issuer, subject("ada", member)).await.good();
    let asked = async |token: &str, query: &str| {
        let path = format!("{}{query}", path::VERIFY);
        answer(given.request(Method::GET, &path, Some(token))).await
    };
    let good = asked(&signer.sign(&claims(&provider, "ada")), "").await;
    assert_eq!(good.status, 204);
    let said = |name: &str| good.headers[name].to_str().unwrap().to_owned();
    assert_eq!(said("x-keystead-issuer"), provider.url);
    assert_eq!(said("x-keystead-member"), member.to_string());
    assert_eq!(said("x-keystead-role"), "owner");
    assert_eq!(said("x-keystead-organization"), ada.organization.to_string());
    assert!(!good.headers.contains_key("x-keystead-key"));
    let stranger = asked(&signer.sign(&claims(&provider, "eve")), "").await;
    assert_eq!(stranger.status, 401);
    assert_eq!(stranger.headers["x-keystead-reason"], "unmapped");
    let elsewhere = format!("?organization={}", make(OrganizationId::make));
    let refused = asked(&signer.sign(&claims(&provider, "ada")), &elsewhere).await;
    assert_eq!(refused.headers["x-keystead-reason"], "unknown_issuer");
    assert_eq!(asked("x", "?organization=x").await.status, 400);
}

#[tokio::test]
async fn k12_keys_are_asked_for_seldom() {
    let given = Given::new().await;
    let ada = given.sign_up("ada").await;
    let (one, two) = (Signer::new("one"), Signer::new("two"));
    let provider = Provider::with(&[&one]).await;
    provider.say_cache("public, max-age=600");
    let issuer = given.add_issuer(&ada, &provider).await;
    given
        .map(&ada, issuer, subject("ada", given.own_membership(&ada).await))
        .await
        .good();
    assert_eq!(provider.asked(), 1, "registering asks");
    let token = one.sign(&claims(&provider, "ada"));
    for _ in 0..20 {
        assert_eq!(given.verify(&token).await["valid"], true);
    }
    assert_eq!(provider.asked(), 1, "what is known is not asked for");

    // A flood of made-up key ids: one question, however many come together.
    let made_up: Vec<String> = (0..40)
        .map(|n| {
            let head = json!({ "alg": "ES256", "kid": format!("../../{n}"), "jku": "http://127.0.0.1:1/" });
            one.sign_with(&head, &claims(&provider, "ada"))
        })
        .collect();
    let all = futures::future::join_all(made_up.iter().map(|token| given.verify(token))).await;
    assert!(
        all.iter().all(|answer| answer["reason"] == "untrusted"),
        "{all:?}"
    );
    assert_eq!(provider.asked(), 2);
    for token in &made_up {
        assert_eq!(given.verify(token).await["reason"], "untrusted");
    }
    assert_eq!(provider.asked(), 2, "not again within half a minute");
    // What is bad without a key asks nobody, even then.
    given.clock.advance(31);
    let mut other = claims(&provider, "ada");
    other["aud"] = json!("others");
    assert_eq!(given.verify(&two.sign(&other)).await["reason"], "unknown_issuer");
    let none = one.sign_with(&json!({ "alg": "none" }), &claims(&provider, "ada"));
    assert_eq!(given.verify(&none).await["reason"], "untrusted");
    assert_eq!(provider.asked(), 2);

    // The issuer takes another key: its first token is good, and those of the old one no more.
    provider.list(&[&two]);
    assert_eq!(
        given.verify(&two.sign(&claims(&provider, "ada"))).await["valid"],
        true
    );
    assert_eq!(provider.asked(), 3);
    assert_eq!(given.verify(&token).await["reason"], "untrusted");
    // After its max-age it is asked anew.
    given.clock.advance(601);
    let mut later = claims(&provider, "ada");
    later["exp"] = json!(seconds(100_000));
    assert_eq!(given.verify(&two.sign(&later)).await["valid"], true);
    assert_eq!(provider.asked(), 4);
}

#[tokio::test]
async fn k12_an_issuer_that_is_away_is_known_for_six_hours() {
    let mut given = Given::new().await;
    let ada = given.sign_up("ada").await;
    let signer = Signer::new("one");
    let provider = Provider::with(&[&signer]).await;
    let issuer = given.add_issuer(&ada, &provider).await;
    given
        .map(&ada, issuer, subject("ada", given.own_membership(&ada).await))
        .await
        .good();
    let mut long = claims(&provider, "ada");
    long["exp"] = json!(seconds(100_000));
    let token = signer.sign(&long);
    provider.go_away(true);
    given.clock.advance(5 * 3_600);
    assert_eq!(given.verify(&token).await["valid"], true);
    given.clock.advance(3_600);
    assert_eq!(given.verify(&token).await["reason"], "issuer_away");
    provider.go_away(false);
    assert_eq!(
        given.verify(&token).await["reason"],
        "issuer_away",
        "not asked again at once"
    );
    given.clock.advance(31);
    assert_eq!(given.verify(&token).await["valid"], true);
    // A server that just started knows no keys.
    provider.go_away(true);
    given.stop().await;
    given.start().await;
    assert_eq!(given.verify(&token).await["reason"], "issuer_away");
}

#[tokio::test]
async fn k12_what_an_issuer_says_of_itself_is_looked_at() {
    let given = Given::new().await;
    let ada = given.sign_up("ada").await;
    let signer = Signer::new("one");
    let provider = Provider::with(&[&signer]).await;
    let said = async |url: &str| {
        let answer = given.look(&ada, url).await;
        assert_eq!(
            (answer.code(), &answer.body["field"]),
            ("invalid_input", &json!("url"))
        );
        answer.body["detail"].as_str().unwrap().to_owned()
    };
    provider.say_issuer("https://login.example.org");
    assert_eq!(
        said(&provider.url).await,
        "The description there is of another issuer, “https://login.example.org”; register exactly that URL."
    );
    provider.say_issuer(&provider.url);
    provider.say_keys_url("http://login.example.org/keys");
    assert!(said(&provider.url).await.contains("no address reached by https"));
    provider.say_keys_url("file:///etc/passwd");
    assert!(said(&provider.url).await.contains("no address reached by https"));
    provider.say_keys_url(&format!("{}/keys", provider.url));
    provider.redirect(true);
    assert!(said(&provider.url).await.contains("status 302"));
    provider.redirect(false);
    provider.be_endless(true);
    assert!(said(&provider.url).await.contains("no description"));
    provider.be_endless(false);
    provider.list(&[]);
    assert!(
        said(&provider.url)
            .await
            .contains("no key that signatures could be checked with")
    );
    assert!(said("http://127.0.0.1:1").await.contains("could not be reached"));
    provider.go_away(true);
    assert!(said(&provider.url).await.contains("status 503"));
}

#[tokio::test]
async fn k12_nobody_makes_the_server_ask_inside_its_own_network() {
    let given = Given::with(store::Kind::Sqlite, |config| config.issuers_inside = false)
        .await
        .unwrap();
    let ada = given.sign_up("ada").await;
    let signer = Signer::new("one");
    let provider = Provider::with(&[&signer]).await;
    for url in [
        provider.url.as_str(),
        "http://localhost:1",
        "https://localhost",
        "https://127.0.0.1:1",
        "https://10.0.0.1",
        "https://169.254.169.254/latest",
        "https://[::1]",
        "https://[::ffff:10.0.0.1]",
        "https://0x7f.1",
        "https://2130706433",
    ] {
        let answer = given.look(&ada, url).await;
        assert_eq!(answer.code(), "invalid_input", "{url}");
        assert!(answer.text.contains("issuers_inside"), "{url}: {}", answer.text);
    }
    assert_eq!(provider.asked(), 0);
}

#[tokio::test]
async fn k12_forged_tokens_are_told_from_good_ones_at_the_door() {
    let given = Given::new().await;
    let ada = given.sign_up("ada").await;
    let (good, evil) = (Signer::new("one"), Signer::new("one"));
    let provider = Provider::with(&[&good]).await;
    let issuer = given.add_issuer(&ada, &provider).await;
    given
        .map(&ada, issuer, subject("ada", given.own_membership(&ada).await))
        .await
        .good();
    let all = claims(&provider, "ada");
    let with = |name: &str, value: Value| {
        let mut changed = all.clone();
        changed[name] = value;
        good.sign(&changed)
    };
    let head = |extra: Value| {
        let mut head = json!({ "alg": "ES256", "kid": "one" });
        for (name, value) in extra.as_object().unwrap() {
            head[name] = value.clone();
        }
        good.sign_with(&head, &all)
    };
    let token = good.sign(&all);
    let (signed, _) = token.rsplit_once('.').unwrap();
    for (what, token, reason) in [
        ("good", token.clone(), None),
        ("somebody else's key", evil.sign(&all), Some("untrusted")),
        ("no signature", format!("{signed}."), Some("untrusted")),
        ("zeros", format!("{signed}.{}", "A".repeat(86)), Some("untrusted")),
        ("cut", token[..token.len() - 2].to_owned(), Some("untrusted")),
        ("two parts", signed.to_owned(), Some("malformed")),
        ("huge", with("pad", json!("x".repeat(17_000))), Some("malformed")),
        ("alg none", head(json!({ "alg": "none" })), Some("untrusted")),
        ("alg HS256", head(json!({ "alg": "HS256" })), Some("untrusted")),
        ("crit", head(json!({ "crit": ["exp"] })), Some("untrusted")),
        ("other key", head(json!({ "kid": "two" })), Some("untrusted")),
        (
            "other issuer",
            with("iss", json!("https://login.example.org")),
            Some("unknown_issuer"),
        ),
        (
            "other audience",
            with("aud", json!("others")),
            Some("unknown_issuer"),
        ),
        ("over", with("exp", json!(seconds(-31))), Some("expired")),
        ("no end", with("exp", Value::Null), Some("malformed")),
        ("not begun", with("nbf", json!(seconds(31))), Some("not_yet")),
        (
            "made in the future",
            with("iat", json!(seconds(31))),
            Some("not_yet"),
        ),
        ("a number for a subject", with("sub", json!(7)), Some("untrusted")),
        ("somebody else", with("sub", json!("Ada")), Some("unmapped")),
    ] {
        let answer = given.verify(&token).await;
        assert_eq!(answer["reason"].as_str(), reason, "{what}: {answer}");
        assert_eq!(answer["valid"], json!(reason.is_none()), "{what}");
    }
}
