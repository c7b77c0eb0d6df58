//! Verification (K14).

use domain::key::KeyKind;
use protocol::path;
use reqwest::Method;
use serde_json::json;
use store::Kind;
use store::testing::execute;

use crate::given::{Given, answer, mint};
use crate::on_both;

on_both!(
    k14_a_good_secret_tells_its_key,
    k14_uses_are_counted_and_told,
    k14_no_use_is_lost_when_the_server_stops
);

async fn k14_a_good_secret_tells_its_key(given: &mut Given) {
    let ada = given.sign_up("ada").await;
    let (id, token) = given.create_key(&ada, "ci").await;
    let secret = given.key(&ada, id).await["secrets"][0]["id"].clone();
    assert_eq!(
        given.verify(token.expose()).await,
        json!({
            "valid": true,
            "key": {
                "id": id, "secret_id": secret, "kind": "team", "name": "ci", "organization_id": ada.organization,
                "expires_at": null,
            },
        })
    );
    assert_eq!(
        given.verify(mint(KeyKind::Team).expose()).await,
        json!({ "valid": false, "reason": "unknown" })
    );
    let cut = &token.expose()[..token.expose().len() - 1];
    for malformed in [cut, "", "hunter2", &format!("{} ", token.expose())] {
        assert_eq!(
            given.verify(malformed).await,
            json!({ "valid": false, "reason": "malformed" })
        );
    }
}

/// Waits until the server has put uses down, which it does each second.
async fn used(
    given: &Given,
    person: &crate::given::Person,
    key: domain::id::KeyId,
    count: i64,
) -> serde_json::Value {
    loop {
        let secret = given.key(person, key).await["secrets"][0].clone();
        if secret["use_count"] == count {
            return secret;
        }
        assert!(secret["use_count"].as_i64().unwrap() < count, "{secret}");
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
}

/// Waits until the organization's sequence has come to `head`.
async fn reached(given: &Given, person: &crate::given::Person, head: i64) {
    while given.changes(person, "").await["head"].as_i64().unwrap() < head {
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
}

async fn k14_uses_are_counted_and_told(given: &mut Given) {
    let ada = given.sign_up("ada").await;
    let (id, token) = given.create_key(&ada, "ci").await;
    for _ in 0..3 {
        given.verify(token.expose()).await;
    }
    let secret = used(given, &ada, id, 3).await;
    assert_eq!(
        (&secret["last_used_at"], &secret["last_used_from"]),
        (&json!("2026-03-12T10:42:07Z"), &json!("127.0.0.1"))
    );
    reached(given, &ada, 6).await;
    assert_eq!(given.key(&ada, id).await["version"], 1);

    // More uses within the minute are counted, and told when it is over.
    given.clock.advance(30);
    given.verify(token.expose()).await;
    used(given, &ada, id, 4).await;
    given.clock.advance(30);
    reached(given, &ada, 7).await;
    let page = given.changes(&ada, "?since=6").await;
    assert_eq!(page["changes"][0]["entity"]["secrets"][0]["use_count"], 4);
    // What is refused is not used.
    given.revoke(&ada, id).await.good();
    given.verify(token.expose()).await;
    given.stop().await;
    given.start().await;
    assert_eq!(given.key(&ada, id).await["secrets"][0]["use_count"], 4);
}

async fn k14_no_use_is_lost_when_the_server_stops(given: &mut Given) {
    let ada = given.sign_up("ada").await;
    let (id, token) = given.create_key(&ada, "ci").await;
    given.verify(token.expose()).await;
    given.stop().await;
    given.start().await;
    let secret = given.key(&ada, id).await["secrets"][0].clone();
    assert_eq!(secret["use_count"], 1);
    assert_eq!(given.changes(&ada, "").await["head"], 6, "it was told, too");
}

#[tokio::test]
async fn k14_what_is_no_secret_never_reaches_the_database() {
    let given = Given::new().await;
    // Without the table every question that reaches it fails.
    execute(&given.store().await, "ALTER TABLE secret RENAME TO elsewhere")
        .await
        .unwrap();
    let token = mint(KeyKind::Team);
    assert_eq!(
        given
            .post(path::VERIFY, &json!({ "secret": token.expose() }))
            .await
            .code(),
        "internal"
    );
    let mut swapped = token.expose().to_owned();
    let last = if swapped.ends_with('0') { "1" } else { "0" };
    swapped.replace_range(swapped.len() - 1.., last);
    for junk in ["", "junk", "kst_team_", swapped.as_str()] {
        assert_eq!(
            given.verify(junk).await,
            json!({ "valid": false, "reason": "malformed" }),
            "{junk}"
        );
    }
}

#[tokio::test]
async fn k14_the_address_is_the_peer_unless_a_proxy_is_trusted() {
    for (trusted, expected) in [("192.0.2.0/24", "127.0.0.1"), ("127.0.0.0/8", "198.51.100.7")] {
        let set = |config: &mut server::Config| config.trusted_proxies = vec![trusted.parse().unwrap()];
        let given = Given::with(Kind::Sqlite, set).await.unwrap();
        let ada = given.sign_up("ada").await;
        let (id, token) = given.create_key(&ada, "ci").await;
        let request = given
            .request(Method::POST, path::VERIFY, None)
            .header("x-forwarded-for", "6.6.6.6, 198.51.100.7");
        answer(request.json(&json!({ "secret": token.expose() })))
            .await
            .good();
        let secret = used(&given, &ada, id, 1).await;
        assert_eq!(secret["last_used_from"], expected);
    }
}
