//! Limits of keys (K14): set, edited, counted, told.

use std::sync::Arc;

use crypto::token::Token;
use domain::id::{KeyId, OperationId};
use domain::key::KeyKind;
use protocol::path;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::given::{Given, Person, answer, create_body, make, mint};
use crate::on_both;

on_both!(
    k14_a_limit_is_set_edited_and_taken_away,
    k14_a_key_over_its_limit_is_told_when_to_come_back,
    k14_a_limit_is_exact_under_concurrency,
    k14_what_is_no_limit_is_refused,
);

/// Makes a team key with a limit.
pub(crate) async fn limited(given: &Given, ada: &Person, name: &str, limit: u32) -> (KeyId, Token) {
    let (id, token) = (make(KeyId::make), mint(KeyKind::Team));
    let mut body = create_body(name, &token, id);
    body["requests_per_minute"] = json!(limit);
    given
        .write(ada, &path::fill(path::KEYS, &[&ada.organization]), &body)
        .await
        .good();
    (id, token)
}

async fn edit(given: &Given, ada: &Person, key: KeyId, body: &Value) -> crate::given::Answer {
    let version = given.key(ada, key).await["version"].to_string();
    let operation = make(OperationId::make);
    given
        .edit_as(ada, key, &format!("\"{version}\""), operation, body)
        .await
}

async fn k14_a_limit_is_set_edited_and_taken_away(given: &mut Given) {
    let ada = given.sign_up("ada").await;
    let (id, token) = limited(given, &ada, "ci", 3).await;
    assert_eq!(given.key(&ada, id).await["requests_per_minute"], 3);
    assert_eq!(given.verify(token.expose()).await["remaining"], 2);

    let edited = edit(given, &ada, id, &json!({ "requests_per_minute": 10 }))
        .await
        .good();
    assert_eq!(
        (&edited["requests_per_minute"], &edited["version"]),
        (&json!(10), &json!(2))
    );
    assert_eq!(
        given.verify(token.expose()).await["remaining"],
        8,
        "what was taken stays taken"
    );
    // Left out, it stays.
    let edited = edit(given, &ada, id, &json!({ "name": "deploy" })).await.good();
    assert_eq!(edited["requests_per_minute"], 10);
    let edited = edit(given, &ada, id, &json!({ "requests_per_minute": null }))
        .await
        .good();
    assert_eq!(edited.get("requests_per_minute"), None);
    let said = given.verify(token.expose()).await;
    assert_eq!((&said["valid"], said.get("remaining")), (&json!(true), None));
    let page = given.changes(&ada, "").await;
    let last = page["changes"].as_array().unwrap().last().unwrap();
    assert_eq!(last["entity"].get("requests_per_minute"), None);
    // The free key may have one, too.
    edit(given, &ada, ada.free_key, &json!({ "requests_per_minute": 5 }))
        .await
        .good();
    let told = store::testing::texts(
        &given.store().await,
        "SELECT json FROM activity WHERE type = 'key_edited' ORDER BY at, sequence",
    )
    .await
    .unwrap();
    assert!(
        told[0].contains(r#""requests_per_minute":{"from":3,"to":10}"#),
        "{told:?}"
    );
    assert!(
        told[2].contains(r#""requests_per_minute":{"from":10,"to":null}"#),
        "{told:?}"
    );
}

async fn k14_a_key_over_its_limit_is_told_when_to_come_back(given: &mut Given) {
    let ada = given.sign_up("ada").await;
    let (id, token) = limited(given, &ada, "ci", 3).await;
    let body = json!({ "secret": token.expose() });
    for remaining in ["2", "1", "0"] {
        let let_through = given.post(path::VERIFY, &body).await;
        assert_eq!(let_through.headers["x-keystead-remaining"], remaining);
        assert_eq!(let_through.good()["valid"], true);
    }
    let over = given.post(path::VERIFY, &body).await;
    assert_eq!(over.status, StatusCode::OK);
    assert_eq!(
        (
            &over.headers["retry-after"],
            &over.headers["x-keystead-remaining"]
        ),
        (&"20".parse().unwrap(), &"0".parse().unwrap())
    );
    assert_eq!(
        over.good(),
        json!({ "valid": false, "reason": "rate_limited", "remaining": 0, "retry_after_seconds": 20 })
    );
    let forward = given
        .request(Method::GET, path::VERIFY, None)
        .header("x-api-key", token.expose());
    let over = answer(forward).await;
    assert_eq!(
        (over.status, over.code()),
        (StatusCode::FORBIDDEN, "rate_limited")
    );
    assert_eq!(
        (&over.headers["x-keystead-reason"], &over.headers["retry-after"]),
        (&"rate_limited".parse().unwrap(), &"20".parse().unwrap())
    );
    assert_eq!(
        (&over.body["detail"], &over.body["retry_after_seconds"]),
        (
            &json!(
                "The key of this secret made more requests than its limit lets it; try again in 20 seconds."
            ),
            &json!(20)
        )
    );

    given.clock.advance(20);
    let forward = given
        .request(Method::GET, path::VERIFY, None)
        .header("x-api-key", token.expose());
    let through = answer(forward).await;
    assert_eq!(through.status, StatusCode::NO_CONTENT);
    assert_eq!(through.headers["x-keystead-remaining"], "0");
    // A secret that is not good is told so, whatever its key took.
    given.revoke(&ada, id).await.good();
    assert_eq!(given.verify(token.expose()).await["reason"], "revoked");
    // What was not let through is no use.
    given.stop().await;
    given.start().await;
    assert_eq!(given.key(&ada, id).await["secrets"][0]["use_count"], 4);
}

async fn k14_a_limit_is_exact_under_concurrency(given: &mut Given) {
    let ada = given.sign_up("ada").await;
    let (_, token) = limited(given, &ada, "ci", 50).await;
    let token = Arc::new(token);
    let mut asking = tokio::task::JoinSet::new();
    for _ in 0..200 {
        let (http, url, token) = (given.http.clone(), given.url.clone(), token.clone());
        asking.spawn(async move {
            let request = http
                .post(format!("{url}{}", path::VERIFY))
                .json(&json!({ "secret": token.expose() }));
            answer(request).await.good()["valid"] == true
        });
    }
    let through = asking
        .join_all()
        .await
        .into_iter()
        .filter(|let_through| *let_through);
    assert_eq!(through.count(), 50);
}

async fn k14_what_is_no_limit_is_refused(given: &mut Given) {
    let ada = given.sign_up("ada").await;
    let (id, _) = given.create_key(&ada, "ci").await;
    for wrong in [json!(0), json!(1_000_001), json!(-1), json!(1.5), json!("60")] {
        let refused = edit(given, &ada, id, &json!({ "requests_per_minute": wrong })).await;
        assert_eq!(
            (refused.code(), &refused.body["field"]),
            ("invalid_input", &json!("requests_per_minute"))
        );
    }
    let refused = edit(given, &ada, id, &json!({ "requests_per_minute": 0 })).await;
    assert_eq!(
        refused.body["detail"],
        "A key's limit is a whole number of requests a minute, from 1 to 1,000,000; leave it out for no limit."
    );
    assert_eq!(given.key(&ada, id).await["version"], 1);
}
