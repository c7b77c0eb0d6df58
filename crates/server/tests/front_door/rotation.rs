//! Keys paused and resumed (K8), and given new secrets (K7).

use crypto::token::Token;
use domain::id::{KeyId, OperationId};
use domain::key::KeyKind;
use protocol::path;
use reqwest::StatusCode;
use serde_json::{Value, json};

use crate::given::{Answer, Given, Person, make, mint, told_of};
use crate::on_both;

on_both!(
    k8_a_paused_key_lets_nobody_in_until_it_is_resumed,
    k8_what_can_t_be_paused_or_resumed_says_why,
    k7_in_place_the_old_secret_ends_at_once,
    k7_with_overlap_both_secrets_work_until_the_end,
    k7_the_old_secret_retires_by_itself_and_the_record_says_so,
    k7_a_rotation_is_extended_and_finished,
    k7_a_rotation_is_rolled_back,
    k7_a_lost_answer_and_the_retry_give_one_secret,
    k7_what_can_t_be_rotated_says_why,
    k7_the_traffic_of_both_secrets_is_told_apart,
);

const DAY: i64 = 86_400;

async fn act(given: &Given, person: &Person, key: KeyId, path: &str, body: &Value) -> Answer {
    let path = path::fill(path, &[&person.organization, &key]);
    given.write(person, &path, body).await
}

/// A minute later than what was before.
async fn rotate(given: &Given, person: &Person, key: KeyId, overlap_seconds: i64) -> (Token, Value) {
    given.clock.advance(60);
    let token = mint(KeyKind::Team);
    let body = json!({ "secret": told_of(&token, key), "overlap_seconds": overlap_seconds });
    let rotated = act(given, person, key, path::KEY_ROTATE, &body).await;
    assert_eq!(rotated.status, StatusCode::OK);
    (token, rotated.good())
}

async fn reason(given: &Given, token: &Token) -> Value {
    given.verify(token.expose()).await["reason"].clone()
}

async fn events(given: &Given) -> Vec<String> {
    let store = given.store().await;
    let types = store::testing::texts(
        &store,
        "SELECT type FROM activity WHERE type LIKE '%rotat%' OR type LIKE 'key_%' ORDER BY at, sequence",
    )
    .await
    .unwrap();
    store.close().await;
    types
}

async fn k8_a_paused_key_lets_nobody_in_until_it_is_resumed(given: &mut Given) {
    let ada = given.sign_up("ada").await;
    let (key, token) = given.create_key(&ada, "ci").await;
    given.clock.advance(60);
    let paused = act(given, &ada, key, path::KEY_PAUSE, &json!({})).await.good();
    assert_eq!(
        (&paused["paused_at"], &paused["paused_by"], &paused["version"]),
        (&json!("2026-03-12T10:43:07Z"), &json!(ada.account), &json!(2))
    );
    assert_eq!(
        given.verify(token.expose()).await,
        json!({ "valid": false, "reason": "paused" })
    );
    let resumed = act(given, &ada, key, path::KEY_RESUME, &json!({})).await.good();
    assert_eq!(
        (&resumed["paused_at"], &resumed["paused_by"]),
        (&Value::Null, &Value::Null)
    );
    assert_eq!(given.verify(token.expose()).await["valid"], true);
    assert_eq!(events(given).await, ["key_created", "key_paused", "key_resumed"]);
}

async fn k8_what_can_t_be_paused_or_resumed_says_why(given: &mut Given) {
    let ada = given.sign_up("ada").await;
    let (key, _) = given.create_key(&ada, "ci").await;
    let told = async |path: &str| {
        let refused = act(given, &ada, key, path, &json!({})).await;
        assert_eq!(
            (refused.status, refused.code()),
            (StatusCode::FORBIDDEN, "refused")
        );
        refused.body["detail"].as_str().unwrap().to_owned()
    };
    assert_eq!(told(path::KEY_RESUME).await, "This key is not paused.");
    act(given, &ada, key, path::KEY_PAUSE, &json!({})).await.good();
    assert_eq!(told(path::KEY_PAUSE).await, "This key is paused already.");
    given.revoke(&ada, key).await.good();
    let ended = "This key is revoked; there is nothing left to pause or to resume.";
    assert_eq!(told(path::KEY_PAUSE).await, ended);
    assert_eq!(told(path::KEY_RESUME).await, ended);
}

async fn k7_in_place_the_old_secret_ends_at_once(given: &mut Given) {
    let ada = given.sign_up("ada").await;
    let (key, old) = given.create_key(&ada, "ci").await;
    let (new, view) = rotate(given, &ada, key, 0).await;
    assert_eq!(reason(given, &old).await, "retired");
    assert_eq!(given.verify(new.expose()).await["key"]["id"], json!(key));
    assert_eq!(view["id"], json!(key));
    assert_eq!(
        (
            &view["secrets"][0]["retired_at"],
            &view["secrets"][1]["retired_at"],
            &view["secrets"][1]["last_four"]
        ),
        (
            &json!("2026-03-12T10:43:07Z"),
            &Value::Null,
            &json!(new.last_four())
        )
    );
}

async fn k7_with_overlap_both_secrets_work_until_the_end(given: &mut Given) {
    let ada = given.sign_up("ada").await;
    let (key, old) = given.create_key(&ada, "ci").await;
    let (new, view) = rotate(given, &ada, key, DAY).await;
    assert_eq!(view["secrets"][0]["retires_at"], "2026-03-13T10:43:07Z");
    given.clock.advance(DAY - 1);
    for token in [&old, &new] {
        assert_eq!(given.verify(token.expose()).await["valid"], true);
    }
    // At the very moment, whether or not anybody has written it down.
    given.clock.advance(1);
    assert_eq!(reason(given, &old).await, "retired");
    assert_eq!(given.verify(new.expose()).await["valid"], true);
}

async fn k7_the_old_secret_retires_by_itself_and_the_record_says_so(given: &mut Given) {
    let ada = given.sign_up("ada").await;
    let (key, _) = given.create_key(&ada, "ci").await;
    rotate(given, &ada, key, DAY).await;
    given.clock.advance(DAY + 5);
    let ended = loop {
        let ended = given.key(&ada, key).await["secrets"][0]["retired_at"].clone();
        if ended != Value::Null {
            break ended;
        }
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    };
    assert_eq!(ended, "2026-03-13T10:43:12Z");
    assert_eq!(
        events(given).await,
        ["key_created", "key_rotated", "rotation_finished"]
    );
    let store = given.store().await;
    let by = "SELECT actor FROM activity WHERE type = 'rotation_finished'";
    assert_eq!(store::testing::texts(&store, by).await.unwrap(), ["server"]);
    store.close().await;
    let late = act(given, &ada, key, path::KEY_ROTATION, &json!({ "type": "finish" })).await;
    assert_eq!(
        late.body["detail"],
        "This key is not being rotated; its rotation has ended."
    );
}

async fn k7_a_rotation_is_extended_and_finished(given: &mut Given) {
    let ada = given.sign_up("ada").await;
    let (key, old) = given.create_key(&ada, "ci").await;
    let (new, _) = rotate(given, &ada, key, DAY).await;
    given.clock.advance(DAY - 10);
    let longer = json!({ "type": "extend", "overlap_seconds": 7 * DAY });
    let view = act(given, &ada, key, path::KEY_ROTATION, &longer).await.good();
    assert_eq!(view["secrets"][0]["retires_at"], "2026-03-20T10:42:57Z");
    given.clock.advance(DAY);
    assert_eq!(given.verify(old.expose()).await["valid"], true);
    act(given, &ada, key, path::KEY_ROTATION, &json!({ "type": "finish" }))
        .await
        .good();
    assert_eq!(reason(given, &old).await, "retired");
    assert_eq!(given.verify(new.expose()).await["valid"], true);
    // It can be rotated again, and the secret that stays is the one that gives way.
    let (newest, view) = rotate(given, &ada, key, 0).await;
    assert_eq!(view["secrets"].as_array().unwrap().len(), 3);
    assert_eq!(reason(given, &new).await, "retired");
    assert_eq!(given.verify(newest.expose()).await["valid"], true);
    for (step, field, detail) in [
        (
            json!({ "type": "extend", "overlap_seconds": 0 }),
            "overlap_seconds",
            "A rotation is extended by a second at least; finish it to end it now.",
        ),
        (
            json!({ "type": "extend", "overlap_seconds": 90 * DAY + 1 }),
            "overlap_seconds",
            "Two secrets of a key work side by side for 90 days at the most; choose a shorter time.",
        ),
    ] {
        let (other, _) = given.create_key(&ada, "other").await;
        rotate(given, &ada, other, DAY).await;
        let refused = act(given, &ada, other, path::KEY_ROTATION, &step).await;
        assert_eq!(
            (&refused.body["field"], &refused.body["detail"]),
            (&json!(field), &json!(detail))
        );
    }
}

async fn k7_a_rotation_is_rolled_back(given: &mut Given) {
    let ada = given.sign_up("ada").await;
    let (key, old) = given.create_key(&ada, "ci").await;
    let (new, _) = rotate(given, &ada, key, DAY).await;
    act(
        given,
        &ada,
        key,
        path::KEY_ROTATION,
        &json!({ "type": "roll_back" }),
    )
    .await
    .good();
    assert_eq!(reason(given, &new).await, "retired");
    given.clock.advance(2 * DAY);
    assert_eq!(given.verify(old.expose()).await["valid"], true, "it stays");
    assert_eq!(
        events(given).await,
        ["key_created", "key_rotated", "rotation_rolled_back"]
    );
    // And may be rotated again.
    let (again, _) = rotate(given, &ada, key, 0).await;
    assert_eq!(reason(given, &old).await, "retired");
    assert_eq!(given.verify(again.expose()).await["valid"], true);
}

/// Trap 4.
async fn k7_a_lost_answer_and_the_retry_give_one_secret(given: &mut Given) {
    let ada = given.sign_up("ada").await;
    let (key, _) = given.create_key(&ada, "ci").await;
    let token = mint(KeyKind::Team);
    let body = json!({ "secret": told_of(&token, key), "overlap_seconds": DAY });
    let path = path::fill(path::KEY_ROTATE, &[&ada.organization, &key]);
    let operation = make(OperationId::make);
    let first = given.write_as(&ada, &path, operation, &body).await;
    given.clock.advance(30);
    let again = given.write_as(&ada, &path, operation, &body).await;
    assert_eq!(first.body, again.body);
    let view = given.key(&ada, key).await;
    assert_eq!(view["secrets"].as_array().unwrap().len(), 2);
    assert_eq!(given.verify(token.expose()).await["valid"], true);
    assert_eq!(events(given).await, ["key_created", "key_rotated"]);
}

async fn k7_what_can_t_be_rotated_says_why(given: &mut Given) {
    let ada = given.sign_up("ada").await;
    let (key, _) = given.create_key(&ada, "ci").await;
    let (other, _) = given.create_key(&ada, "other").await;
    let told = async |key: KeyId, secret: Value, overlap: i64| {
        let body = json!({ "secret": secret, "overlap_seconds": overlap });
        let refused = act(given, &ada, key, path::KEY_ROTATE, &body).await;
        assert!(!refused.status.is_success());
        (
            refused.body["field"].as_str().unwrap_or_default().to_owned(),
            refused.body["detail"].as_str().unwrap().to_owned(),
        )
    };
    let fresh = |key| told_of(&mint(KeyKind::Team), key);
    assert_eq!(
        told(key, fresh(key), 90 * DAY + 1).await,
        (
            "overlap_seconds".to_owned(),
            "Two secrets of a key work side by side for 90 days at the most; choose a shorter time."
                .to_owned()
        )
    );
    assert_eq!(told(key, fresh(other), 0).await.0, "secret.key_id");
    let of_other_kind = told_of(&mint(KeyKind::Service), key);
    assert_eq!(told(key, of_other_kind, 0).await.0, "secret.prefix");
    rotate(given, &ada, key, DAY).await;
    assert_eq!(
        told(key, fresh(key), 0).await.1,
        "This key is being rotated already; finish it or roll it back first."
    );
    given.revoke(&ada, other).await.good();
    assert_eq!(
        told(other, fresh(other), 0).await.1,
        "This key is revoked; make a new one."
    );
    // Finishing what never began, or of a key that is not there.
    let (calm, _) = given.create_key(&ada, "calm").await;
    let refused = act(
        given,
        &ada,
        calm,
        path::KEY_ROTATION,
        &json!({ "type": "finish" }),
    )
    .await;
    assert_eq!(refused.code(), "refused");
    let nowhere = make(KeyId::make);
    let missing = act(
        given,
        &ada,
        nowhere,
        path::KEY_ROTATION,
        &json!({ "type": "finish" }),
    )
    .await;
    assert_eq!(missing.status, StatusCode::NOT_FOUND);
}

async fn k7_the_traffic_of_both_secrets_is_told_apart(given: &mut Given) {
    let ada = given.sign_up("ada").await;
    let (key, old) = given.create_key(&ada, "ci").await;
    let (new, view) = rotate(given, &ada, key, 30 * DAY).await;
    let [old_id, new_id] = [0, 1].map(|at: usize| view["secrets"][at]["id"].clone());
    for token in [&old, &old, &old, &new] {
        assert_eq!(given.verify(token.expose()).await["valid"], true);
    }
    given.clock.advance(3_600);
    given.verify(new.expose()).await;
    let path = path::fill(path::KEY_USAGE, &[&ada.organization, &key]);
    let usage = loop {
        let usage = given.get(&ada, &path).await.good();
        let sum: i64 = usage["hours"]
            .as_array()
            .unwrap()
            .iter()
            .map(|hour| hour["uses"].as_i64().unwrap())
            .sum();
        if sum == 5 {
            break usage;
        }
        assert!(sum < 5, "{usage}");
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    };
    let hour =
        |secret: &Value, hour: &str, uses: i64| json!({ "secret_id": secret, "hour": hour, "uses": uses });
    let mut first = [
        hour(&old_id, "2026-03-12T10:00:00Z", 3),
        hour(&new_id, "2026-03-12T10:00:00Z", 1),
    ];
    first.sort_by_key(|hour| hour["secret_id"].to_string());
    let [one, two] = first;
    assert_eq!(
        usage["hours"],
        json!([one, two, hour(&new_id, "2026-03-12T11:00:00Z", 1)])
    );
    assert_eq!(usage["addresses"][0]["uses"], 3);
    assert_eq!(usage["addresses"][0]["secret_id"], old_id);
    assert_eq!(usage["addresses"][0]["address"], "127.0.0.1");
    assert_eq!(usage["addresses"][1]["uses"], 2);
    assert_eq!(usage["until"], "2026-03-12T11:43:07Z");
    // Whose it is not, does not see it.
    let eve = given.sign_up("eve").await;
    assert_eq!(given.get(&eve, &path).await.status, StatusCode::NOT_FOUND);
    let too_long = given.get(&ada, &format!("{path}?hours=9601")).await;
    assert_eq!(too_long.body["field"], "hours");
}
