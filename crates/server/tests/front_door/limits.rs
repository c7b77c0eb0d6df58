//! How often passwords may be tried.

use protocol::path;
use reqwest::Method;
use serde_json::json;
use store::Kind;

use crate::given::{Answer, Given, PASSWORD, answer, make, mint, sign_up_body};

async fn behind_a_proxy() -> Given {
    Given::with(Kind::Sqlite, |config| {
        config.trusted_proxies = vec!["127.0.0.0/8".parse().unwrap()];
    })
    .await
    .unwrap()
}

async fn sign_in_from(given: &Given, address: &str, email: &str, password: &str) -> Answer {
    let request = given
        .request(Method::POST, path::SESSIONS, None)
        .header("x-forwarded-for", address);
    answer(request.json(&json!({ "email": email, "password": password }))).await
}

#[tokio::test]
async fn p1_passwords_can_not_be_guessed_for_long() {
    let given = behind_a_proxy().await;
    given.sign_up("ada").await;
    let mut sequences = Vec::new();
    for email in ["ada@example.org", "nobody@example.org"] {
        let mut sequence = Vec::new();
        for _ in 0..12 {
            let refused = sign_in_from(&given, "198.51.100.7", email, "not the password").await;
            sequence.push((
                refused.code().to_owned(),
                refused.body["retry_after_seconds"].clone(),
            ));
        }
        sequences.push(sequence);
    }
    assert_eq!(
        sequences[0], sequences[1],
        "whether the account exists makes no difference"
    );
    assert!(
        sequences[0][..10]
            .iter()
            .all(|(code, _)| code == "wrong_credentials")
    );
    assert_eq!(sequences[0][10], ("too_many_attempts".to_owned(), json!(90)));

    // Not even the right password helps there, but its owner signs in from elsewhere.
    let refused = sign_in_from(&given, "198.51.100.7", "ada@example.org", PASSWORD).await;
    assert_eq!(
        (refused.code(), refused.headers["retry-after"].to_str().unwrap()),
        ("too_many_attempts", "90")
    );
    assert_eq!(
        refused.body["detail"],
        "Too many attempts to sign in; try again in 90 seconds."
    );
    sign_in_from(&given, "192.0.2.1", "ada@example.org", PASSWORD)
        .await
        .good();

    // Time gives attempts back, one by one.
    given.clock.advance(89);
    assert_eq!(
        sign_in_from(&given, "198.51.100.7", "ada@example.org", PASSWORD)
            .await
            .code(),
        "too_many_attempts"
    );
    given.clock.advance(1);
    sign_in_from(&given, "198.51.100.7", "ada@example.org", PASSWORD)
        .await
        .good();
}

#[tokio::test]
async fn p1_signing_in_rightly_is_never_too_often() {
    let given = behind_a_proxy().await;
    given.sign_up("ada").await;
    for _ in 0..30 {
        sign_in_from(&given, "198.51.100.7", "ada@example.org", PASSWORD)
            .await
            .good();
    }
}

#[tokio::test]
async fn p1_one_address_can_not_try_many_accounts() {
    let given = behind_a_proxy().await;
    let from = |at: usize| format!("2001:db8:1:2::{at:x}");
    for at in 0..100 {
        let refused = sign_in_from(
            &given,
            &from(at),
            &format!("person{at}@example.org"),
            "not the password",
        )
        .await;
        assert_eq!(refused.code(), "wrong_credentials");
    }
    // The whole /64 is one household.
    assert_eq!(
        sign_in_from(&given, &from(200), "other@example.org", PASSWORD)
            .await
            .code(),
        "too_many_attempts"
    );
    assert_eq!(
        sign_in_from(&given, "2001:db8:1:3::1", "other@example.org", PASSWORD)
            .await
            .code(),
        "wrong_credentials"
    );
}

#[tokio::test]
async fn p1_sign_ups_from_one_address_are_limited() {
    let given = Given::with(Kind::Sqlite, |config| config.sign_ups_per_hour = 2)
        .await
        .unwrap();
    given.sign_up("ada").await;
    given.sign_up("bob").await;
    let body = sign_up_body(
        "cyd",
        &mint(domain::key::KeyKind::Service),
        make(domain::id::KeyId::make),
    );
    let refused = given.post(path::ACCOUNTS, &body).await;
    assert_eq!(
        (refused.code(), &refused.body["retry_after_seconds"]),
        ("too_many_attempts", &json!(1_800))
    );
    assert_eq!(
        refused.body["detail"],
        "Too many sign-ups from this address; try again in 30 minutes."
    );
    given.clock.advance(1_800);
    given.post(path::ACCOUNTS, &body).await.good();
}
