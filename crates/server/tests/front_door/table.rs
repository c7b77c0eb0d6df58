//! Who may do what: every route asked as every role, printed whole (P9).

use std::collections::BTreeMap;

use domain::id::{IssuerId, KeyId, MemberId, OperationId};
use domain::key::KeyKind;
use domain::role::{Action, Grant, Role, grant};
use protocol::path;
use reqwest::Method;
use serde_json::json;
use server::{Access, Declared, routes};
use store::testing::add_member;

use crate::assigned::assign;
use crate::given::{Given, PASSWORD, Person, answer, create_body, make, mint, sign_up_body, told_of};
use crate::issuers::add_body;
use crate::money::service_key;
use crate::on_both;
use crate::provider::{Provider, Signer};

on_both!(p9_the_whole_table);

/// The request for a route; a route that is not known here fails the test.
async fn request(
    given: &Given,
    route: &Declared,
    ada: &Person,
    role: Option<Role>,
    (email, token): (Option<&str>, Option<&str>),
) -> reqwest::RequestBuilder {
    let organization = ada.organization;
    let write = |path: String| {
        let operation = make(OperationId::make).to_string();
        given
            .request(Method::POST, &path, token)
            .header("idempotency-key", operation)
    };
    let edit = |method: Method, path: &str, version: i64| {
        given
            .request(method, path, token)
            .header("idempotency-key", make(OperationId::make).to_string())
            .header("if-match", format!("\"{version}\""))
    };
    let get = |path: &str| given.request(Method::GET, path, token);
    match (route.method, route.path.as_str()) {
        (
            "GET",
            path::SERVER
            | path::CATALOG
            | path::ACCOUNT
            | path::ACCOUNT_CHANGES
            | path::OPENAPI
            | path::HEALTH
            | path::READY
            | path::EVENTS,
        ) => get(&route.path),
        ("GET", path::CURRENT_SESSION | path::SESSIONS) => get(&route.path),
        // One that is nobody's: each question has a session of its own.
        ("POST", path::SESSIONS_END) => given
            .request(Method::POST, &route.path, token)
            .json(&json!({ "session_id": make(domain::id::SessionId::make) })),
        ("POST", path::ACCOUNTS) => {
            let name = format!("p-{}", &make(KeyId::make).as_uuid().simple().to_string()[20..]);
            given
                .request(Method::POST, &route.path, token)
                .json(&sign_up_body(&name, &mint(KeyKind::Service), make(KeyId::make)))
        }
        ("POST", path::SESSIONS) => given
            .request(Method::POST, &route.path, token)
            .json(&json!({ "email": ada.email, "password": PASSWORD })),
        ("DELETE", path::CURRENT_SESSION) => given.request(Method::DELETE, &route.path, token),
        ("GET", path::MEMBERS | path::INVITATIONS) => get(&path::fill(&route.path, &[&organization])),
        ("POST", path::MEMBER_ROLE | path::MEMBER_REMOVE) => {
            let (_, member) = given.member(ada, Role::Viewer).await;
            let path = path::fill(&route.path, &[&organization, &member]);
            if route.path == path::MEMBER_ROLE {
                write(path).json(&json!({ "role": "editor" }))
            } else {
                write(path).json(&json!({}))
            }
        }
        ("POST", path::LEAVE) => {
            // Whoever asks would be gone: a member of another organization, who leaves that.
            let (person, _) = given.member(ada, role.unwrap_or(Role::Viewer)).await;
            let token = token.map(|own| match role {
                Some(role) if role != Role::Owner => person.token.clone().unwrap_or_default(),
                _ => own.to_owned(),
            });
            given
                .request(
                    Method::POST,
                    &path::fill(&route.path, &[&organization]),
                    token.as_deref(),
                )
                .header("idempotency-key", make(OperationId::make).to_string())
                .json(&json!({}))
        }
        ("POST", path::INVITATIONS) => {
            let name = make(KeyId::make).as_uuid().simple().to_string();
            write(path::fill(&route.path, &[&organization]))
                .json(&json!({ "emails": [format!("{name}@example.org")], "role": "viewer" }))
        }
        ("POST", path::INVITATION_RESEND | path::INVITATION_CANCEL) => {
            let name = make(KeyId::make).as_uuid().simple().to_string();
            let (id, _) = given.invite(ada, &format!("{name}@example.org"), "viewer").await;
            write(path::fill(&route.path, &[&organization, &id])).json(&json!({}))
        }
        ("GET", path::ISSUERS) => get(&path::fill(&route.path, &[&organization])),
        (
            _,
            path::ISSUERS | path::ISSUERS_LOOK | path::ISSUER_MAP | path::ISSUER_REMOVE | path::ISSUER_KEYS,
        ) => {
            // Each of its own, kept until the table is whole.
            let provider: &'static Provider =
                Box::leak(Box::new(Provider::with(&[&Signer::new("one")]).await));
            let id = make(IssuerId::make);
            let add = path::fill(path::ISSUERS, &[&organization]);
            match route.path.as_str() {
                path::ISSUERS => write(add).json(&add_body(provider, id)),
                path::ISSUERS_LOOK => given
                    .request(Method::POST, &path::fill(&route.path, &[&organization]), token)
                    .json(&json!({ "url": provider.url })),
                _ => {
                    given.write(ada, &add, &add_body(provider, id)).await.good();
                    let path = path::fill(&route.path, &[&organization, &id]);
                    match route.path.as_str() {
                        path::ISSUER_KEYS => get(&path),
                        path::ISSUER_MAP => {
                            write(path).json(&json!({ "mapping": { "type": "by_email", "on": true } }))
                        }
                        _ => write(path).json(&json!({})),
                    }
                }
            }
        }
        ("POST", path::INVITATION_LOOK) => {
            let name = make(KeyId::make).as_uuid().simple().to_string();
            let (_, code) = given.invite(ada, &format!("{name}@example.org"), "viewer").await;
            given
                .request(Method::POST, &route.path, token)
                .json(&json!({ "code": code }))
        }
        ("GET", path::INVITATION_PAGE) => {
            let name = make(KeyId::make).as_uuid().simple().to_string();
            let (_, code) = given.invite(ada, &format!("{name}@example.org"), "viewer").await;
            get(&path::fill(&route.path, &[&code]))
        }
        ("POST", path::INVITATION_JOIN) => {
            let name = format!("j-{}", &make(KeyId::make).as_uuid().simple().to_string()[20..]);
            let email = format!("{name}@example.org");
            let (_, code) = given.invite(ada, &email, "viewer").await;
            given.request(Method::POST, &route.path, token).json(&json!({
                "code": code, "email": email, "username": name, "display_name": name, "password": PASSWORD,
            }))
        }
        ("POST", path::INVITATION_ACCEPT) => {
            // Each into an organization of its own, whose owner invites whoever asks.
            let name = format!("o-{}", &make(KeyId::make).as_uuid().simple().to_string()[20..]);
            let other = given.sign_up(&name).await;
            let (_, code) = given
                .invite(&other, email.unwrap_or("nobody@example.org"), "viewer")
                .await;
            write(route.path.clone()).json(&json!({ "code": code }))
        }
        ("GET", path::WALLETS | path::LEDGER) => get(&path::fill(&route.path, &[&organization])),
        ("POST", path::WALLETS) => {
            let name = make(KeyId::make).to_string();
            write(path::fill(&route.path, &[&organization])).json(&json!({ "name": name }))
        }
        ("POST", path::WALLETS_MOVE) => {
            let to = crate::money::wallet(given, ada, &make(KeyId::make).to_string(), None).await;
            let amount = json!({ "micros": 1, "currency": "EUR" });
            let from = crate::money::unassigned(ada);
            write(path::fill(&route.path, &[&organization]))
                .json(&json!({ "from": from, "to": to, "amount": amount }))
        }
        ("PATCH", path::WALLET) => {
            let id = crate::money::wallet(given, ada, &make(KeyId::make).to_string(), None).await;
            given
                .request(
                    Method::PATCH,
                    &path::fill(&route.path, &[&organization, &id]),
                    token,
                )
                .header("idempotency-key", make(OperationId::make).to_string())
                .header("if-match", "\"1\"")
                .json(&json!({ "name": make(KeyId::make).to_string() }))
        }
        ("POST", path::WALLET_ARCHIVE) => {
            let id = crate::money::wallet(given, ada, &make(KeyId::make).to_string(), None).await;
            write(path::fill(&route.path, &[&organization, &id])).json(&json!({}))
        }
        ("GET", path::KEYS | path::CHANGES) => get(&path::fill(&route.path, &[&organization])),
        ("POST", path::KEYS) => write(path::fill(&route.path, &[&organization])).json(&create_body(
            "ci",
            &mint(KeyKind::Team),
            make(KeyId::make),
        )),
        ("POST", path::KEYS_IMPORT) => {
            let hash = mint(KeyKind::Team).hash();
            write(path::fill(&route.path, &[&organization]))
                .json(&json!({ "dry_run": false, "rows": [{ "name": "brought", "hash": hash }] }))
        }
        ("GET", path::KEY) => get(&path::fill(&route.path, &[&organization, &ada.free_key])),
        ("PATCH", path::KEY) => {
            let (key, _) = given.create_key(ada, "to be edited").await;
            given
                .request(
                    Method::PATCH,
                    &path::fill(&route.path, &[&organization, &key]),
                    token,
                )
                .header("idempotency-key", make(OperationId::make).to_string())
                .header("if-match", "\"1\"")
                .json(&json!({ "name": "edited" }))
        }
        ("POST", path::KEY_PAUSE) => {
            let (key, _) = given.create_key(ada, "to be paused").await;
            write(path::fill(&route.path, &[&organization, &key])).json(&json!({}))
        }
        ("POST", path::KEY_RESUME) => {
            let (key, _) = given.create_key(ada, "to be resumed").await;
            let pause = path::fill(path::KEY_PAUSE, &[&organization, &key]);
            given.write(ada, &pause, &json!({})).await.good();
            write(path::fill(&route.path, &[&organization, &key])).json(&json!({}))
        }
        ("POST", path::KEY_ROTATE | path::KEY_ROTATION) => {
            let (key, _) = given.create_key(ada, "to be rotated").await;
            let begin = || json!({ "secret": told_of(&mint(KeyKind::Team), key), "overlap_seconds": 60 });
            let body = if route.path == path::KEY_ROTATE {
                begin()
            } else {
                let rotate = path::fill(path::KEY_ROTATE, &[&organization, &key]);
                given.write(ada, &rotate, &begin()).await.good();
                json!({ "type": "finish" })
            };
            write(path::fill(&route.path, &[&organization, &key])).json(&body)
        }
        ("POST", path::KEY_TOKENS | path::KEY_TOKEN_END) => {
            let (key, _) = service_key(given, ada, json!([])).await;
            let members = given
                .get(ada, &path::fill(path::MEMBERS, &[&organization]))
                .await
                .good();
            let asking = members["members"]
                .as_array()
                .unwrap()
                .iter()
                .find(|member| email.is_some_and(|email| member["email"] == email))
                .map(|member| member["id"].as_str().unwrap().parse().unwrap());
            // It is assigned to those who see it anyway: to the others it is not there.
            let sees = role.is_some_and(|role| grant(role, Action::ReadKeys).is_full());
            if let Some(member) = asking.filter(|_| sees) {
                assign(given, ada, key, &[member]).await.good();
            }
            let tokens = path::fill(path::KEY_TOKENS, &[&organization, &key]);
            let secret = told_of(&mint(KeyKind::Service), key);
            let made = write(tokens).json(&json!({ "secret": secret }));
            if route.path == path::KEY_TOKENS {
                return made;
            }
            if sees {
                answer(made).await.good();
            }
            write(path::fill(&route.path, &[&organization, &key])).json(&json!({ "secret_id": secret["id"] }))
        }
        ("POST", path::KEY_TRACE) => {
            let key = given.key(ada, ada.free_key).await;
            let body = json!({
                "secret_id": key["secrets"][0]["id"], "handling": "copied", "at": "2026-03-12T10:00:00Z",
            });
            write(path::fill(&route.path, &[&organization, &ada.free_key])).json(&body)
        }
        ("GET", path::KEY_USAGE) => get(&path::fill(&route.path, &[&organization, &ada.free_key])),
        ("POST", path::KEY_REVOKE) => {
            let (key, _) = given.create_key(ada, "to be revoked").await;
            write(path::fill(&route.path, &[&organization, &key])).json(&json!({}))
        }
        ("GET", path::GROUPS | path::SERVICE_ACCOUNTS | path::TOKEN_POLICY) => {
            get(&path::fill(&route.path, &[&organization]))
        }
        ("POST", path::GROUPS) => {
            let name = make(KeyId::make).to_string();
            write(path::fill(&route.path, &[&organization])).json(&json!({ "name": name, "description": "" }))
        }
        ("PATCH" | "POST", path::GROUP | path::GROUP_REMOVE) => {
            let group = given.group(ada, &make(KeyId::make).to_string(), &[], &[]).await;
            let path = path::fill(&route.path, &[&organization, &group]);
            if route.path == path::GROUP_REMOVE {
                write(path).json(&json!({}))
            } else {
                edit(Method::PATCH, &path, 1).json(&json!({ "description": "edited" }))
            }
        }
        ("POST", path::SERVICE_ACCOUNTS) => {
            let name = make(KeyId::make).to_string();
            write(path::fill(&route.path, &[&organization]))
                .json(&json!({ "name": name, "description": "", "role": "viewer" }))
        }
        (
            "PATCH" | "POST",
            path::SERVICE_ACCOUNT
            | path::SERVICE_ACCOUNT_DISABLE
            | path::SERVICE_ACCOUNT_ENABLE
            | path::SERVICE_ACCOUNT_REMOVE,
        ) => {
            let account = given.service_account(ada, &make(KeyId::make).to_string()).await;
            let path = path::fill(&route.path, &[&organization, &account]);
            match route.path.as_str() {
                path::SERVICE_ACCOUNT => edit(Method::PATCH, &path, 1).json(&json!({ "role": "viewer" })),
                path::SERVICE_ACCOUNT_ENABLE => {
                    let disable = path::fill(path::SERVICE_ACCOUNT_DISABLE, &[&organization, &account]);
                    given.write(ada, &disable, &json!({})).await.good();
                    write(path).json(&json!({}))
                }
                _ => write(path).json(&json!({})),
            }
        }
        ("POST", path::TOKEN_POLICY_PREVIEW) => given
            .request(Method::POST, &path::fill(&route.path, &[&organization]), token)
            .json(&json!({ "policy": { "who": "nobody" } })),
        // To what it is, so that the tokens of the others go on.
        ("PUT", path::TOKEN_POLICY) => edit(Method::PUT, &path::fill(&route.path, &[&organization]), 1)
            .json(&json!({ "policy": { "who": "all" } })),
        ("GET", path::VERIFY) => {
            let (_, good) = given.create_key(ada, "to be let through").await;
            given
                .request(Method::GET, &route.path, None)
                .header("x-api-key", good.expose())
        }
        ("POST", path::VERIFY) => given
            .request(Method::POST, &route.path, token)
            .json(&json!({ "secret": "x" })),
        (method, path) => {
            panic!("{method} {path} is not in this table: say how it is asked, and look at who may")
        }
    }
}

async fn p9_the_whole_table(given: &mut Given) {
    let ada = given.sign_up("ada").await;
    let store = given.store().await;
    let mut people: Vec<(String, Option<Role>, Option<Person>)> =
        vec![("owner".to_owned(), Some(Role::Owner), Some(ada.clone()))];
    for role in Role::ALL.into_iter().filter(|role| *role != Role::Owner) {
        let person = given.sign_up(role.as_str()).await;
        let at = domain::clock::Timestamp::from_micros(crate::given::START);
        add_member(
            &store,
            ada.organization,
            person.account,
            make(MemberId::make),
            role,
            at,
        )
        .await
        .unwrap();
        people.push((role.as_str().to_owned(), Some(role), Some(person)));
    }
    people.push(("outsider".to_owned(), None, Some(given.sign_up("outsider").await)));
    people.push(("signed out".to_owned(), None, None));
    store.close().await;

    let mut table = String::new();
    for route in routes() {
        table.push_str(&format!(
            "{} {}  {:?}\n   ",
            route.method, route.path, route.access
        ));
        for (name, role, person) in &people {
            // A session of its own for each question, for one of them ends it.
            let mut token = None;
            if let Some(person) = person {
                let session = given.sign_in(&person.email, PASSWORD).await.good();
                token = session["token"].as_str().map(str::to_owned);
            }
            given.clock.advance(3_600);
            let email = person.as_ref().map(|person| person.email.as_str());
            let request = request(given, &route, &ada, *role, (email, token.as_deref())).await;
            let (status, seen) = if route.path == path::EVENTS {
                (request.send().await.unwrap().status(), String::new())
            } else {
                let answer = answer(request).await;
                (answer.status, seen(&answer.body))
            };
            let code = status.as_u16();
            assert_eq!(
                code / 100,
                expected(&route, *role, person.is_some()) / 100,
                "{route:?} as {name}: {code}"
            );
            if code / 100 == 4 {
                assert_eq!(
                    code,
                    expected(&route, *role, person.is_some()),
                    "{route:?} as {name}"
                );
            }
            table.push_str(&format!(" {name}={code}{seen}"));
        }
        table.push('\n');
    }
    insta::assert_snapshot!("who_may_do_what", table);
}

/// What follows from what the route declares and from the one table of roles.
fn expected(route: &Declared, role: Option<Role>, signed_in: bool) -> u16 {
    match (route.access, role) {
        (Access::Public, _) => 200,
        _ if !signed_in => 401,
        // The Owner can't leave.
        (Access::Member, Some(Role::Owner)) if route.path == path::LEAVE => 403,
        (Access::Session, _) | (Access::Member, Some(_)) => 200,
        (Access::Member | Access::May(_), None) => 404,
        (Access::May(action), Some(role)) => match grant(role, action) {
            Grant::Full => 200,
            Grant::None => 403,
            // A list shows what is assigned, which is nothing yet; a single key is not there.
            _ if route.path == path::KEYS || route.path == path::ISSUERS => 200,
            _ => 404,
        },
    }
}

/// How much of what a role may see was shown.
fn seen(body: &serde_json::Value) -> String {
    let mut kinds: BTreeMap<&str, usize> = BTreeMap::new();
    for change in body["changes"].as_array().into_iter().flatten() {
        *kinds
            .entry(change["entity"]["type"].as_str().unwrap())
            .or_default() += 1;
    }
    if let Some(keys) = body["keys"].as_array() {
        kinds.insert("key", keys.len());
    }
    if let Some(issuers) = body["issuers"].as_array() {
        kinds.insert("issuer", issuers.len());
    }
    if kinds.is_empty() {
        return String::new();
    }
    let kinds: Vec<String> = kinds
        .into_iter()
        .map(|(kind, count)| format!("{}{kind}s", if count == 0 { "no " } else { "" }))
        .collect();
    format!(" ({})", kinds.join(", "))
}
