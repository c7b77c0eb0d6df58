//! The sessions of an account: listed, and ended from another one (P1).

use protocol::path;
use reqwest::Method;
use serde_json::{Value, json};

use crate::given::{Given, PASSWORD, Person, answer};
use crate::on_both;

on_both!(p1_sessions_are_listed_and_ended_from_another);

async fn signed_in(given: &Given, person: &Person) -> Person {
    // They are told apart by when they began.
    given.clock.advance(60);
    let session = given.sign_in(&person.email, PASSWORD).await.good();
    Person {
        token: session["token"].as_str().map(str::to_owned),
        ..person.clone()
    }
}

async fn sessions(given: &Given, person: &Person) -> Value {
    given.get(person, path::SESSIONS).await.good()
}

async fn end(given: &Given, person: &Person, body: &Value) -> Value {
    let request = given.request(Method::POST, path::SESSIONS_END, person.token.as_deref());
    answer(request.json(body)).await.good()
}

async fn p1_sessions_are_listed_and_ended_from_another(given: &mut Given) {
    let ada = given.sign_up("ada").await;
    let laptop = signed_in(given, &ada).await;
    let tower = signed_in(given, &ada).await;
    let eve = given.sign_up("eve").await;
    let told = sessions(given, &laptop).await;
    let all = told["sessions"].as_array().unwrap();
    assert_eq!(all.len(), 3);
    assert!(
        all.iter().all(|session| session["address"] == "127.0.0.1"),
        "{told}"
    );
    assert_eq!(
        told["current"], all[1]["id"],
        "oldest first, and this is the second"
    );

    // One of them, twice; nobody ends those of others, and is not told that there are any.
    for _ in 0..2 {
        let left = end(given, &laptop, &json!({ "session_id": all[2]["id"] })).await;
        assert_eq!(left["sessions"].as_array().unwrap().len(), 2);
    }
    assert_eq!(given.get(&tower, path::ACCOUNT).await.code(), "signed_out");
    let hers = sessions(given, &eve).await;
    end(given, &laptop, &json!({ "session_id": hers["current"] })).await;
    assert_eq!(sessions(given, &eve).await, hers);

    // All others.
    let left = end(given, &laptop, &json!({})).await;
    assert_eq!(left["sessions"].as_array().unwrap().len(), 1);
    assert_eq!(left["sessions"][0]["id"], left["current"]);
    assert_eq!(given.get(&ada, path::ACCOUNT).await.code(), "signed_out");
    given.get(&laptop, path::ACCOUNT).await.good();
    let store = given.store().await;
    let ended = "SELECT type FROM activity WHERE type = 'session_ended'";
    assert_eq!(store::testing::texts(&store, ended).await.unwrap().len(), 2);
    store.close().await;
}
