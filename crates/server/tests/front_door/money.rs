//! Wallets, the ledger, services of keys, and what requests are charged (K5, B5, B6, K14).

use domain::id::{KeyId, OperationId, WalletId};
use domain::key::KeyKind;
use domain::role::Role;
use protocol::path;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use store::testing::{execute, number, texts};

use crate::given::{Given, Person, answer, create_body, make, mint, told_of};
use crate::on_both;

on_both!(
    b5_an_organization_begins_with_credit,
    b5_the_ledger_only_grows,
    b5_an_older_organization_gets_its_credit_once,
    b6_credit_moves_between_wallets_and_none_goes_below_zero,
    b6_wallets_are_told_to_those_who_manage_money,
    b6_a_wallet_is_archived_when_it_is_empty_and_nothing_draws_on_it,
    k5_services_are_given_and_edited,
    k5_what_can_not_be_granted_is_said_at_its_field,
    k2_the_free_key_calls_every_free_service,
    k14_a_request_is_charged_what_its_model_costs,
    k14_a_drained_wallet_pays_for_exactly_as_many_as_it_can,
    k14_a_request_that_is_asked_again_is_charged_once,
    k14_a_proxy_says_in_headers_what_is_called,
    k14_uses_are_counted_by_service_and_model
);

pub(crate) fn unassigned(person: &Person) -> WalletId {
    WalletId::from_uuid(person.organization.as_uuid())
}

fn euros(micros: i64) -> Value {
    json!({ "micros": micros, "currency": "EUR" })
}

/// A new wallet with so many micro-units in it.
pub(crate) async fn wallet(given: &Given, person: &Person, name: &str, micros: Option<i64>) -> WalletId {
    let path = path::fill(path::WALLETS, &[&person.organization]);
    let mut body = json!({ "name": name });
    if let Some(micros) = micros {
        body["assign"] = euros(micros);
    }
    let made = given.write(person, &path, &body).await.good();
    made["id"].as_str().unwrap().parse().unwrap()
}

async fn balances(given: &Given, person: &Person) -> Value {
    let path = path::fill(path::WALLETS, &[&person.organization]);
    given.get(person, &path).await.good()
}

async fn ledger(given: &Given, person: &Person, query: &str) -> Vec<Value> {
    let path = path::fill(path::LEDGER, &[&person.organization]);
    let page = given.get(person, &format!("{path}{query}")).await.good();
    page["entries"].as_array().unwrap().clone()
}

async fn move_credit(
    given: &Given,
    person: &Person,
    (from, to): (WalletId, WalletId),
    micros: i64,
) -> crate::given::Answer {
    let path = path::fill(path::WALLETS_MOVE, &[&person.organization]);
    let body = json!({ "from": from, "to": to, "amount": euros(micros) });
    given.write(person, &path, &body).await
}

/// A service key with these services; answers its secret.
pub(crate) async fn service_key(given: &Given, person: &Person, grants: Value) -> (KeyId, String) {
    let (id, token) = (make(KeyId::make), mint(KeyKind::Service));
    let path = path::fill(path::KEYS, &[&person.organization]);
    given
        .write(person, &path, &service_body(id, &token, grants))
        .await
        .good();
    (id, token.expose().to_owned())
}

fn service_body(id: KeyId, token: &crypto::token::Token, grants: Value) -> Value {
    let mut body = create_body("paid", token, id);
    body["kind"] = json!("service");
    body["secret"] = told_of(token, id);
    body["grants"] = grants;
    body
}

fn paid(wallet: WalletId) -> Value {
    json!([{ "service": "geocoding", "policy": "pay_as_you_go", "models": ["forward"], "wallet": wallet }])
}

/// A geocoding request of so many addresses, each of which costs 2,500 micro-units.
fn call(secret: &str, addresses: u32, charge_id: Option<&str>) -> Value {
    let mut body = json!({
        "secret": secret, "service": "geocoding", "model": "forward", "parameters": { "addresses": addresses },
    });
    if let Some(id) = charge_id {
        body["charge_id"] = json!(id);
    }
    body
}

async fn ask(given: &Given, body: &Value) -> (StatusCode, Value) {
    let response = given
        .request(Method::POST, path::VERIFY, None)
        .json(body)
        .send()
        .await
        .unwrap();
    (response.status(), response.json().await.unwrap())
}

async fn b5_an_organization_begins_with_credit(given: &mut Given) {
    let ada = given.sign_up("ada").await;
    let found = balances(given, &ada).await;
    assert_eq!(found["totals"]["total"], euros(25_000_000));
    assert_eq!(found["totals"]["unassigned"], euros(25_000_000));
    assert_eq!(found["totals"]["smallest"], Value::Null);
    assert_eq!(found["wallets"][0]["unassigned"], true);
    assert_eq!(found["wallets"][0]["id"], json!(unassigned(&ada)));
    let entries = ledger(given, &ada, "").await;
    assert_eq!(entries.len(), 1);
    assert_eq!(entries[0]["kind"], "starting_credit");
    assert_eq!(entries[0]["amount"], euros(25_000_000));
    assert_eq!(entries[0]["balance"], euros(25_000_000));
    assert_eq!(entries[0]["by"], json!(ada.account));
}

async fn b5_the_ledger_only_grows(given: &mut Given) {
    let ada = given.sign_up("ada").await;
    let store = given.store().await;
    for sql in ["UPDATE ledger SET amount = 1", "DELETE FROM ledger"] {
        let error = execute(&store, sql).await.unwrap_err().to_string();
        assert!(error.contains("the ledger only grows"), "{error}");
    }
    // Nor does a balance go below zero, whoever asks.
    assert!(execute(&store, "UPDATE wallet SET balance = -1").await.is_err());
    store.close().await;
    assert_eq!(ledger(given, &ada, "").await.len(), 1);
}

async fn b5_an_older_organization_gets_its_credit_once(given: &mut Given) {
    let ada = given.sign_up("ada").await;
    // An organization of the version before, which knew no credit.
    let store = given.store().await;
    for sql in [
        "INSERT INTO scope (id, kind, sequence, chain_head) \
         SELECT session.id, 'organization', 1, scope.chain_head FROM session, scope WHERE scope.kind = 'account'",
        "INSERT INTO organization (id, name, version, created_at) SELECT id, 'Older', 1, 0 FROM session",
    ] {
        assert_eq!(execute(&store, sql).await.unwrap(), 1);
    }
    store.close().await;
    for _ in 0..2 {
        given.stop().await;
        given.start().await;
    }
    let store = given.store().await;
    let credit = "SELECT CAST(SUM(balance) AS BIGINT) FROM wallet WHERE unassigned";
    assert_eq!(number(&store, credit).await.unwrap(), 50_000_000);
    let told = texts(&store, "SELECT type FROM activity WHERE type = 'credit_started'")
        .await
        .unwrap();
    assert_eq!(told.len(), 1);
    store.close().await;
    assert_eq!(balances(given, &ada).await["totals"]["total"], euros(25_000_000));
}

async fn b6_credit_moves_between_wallets_and_none_goes_below_zero(given: &mut Given) {
    let ada = given.sign_up("ada").await;
    let one = wallet(given, &ada, "Research", Some(5_000_000)).await;
    let other = wallet(given, &ada, "Production", None).await;
    let rest = unassigned(&ada);
    move_credit(given, &ada, (rest, other), 10_000_000).await.good();
    move_credit(given, &ada, (other, one), 4_000_000).await.good();
    move_credit(given, &ada, (one, rest), 1_000_000).await.good();
    let found = balances(given, &ada).await;
    assert_eq!(
        found["totals"],
        json!({
            "total": euros(25_000_000), "unassigned": euros(11_000_000), "assigned": euros(14_000_000),
            "smallest": euros(6_000_000), "largest": euros(8_000_000),
        })
    );
    let refused = move_credit(given, &ada, (other, one), 6_000_001).await;
    assert_eq!(
        (
            refused.code(),
            refused.body["field"].as_str(),
            refused.body["detail"].as_str()
        ),
        (
            "invalid_input",
            Some("amount"),
            Some("There are only 6.00 EUR; give that or less.")
        )
    );
    for micros in [0, -5] {
        assert_eq!(
            move_credit(given, &ada, (other, one), micros).await.body["field"],
            "amount"
        );
    }
    assert_eq!(move_credit(given, &ada, (one, one), 1).await.body["field"], "to");
    let eve = given.sign_up("eve").await;
    let stolen = move_credit(given, &eve, (one, unassigned(&eve)), 1).await;
    assert_eq!(
        stolen.body["field"], "from",
        "another organization's wallet is not there"
    );

    // Every movement stands there twice, and each wallet's entries lead from one balance to the next.
    let kinds: Vec<String> = ledger(given, &ada, &format!("?wallet={one}"))
        .await
        .iter()
        .map(|entry| {
            format!(
                "{} {} {}",
                entry["kind"].as_str().unwrap(),
                entry["amount"]["micros"],
                entry["balance"]["micros"]
            )
        })
        .collect();
    assert_eq!(
        kinds,
        [
            "given_back -1000000 8000000",
            "transferred 4000000 9000000",
            "assigned 5000000 5000000"
        ]
    );
    assert_eq!(ledger(given, &ada, "?kind=given_back").await.len(), 2);
    assert_eq!(ledger(given, &ada, "?limit=3").await.len(), 3);
    let all = ledger(given, &ada, "").await;
    let rest = ledger(
        given,
        &ada,
        &format!("?before={}", all[2]["id"].as_str().unwrap()),
    )
    .await;
    assert_eq!(rest, all[3..]);
    // A name is one wallet's.
    let path = path::fill(path::WALLETS, &[&ada.organization]);
    let taken = given.write(&ada, &path, &json!({ "name": "Research" })).await;
    assert_eq!(taken.body["field"], "name");
    // The write that was refused left nothing behind.
    let big = json!({ "name": "Too big", "assign": euros(99_000_000) });
    assert_eq!(given.write(&ada, &path, &big).await.body["field"], "assign");
    assert_eq!(
        balances(given, &ada).await["wallets"].as_array().unwrap().len(),
        3
    );
}

async fn b6_wallets_are_told_to_those_who_manage_money(given: &mut Given) {
    let ada = given.sign_up("ada").await;
    wallet(given, &ada, "Research", Some(5_000_000)).await;
    let told = |page: &Value| {
        page["changes"]
            .as_array()
            .unwrap()
            .iter()
            .filter(|change| change["entity"]["type"] == "wallet")
            .count()
    };
    let (billing, _) = given.member(&ada, Role::Billing).await;
    assert_eq!(told(&given.changes(&billing, "").await), 2);
    balances(given, &billing).await;
    let (editor, _) = given.member(&ada, Role::Editor).await;
    let page = given.changes(&editor, "").await;
    assert_eq!((told(&page), &page["remaining"]), (0, &json!(0)));
    let path = path::fill(path::WALLETS, &[&ada.organization]);
    assert_eq!(given.get(&editor, &path).await.code(), "refused");
    assert_eq!(
        given
            .write(&editor, &path, &json!({ "name": "Mine" }))
            .await
            .code(),
        "refused"
    );
}

async fn b6_a_wallet_is_archived_when_it_is_empty_and_nothing_draws_on_it(given: &mut Given) {
    let ada = given.sign_up("ada").await;
    let id = wallet(given, &ada, "Research", Some(1)).await;
    let (key, _) = service_key(given, &ada, paid(id)).await;
    let archive = path::fill(path::WALLET_ARCHIVE, &[&ada.organization, &id]);
    let refused = given.write(&ada, &archive, &json!({})).await;
    assert_eq!(
        refused.body["detail"],
        "There are 0.000001 EUR in this wallet; give them back or transfer them first."
    );
    move_credit(given, &ada, (id, unassigned(&ada)), 1).await.good();
    let refused = given.write(&ada, &archive, &json!({})).await;
    assert_eq!(
        refused.body["detail"],
        "1 key draws on this wallet; let another pay for them first."
    );
    given.revoke(&ada, key).await.good();
    assert!(given.write(&ada, &archive, &json!({})).await.good()["archived_at"].is_string());
    let refused = move_credit(given, &ada, (unassigned(&ada), id), 1).await;
    assert_eq!(refused.body["detail"], "This wallet is archived; choose another.");
    // Its name is free again.
    wallet(given, &ada, "Research", None).await;
    let rest = path::fill(path::WALLET_ARCHIVE, &[&ada.organization, &unassigned(&ada)]);
    assert_eq!(given.write(&ada, &rest, &json!({})).await.code(), "refused");
}

async fn k5_services_are_given_and_edited(given: &mut Given) {
    let ada = given.sign_up("ada").await;
    let id = wallet(given, &ada, "Research", Some(5_000_000)).await;
    let (key, _) = service_key(given, &ada, paid(id)).await;
    let view = given.key(&ada, key).await;
    assert_eq!((&view["kind"], &view["grants"]), (&json!("service"), &paid(id)));
    let told = given.changes(&ada, "").await;
    let of_feed = told["changes"]
        .as_array()
        .unwrap()
        .iter()
        .find(|change| change["entity"]["id"] == json!(key))
        .unwrap();
    assert_eq!(of_feed["entity"]["grants"], paid(id));
    let path = path::fill(path::KEY, &[&ada.organization, &key]);
    let edit = async |version: i64, body: Value| {
        answer(
            given
                .request(Method::PATCH, &path, ada.token.as_deref())
                .header("idempotency-key", make(OperationId::make).to_string())
                .header("if-match", format!("\"{version}\""))
                .json(&body),
        )
        .await
    };
    let both = json!([
        { "service": "map-tiles", "policy": "free" },
        { "service": "geocoding", "policy": "pay_as_you_go", "models": ["reverse", "forward"], "wallet": id },
    ]);
    let edited = edit(1, json!({ "grants": both })).await.good();
    assert_eq!(
        edited["grants"][0]["models"],
        json!(["forward", "reverse"]),
        "in one order"
    );
    assert_eq!(edited["grants"][1]["service"], "map-tiles");
    // The name alone leaves them as they are; an older version is refused.
    assert_eq!(
        edit(2, json!({ "name": "other" })).await.good()["grants"],
        edited["grants"]
    );
    assert_eq!(
        edit(2, json!({ "grants": [] })).await.code(),
        "precondition_failed"
    );
    assert_eq!(edit(3, json!({ "grants": [] })).await.good().get("grants"), None);
    let keys = given
        .get(&ada, &path::fill(path::KEYS, &[&ada.organization]))
        .await
        .good();
    assert_eq!(keys["keys"].as_array().unwrap().len(), 2);
}

async fn k5_what_can_not_be_granted_is_said_at_its_field(given: &mut Given) {
    let ada = given.sign_up("ada").await;
    let eve = given.sign_up("eve").await;
    let foreign = wallet(given, &eve, "Hers", None).await;
    let path = path::fill(path::KEYS, &[&ada.organization]);
    let mut refused = String::new();
    for grants in [
        json!([{ "service": "teleport", "policy": "free" }]),
        json!([{ "service": "tsp", "policy": "free" }]),
        json!([{ "service": "tsp", "policy": "subscription" }]),
        json!([{ "service": "geocoding", "policy": "pay_as_you_go", "wallet": foreign }]),
        json!([{ "service": "geocoding", "policy": "pay_as_you_go", "models": ["forward"] }]),
        paid(foreign),
        paid(unassigned(&ada)),
        json!([{ "service": "geocoding", "policy": "free" }, { "service": "geocoding", "policy": "free" }]),
    ] {
        let body = service_body(make(KeyId::make), &mint(KeyKind::Service), grants);
        let problem = given.write(&ada, &path, &body).await.body;
        refused.push_str(&format!(
            "{}: {}\n",
            problem["field"].as_str().unwrap(),
            problem["detail"].as_str().unwrap()
        ));
    }
    insta::assert_snapshot!("refused_grants", refused);
    // A team key has none.
    let token = mint(KeyKind::Team);
    let mut body = create_body("ci", &token, make(KeyId::make));
    body["grants"] = json!([{ "service": "map-tiles", "policy": "free" }]);
    let problem = given.write(&ada, &path, &body).await.body;
    assert_eq!(problem["field"], "grants");
}

async fn k2_the_free_key_calls_every_free_service(given: &mut Given) {
    let free = mint(KeyKind::Service);
    let ada = given.sign_up_with("ada", &free).await;
    let of = |service: &str| json!({ "secret": free.expose(), "service": service });
    assert_eq!(ask(given, &of("map-tiles")).await.1["valid"], true);
    assert_eq!(ask(given, &of("geocoding")).await.1["valid"], true);
    let (status, refused) = ask(given, &of("tsp")).await;
    assert_eq!(
        (status, refused),
        (StatusCode::OK, json!({ "valid": false, "reason": "not_granted" }))
    );
    let path = path::fill(path::KEY, &[&ada.organization, &ada.free_key]);
    let refused = answer(
        given
            .request(Method::PATCH, &path, ada.token.as_deref())
            .header("idempotency-key", make(OperationId::make).to_string())
            .header("if-match", "\"1\"")
            .json(&json!({ "grants": [{ "service": "map-tiles", "policy": "free" }] })),
    )
    .await;
    assert_eq!(
        (refused.code(), refused.body["field"].as_str()),
        ("refused", Some("grants"))
    );
    // A team key calls nothing.
    let (_, team) = given.create_key(&ada, "ci").await;
    let asked = json!({ "secret": team.expose(), "service": "map-tiles" });
    assert_eq!(ask(given, &asked).await.1["reason"], "not_granted");
}

async fn k14_a_request_is_charged_what_its_model_costs(given: &mut Given) {
    let ada = given.sign_up("ada").await;
    let id = wallet(given, &ada, "Research", Some(1_000_000)).await;
    let (key, secret) = service_key(given, &ada, paid(id)).await;
    let (status, told) = ask(given, &call(&secret, 100, None)).await;
    assert_eq!((status, &told["cost"]), (StatusCode::OK, &euros(250_000)));
    assert_eq!(told["key"]["grants"], paid(id));
    // What is left out has its default, which is 100 addresses.
    let asked = json!({ "secret": secret, "service": "geocoding", "model": "forward" });
    assert_eq!(ask(given, &asked).await.1["cost"], euros(250_000));
    let entries = ledger(given, &ada, &format!("?wallet={id}&kind=charged")).await;
    assert_eq!(entries.len(), 2);
    assert_eq!(entries[0]["amount"], euros(-250_000));
    assert_eq!(entries[0]["balance"], euros(500_000));
    assert_eq!(entries[0]["charge"]["key_id"], json!(key));
    assert_eq!(entries[0]["charge"]["model"], "forward");
    // Without a service nothing is charged, and the key says what it may call.
    let (_, told) = ask(given, &json!({ "secret": secret })).await;
    assert_eq!((&told["valid"], told.get("cost")), (&json!(true), None));
    for (body, reason) in [
        (
            json!({ "secret": secret, "service": "teleport" }),
            "unknown_service",
        ),
        (json!({ "secret": secret, "service": "map-tiles" }), "not_granted"),
        (
            json!({ "secret": secret, "service": "geocoding" }),
            "unknown_model",
        ),
        (
            json!({ "secret": secret, "service": "geocoding", "model": "boat" }),
            "unknown_model",
        ),
        (
            json!({ "secret": secret, "service": "geocoding", "model": "reverse" }),
            "not_granted",
        ),
    ] {
        assert_eq!(
            ask(given, &body).await,
            (StatusCode::OK, json!({ "valid": false, "reason": reason }))
        );
    }
    let (_, told) = ask(given, &call(&secret, 10_001, None)).await;
    assert_eq!(
        told,
        json!({
            "valid": false, "reason": "invalid_parameters",
            "detail": "Addresses can't be 10,001; give 1 to 10,000 addresses.",
        })
    );
    // More than is there: 402, and the same answer.
    let (status, told) = ask(given, &call(&secret, 201, None)).await;
    assert_eq!(status, StatusCode::PAYMENT_REQUIRED);
    assert_eq!(
        told,
        json!({ "valid": false, "reason": "insufficient_credit", "cost": euros(502_500) })
    );
    assert_eq!(ledger(given, &ada, &format!("?wallet={id}")).await.len(), 3);
    // A service taken away is refused at once.
    let path = path::fill(path::KEY, &[&ada.organization, &key]);
    let request = given
        .request(Method::PATCH, &path, ada.token.as_deref())
        .header("idempotency-key", make(OperationId::make).to_string())
        .header("if-match", "\"1\"")
        .json(&json!({ "grants": [] }));
    answer(request).await.good();
    assert_eq!(
        ask(given, &call(&secret, 1, None)).await.1["reason"],
        "not_granted"
    );
    let (_, told) = ask(given, &json!({ "secret": secret, "model": "forward" })).await;
    assert_eq!(
        (&told["code"], &told["field"]),
        (&json!("invalid_input"), &json!("service"))
    );
}

async fn k14_a_drained_wallet_pays_for_exactly_as_many_as_it_can(given: &mut Given) {
    let ada = given.sign_up("ada").await;
    // Thirty-seven requests of 2,500, and not enough for another.
    let id = wallet(given, &ada, "Research", Some(37 * 2_500 + 2_499)).await;
    let (_, secret) = service_key(given, &ada, paid(id)).await;
    let body = call(&secret, 1, None);
    let asked = (0..64).map(|_| ask(given, &body));
    let answers = futures::future::join_all(asked).await;
    let paid: Vec<_> = answers
        .iter()
        .filter(|(status, _)| *status == StatusCode::OK)
        .collect();
    assert_eq!(paid.len(), 37);
    assert!(paid.iter().all(|(_, told)| told["valid"] == true));
    assert!(
        answers
            .iter()
            .filter(|(status, _)| *status != StatusCode::OK)
            .all(|(status, told)| *status == StatusCode::PAYMENT_REQUIRED
                && told["reason"] == "insufficient_credit")
    );
    // The ledger leads from balance to balance, without a gap, to what is left.
    let entries = ledger(given, &ada, &format!("?wallet={id}")).await;
    let found: Vec<i64> = entries
        .iter()
        .map(|entry| entry["balance"]["micros"].as_i64().unwrap())
        .collect();
    let expected: Vec<i64> = (0..=37).map(|paid| 2_499 + paid * 2_500).collect();
    assert_eq!(found, expected);
    let store = given.store().await;
    assert_eq!(
        number(&store, "SELECT balance FROM wallet WHERE NOT unassigned")
            .await
            .unwrap(),
        2_499
    );
    store.close().await;
}

async fn k14_a_request_that_is_asked_again_is_charged_once(given: &mut Given) {
    let ada = given.sign_up("ada").await;
    let id = wallet(given, &ada, "Research", Some(2_500)).await;
    let (_, secret) = service_key(given, &ada, paid(id)).await;
    let body = call(&secret, 1, Some("order-1"));
    let answers = futures::future::join_all((0..16).map(|_| ask(given, &body))).await;
    assert!(answers.iter().all(|(status, told)| *status == StatusCode::OK
        && told["valid"] == true
        && told["cost"] == euros(2_500)));
    // The wallet is dry, and what was paid stays paid.
    assert_eq!(
        ask(given, &call(&secret, 1, Some("order-2"))).await.0,
        StatusCode::PAYMENT_REQUIRED
    );
    assert_eq!(ask(given, &body).await.0, StatusCode::OK);
    let (_, told) = ask(given, &call(&secret, 2, Some("order-1"))).await;
    assert_eq!(told["reason"], "charge_id_reused");
    assert_eq!(
        ledger(given, &ada, &format!("?wallet={id}&kind=charged"))
            .await
            .len(),
        1
    );
    for wrong in ["", "with space", &"x".repeat(101)] {
        let (_, told) = ask(given, &call(&secret, 1, Some(wrong))).await;
        assert_eq!(told["field"], "charge_id");
    }
}

async fn k14_a_proxy_says_in_headers_what_is_called(given: &mut Given) {
    let ada = given.sign_up("ada").await;
    let id = wallet(given, &ada, "Research", Some(5_000)).await;
    let (_, secret) = service_key(given, &ada, paid(id)).await;
    let ask = async |headers: &[(&str, &str)]| {
        let mut request = given
            .request(Method::GET, path::VERIFY, None)
            .header("x-api-key", &secret);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let response = request.send().await.unwrap();
        let said = |name: &str| {
            response
                .headers()
                .get(name)
                .map(|value| value.to_str().unwrap().to_owned())
        };
        (
            response.status().as_u16(),
            said("x-keystead-reason"),
            said("x-keystead-cost"),
        )
    };
    let called = [
        ("x-keystead-service", "geocoding"),
        ("x-keystead-model", "forward"),
        ("x-keystead-parameters", "addresses=2"),
        ("x-keystead-charge-id", "r-1"),
    ];
    let good = (204, None, Some("0.005 EUR".to_owned()));
    assert_eq!(ask(&called).await, good);
    assert_eq!(ask(&called).await, good, "asked again");
    assert_eq!(
        ask(&called[..3]).await,
        (403, Some("insufficient_credit".to_owned()), None)
    );
    assert_eq!(
        ask(&[("x-keystead-service", "tsp")]).await,
        (403, Some("not_granted".to_owned()), None)
    );
    // Empty is left out, as a proxy sends it.
    assert_eq!(ask(&[("x-keystead-service", "")]).await, (204, None, None));
    assert_eq!(ask(&[("x-keystead-model", "forward")]).await.0, 400);
    let wrong = [
        ("x-keystead-service", "geocoding"),
        ("x-keystead-model", "forward"),
        ("x-keystead-parameters", "addresses"),
    ];
    assert_eq!(ask(&wrong).await.0, 400);
}

async fn k14_uses_are_counted_by_service_and_model(given: &mut Given) {
    let ada = given.sign_up("ada").await;
    let id = wallet(given, &ada, "Research", Some(10_000)).await;
    let (key, secret) = service_key(given, &ada, paid(id)).await;
    for charge in ["a", "b", "b"] {
        ask(given, &call(&secret, 1, Some(charge))).await;
    }
    ask(given, &json!({ "secret": secret })).await;
    let path = path::fill(path::KEY_USAGE, &[&ada.organization, &key]);
    let usage = loop {
        let usage = given.get(&ada, &path).await.good();
        if usage["hours"][0]["uses"] == 3 {
            break usage;
        }
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    };
    let services = usage["services"].as_array().unwrap();
    assert_eq!(services.len(), 1);
    assert_eq!(
        (
            &services[0]["service"],
            &services[0]["model"],
            &services[0]["uses"]
        ),
        (&json!("geocoding"), &json!("forward"), &json!(2)),
        "asked again counts once"
    );
    // The balance is told to desktops with the uses.
    loop {
        let told = given.changes(&ada, "").await;
        let wallet = told["changes"]
            .as_array()
            .unwrap()
            .iter()
            .find(|change| change["entity"]["id"] == json!(id))
            .unwrap()
            .clone();
        if wallet["entity"]["balance"] == euros(5_000) {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
}
