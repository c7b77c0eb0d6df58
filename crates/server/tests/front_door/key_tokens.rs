//! Personal tokens on service keys (K6).

use domain::id::{KeyId, MemberId};
use domain::key::KeyKind;
use domain::role::Role;
use protocol::path;
use serde_json::{Value, json};

use crate::assigned::assign;
use crate::given::{Answer, Given, Person, mint, told_of};
use crate::money::service_key;
use crate::on_both;

on_both!(
    k6_an_assigned_person_has_a_secret_of_their_own,
    k6_only_who_is_assigned_and_only_of_service_keys,
    k6_rotation_and_personal_tokens_leave_each_other_alone,
    k6_a_token_ends_with_the_assignment,
);

/// Makes one; answers its secret and its id.
async fn token(given: &Given, person: &Person, key: KeyId, kind: KeyKind) -> (Answer, String, Value) {
    let secret = mint(kind);
    let told = told_of(&secret, key);
    let path = path::fill(path::KEY_TOKENS, &[&person.organization, &key]);
    let answer = given.write(person, &path, &json!({ "secret": told })).await;
    (answer, secret.expose().to_owned(), told["id"].clone())
}

async fn end(given: &Given, person: &Person, key: KeyId, secret: &Value) -> Answer {
    let path = path::fill(path::KEY_TOKEN_END, &[&person.organization, &key]);
    given.write(person, &path, &json!({ "secret_id": secret })).await
}

async fn reason(given: &Given, secret: &str) -> Value {
    given.verify(secret).await["reason"].clone()
}

/// A service key of Ada's that is assigned to Bob.
async fn shared(given: &Given) -> (Person, (Person, MemberId), (KeyId, String)) {
    let ada = given.sign_up("ada").await;
    let (bob, bob_id) = given.member(&ada, Role::Editor).await;
    let (key, secret) = service_key(given, &ada, json!([{ "service": "map-tiles", "policy": "free" }])).await;
    assign(given, &ada, key, &[bob_id]).await.good();
    (ada, (bob, bob_id), (key, secret))
}

async fn k6_an_assigned_person_has_a_secret_of_their_own(given: &mut Given) {
    let (ada, (bob, bob_id), (key, shared)) = shared(given).await;
    let (made, first, first_id) = token(given, &bob, key, KeyKind::Service).await;
    assert_eq!(made.status, 201);
    let answer = given.verify(&first).await;
    assert_eq!(
        (&answer["valid"], &answer["key"]["member"]),
        (&json!(true), &json!(bob_id))
    );
    assert_eq!(
        answer["key"]["grants"][0]["service"], "map-tiles",
        "it calls what the key may call"
    );
    assert!(given.verify(&shared).await["key"].get("member").is_none());
    let seen = given.key(&ada, key).await;
    let whose: Vec<&Value> = seen["secrets"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| &one["member"])
        .collect();
    assert_eq!(whose, [&Value::Null, &json!(bob_id)]);

    // Another one takes its place at once, and the shared secret's not.
    let (_, second, second_id) = token(given, &bob, key, KeyKind::Service).await;
    assert_eq!(reason(given, &first).await, "retired");
    assert_eq!(reason(given, &second).await, Value::Null);
    assert_eq!(reason(given, &shared).await, Value::Null);
    assert_eq!(
        end(given, &bob, key, &first_id).await.code(),
        "refused",
        "it ended already"
    );
    end(given, &bob, key, &second_id).await.good();
    assert_eq!(reason(given, &second).await, "retired");

    // Whoever manages keys ends it, too; and pausing the key stops it.
    let (_, third, third_id) = token(given, &bob, key, KeyKind::Service).await;
    let pause = path::fill(path::KEY_PAUSE, &[&ada.organization, &key]);
    given.write(&ada, &pause, &json!({})).await.good();
    assert_eq!(reason(given, &third).await, "paused");
    end(given, &ada, key, &third_id).await.good();
    let store = given.store().await;
    let told = "SELECT type FROM activity WHERE type LIKE 'key_token_%' ORDER BY sequence";
    let told = store::testing::texts(&store, told).await.unwrap();
    assert_eq!(
        told,
        [
            "key_token_made",
            "key_token_made",
            "key_token_ended",
            "key_token_made",
            "key_token_ended"
        ]
    );
    store.close().await;
}

async fn k6_only_who_is_assigned_and_only_of_service_keys(given: &mut Given) {
    let (ada, (bob, bob_id), (key, _)) = shared(given).await;
    let (refused, secret, _) = token(given, &ada, key, KeyKind::Service).await;
    assert_eq!(refused.code(), "refused");
    assert_eq!(
        refused.body["detail"],
        "This key is not assigned to you; ask an Owner or Admin to assign it."
    );
    assert_eq!(reason(given, &secret).await, "unknown");
    // Of a key he does not see there is nothing.
    let (hidden, _) = service_key(given, &ada, json!([])).await;
    assert_eq!(
        token(given, &bob, hidden, KeyKind::Service).await.0.code(),
        "not_found"
    );
    // A Viewer holds none, and a team key has none.
    let (vic, vic_id) = given.member(&ada, Role::Viewer).await;
    assign(given, &ada, key, &[bob_id, vic_id]).await.good();
    assert_eq!(
        token(given, &vic, key, KeyKind::Service).await.0.code(),
        "refused"
    );
    let (team, _) = given.create_key(&ada, "ci").await;
    assign(given, &ada, team, &[bob_id]).await.good();
    assert_eq!(token(given, &bob, team, KeyKind::Team).await.0.code(), "refused");
    // A secret of another kind, of another key, and one that is taken.
    assert_eq!(
        token(given, &bob, key, KeyKind::Team).await.0.body["field"],
        "secret.prefix"
    );
    let path = path::fill(path::KEY_TOKENS, &[&ada.organization, &key]);
    let astray = json!({ "secret": told_of(&mint(KeyKind::Service), team) });
    assert_eq!(
        given.write(&bob, &path, &astray).await.body["field"],
        "secret.key_id"
    );
    let taken = json!({ "secret": told_of(&mint(KeyKind::Service), key) });
    given.write(&bob, &path, &taken).await.good();
    assert_eq!(given.write(&bob, &path, &taken).await.code(), "conflict");
    // Nobody ends the shared secret this way, nor that of another.
    let seen = given.key(&ada, key).await;
    let shared = &seen["secrets"][0]["id"];
    assert_eq!(end(given, &ada, key, shared).await.code(), "not_found");
    let bobs = &seen["secrets"].as_array().unwrap().last().unwrap()["id"];
    assert_eq!(end(given, &vic, key, bobs).await.code(), "refused");
}

async fn k6_rotation_and_personal_tokens_leave_each_other_alone(given: &mut Given) {
    let (ada, (bob, _), (key, shared)) = shared(given).await;
    let (_, own, _) = token(given, &bob, key, KeyKind::Service).await;
    let new = mint(KeyKind::Service);
    let body = json!({ "secret": told_of(&new, key), "overlap_seconds": 0 });
    let path = path::fill(path::KEY_ROTATE, &[&ada.organization, &key]);
    given.write(&ada, &path, &body).await.good();
    assert_eq!(reason(given, &shared).await, "retired");
    assert_eq!(reason(given, &own).await, Value::Null);
    assert_eq!(reason(given, new.expose()).await, Value::Null);
    // While two secrets of the key overlap, the newest is not his.
    let newest = mint(KeyKind::Service);
    let body = json!({ "secret": told_of(&newest, key), "overlap_seconds": 3_600 });
    given.write(&ada, &path, &body).await.good();
    let (_, again, _) = token(given, &bob, key, KeyKind::Service).await;
    let rotation = path::fill(path::KEY_ROTATION, &[&ada.organization, &key]);
    given
        .write(&ada, &rotation, &json!({ "type": "finish" }))
        .await
        .good();
    assert_eq!(reason(given, new.expose()).await, "retired");
    for good in [newest.expose(), &again] {
        assert_eq!(reason(given, good).await, Value::Null);
    }
}

async fn k6_a_token_ends_with_the_assignment(given: &mut Given) {
    let (ada, (bob, bob_id), (key, shared)) = shared(given).await;
    let (_, own, _) = token(given, &bob, key, KeyKind::Service).await;
    assert_eq!(reason(given, &own).await, Value::Null);
    assign(given, &ada, key, &[]).await.good();
    assert_eq!(reason(given, &own).await, "retired");
    assign(given, &ada, key, &[bob_id]).await.good();
    assert_eq!(reason(given, &own).await, "retired", "it does not come back");
    // Who becomes a Viewer holds none.
    let (_, held, _) = token(given, &bob, key, KeyKind::Service).await;
    let role = path::fill(path::MEMBER_ROLE, &[&ada.organization, &bob_id]);
    given
        .write(&ada, &role, &json!({ "role": "viewer" }))
        .await
        .good();
    assert_eq!(reason(given, &held).await, "retired");
    given
        .write(&ada, &role, &json!({ "role": "editor" }))
        .await
        .good();
    let (_, another, _) = token(given, &bob, key, KeyKind::Service).await;
    let leave = path::fill(path::LEAVE, &[&ada.organization]);
    given.write(&bob, &leave, &json!({})).await.good();
    assert_eq!(reason(given, &another).await, "retired");
    assert_eq!(reason(given, &shared).await, Value::Null);
}
