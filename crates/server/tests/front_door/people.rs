//! Signing up, signing in, and sessions (P1, K2).

use domain::id::KeyId;
use domain::key::KeyKind;
use protocol::path;
use protocol::server::SignUp;
use reqwest::{Method, StatusCode};
use serde_json::json;
use store::Kind;

use crate::given::{Given, PASSWORD, answer, make, mint, sign_up_body};
use crate::on_both;

on_both!(
    p1_an_account_signs_up_and_is_signed_in,
    k2_every_sign_up_has_exactly_one_free_service_key,
    p1_email_and_username_belong_to_one_account,
    p1_a_session_ends_when_it_is_ended,
    p1_a_session_slides_while_it_is_used,
);

async fn p1_an_account_signs_up_and_is_signed_in(given: &mut Given) {
    let ada = given.sign_up("ada").await;
    let account = given.get(&ada, path::ACCOUNT).await.good();
    assert_eq!(
        account,
        json!({
            "id": ada.account, "email": "ada@example.org", "username": "ada", "display_name": "ada",
            "memberships": [{
                "id": account["memberships"][0]["id"],
                "organization_id": ada.organization, "organization_name": "The house of ada", "role": "owner",
            }],
        })
    );
    let again = given.sign_in(" ADA@example.org", PASSWORD).await;
    assert_eq!(again.status, StatusCode::CREATED);
    let again = again.good();
    assert_eq!(again["account"], account);
    assert_eq!(again["expires_at"], "2026-04-11T10:42:07Z");
    assert!(again["token"].as_str().unwrap().starts_with("kss_"));

    let wrong = given.sign_in("ada@example.org", "correct horse batterx").await;
    let unknown = given.sign_in("nobody@example.org", PASSWORD).await;
    assert_eq!(
        (wrong.code(), wrong.status),
        ("wrong_credentials", StatusCode::UNAUTHORIZED)
    );
    let mut bodies = [wrong.body, unknown.body];
    for body in &mut bodies {
        body["request_id"] = json!(null);
    }
    assert_eq!(bodies[0], bodies[1], "nobody learns which accounts exist");
}

async fn k2_every_sign_up_has_exactly_one_free_service_key(given: &mut Given) {
    let secret = mint(KeyKind::Service);
    let ada = given.sign_up_with("ada", &secret).await;
    let keys = given
        .get(&ada, &path::fill(path::KEYS, &[&ada.organization]))
        .await
        .good();
    let keys = keys["keys"].as_array().unwrap();
    assert_eq!(keys.len(), 1);
    assert_eq!(
        (&keys[0]["free"], &keys[0]["kind"], &keys[0]["id"]),
        (&json!(true), &json!("service"), &json!(ada.free_key))
    );
    assert_eq!(given.verify(secret.expose()).await["valid"], true);

    let refused = given.revoke(&ada, ada.free_key).await;
    assert_eq!(
        (refused.code(), refused.status),
        ("refused", StatusCode::FORBIDDEN)
    );
    assert_eq!(
        refused.body["detail"],
        "The free service key can't be revoked; every organization keeps exactly one."
    );
    assert_eq!(given.verify(secret.expose()).await["valid"], true);

    // The secret has to be one of a service key.
    let team = mint(KeyKind::Team);
    let refused = given
        .post(path::ACCOUNTS, &sign_up_body("bob", &team, make(KeyId::make)))
        .await;
    assert_eq!(
        (refused.code(), &refused.body["field"]),
        ("invalid_input", &json!("free_key_secret.prefix"))
    );
}

async fn p1_email_and_username_belong_to_one_account(given: &mut Given) {
    given.sign_up("ada").await;
    let body = |email: &str, username: &str| {
        let mut body = sign_up_body("ada", &mint(KeyKind::Service), make(KeyId::make));
        body["email"] = json!(email);
        body["username"] = json!(username);
        body
    };
    let email = given
        .post(path::ACCOUNTS, &body("Ada@Example.org", "other"))
        .await;
    assert_eq!(
        (email.code(), &email.body["field"]),
        ("conflict", &json!("email"))
    );
    assert_eq!(
        email.body["detail"],
        "This email address has an account already; sign in."
    );
    let username = given
        .post(path::ACCOUNTS, &body("other@example.org", "ada"))
        .await;
    assert_eq!(
        (username.code(), &username.body["field"]),
        ("conflict", &json!("username"))
    );
    // What was refused left nothing behind.
    given
        .post(path::ACCOUNTS, &body("other@example.org", "other"))
        .await
        .good();
}

async fn p1_a_session_ends_when_it_is_ended(given: &mut Given) {
    let ada = given.sign_up("ada").await;
    let phone = given.sign_in(&ada.email, PASSWORD).await.good()["token"]
        .as_str()
        .unwrap()
        .to_owned();
    let session = given.get(&ada, path::CURRENT_SESSION).await.good();
    assert_eq!(
        (&session["account_id"], &session["client"]),
        (&json!(ada.account), &json!("an unnamed program"))
    );

    let ended = answer(given.request(Method::DELETE, path::CURRENT_SESSION, ada.token.as_deref())).await;
    assert_eq!((ended.status, ended.text.as_str()), (StatusCode::NO_CONTENT, ""));
    for path in [path::ACCOUNT, path::CURRENT_SESSION, path::EVENTS] {
        let refused = given.get(&ada, path).await;
        assert_eq!(
            (refused.code(), refused.status),
            ("signed_out", StatusCode::UNAUTHORIZED),
            "{path}"
        );
    }
    let again = answer(given.request(Method::DELETE, path::CURRENT_SESSION, ada.token.as_deref())).await;
    assert_eq!(again.code(), "signed_out");
    // Only that one.
    let other = answer(given.request(Method::GET, path::ACCOUNT, Some(&phone))).await;
    other.good();
}

async fn p1_a_session_slides_while_it_is_used(given: &mut Given) {
    let ada = given.sign_up("ada").await;
    for _ in 0..3 {
        given.clock.advance(29 * 86_400);
        given.get(&ada, path::ACCOUNT).await.good();
    }
    let session = given.get(&ada, path::CURRENT_SESSION).await.good();
    assert_eq!(session["last_seen_at"], "2026-06-07T10:42:07Z");
    assert_eq!(session["expires_at"], "2026-07-07T10:42:07Z");
    // Seen again within a minute moves nothing.
    given.clock.advance(59);
    assert_eq!(given.get(&ada, path::CURRENT_SESSION).await.good(), session);

    given.clock.advance(30 * 86_400);
    assert_eq!(given.get(&ada, path::ACCOUNT).await.code(), "signed_out");
}

#[tokio::test]
async fn p1_the_name_of_the_program_is_kept_short_and_plain() {
    let given = Given::new().await;
    let body = sign_up_body("ada", &mint(KeyKind::Service), make(KeyId::make));
    let name = "Keystead 0.1.0 on Linux ".repeat(20);
    let request = given
        .request(Method::POST, path::ACCOUNTS, None)
        .header("x-keystead-client", name);
    let started = answer(request.json(&body)).await.good();
    let token = started["token"].as_str();
    let session = answer(given.request(Method::GET, path::CURRENT_SESSION, token))
        .await
        .good();
    let client = session["client"].as_str().unwrap();
    assert!(
        client.starts_with("Keystead 0.1.0 on Linux Keystead") && client.len() <= 120,
        "{client}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn p1_only_the_first_account_of_a_workspace_for_one() {
    for kind in [Kind::Sqlite, Kind::Postgres] {
        let Some(given) = Given::with(kind, |config| config.sign_up = SignUp::First).await else {
            continue;
        };
        assert_eq!(given.post("/nowhere", &json!({})).await.code(), "not_found");
        let server = answer(given.request(Method::GET, path::SERVER, None))
            .await
            .good();
        assert_eq!(server["sign_up"], "first");
        // Five at once: one is the first.
        let bodies: Vec<_> = ["ada", "bob", "cyd", "dan", "eve"]
            .iter()
            .map(|name| sign_up_body(name, &mint(KeyKind::Service), make(KeyId::make)))
            .collect();
        let asked = bodies.iter().map(|body| given.post(path::ACCOUNTS, body));
        let answers = futures::future::join_all(asked).await;
        let (made, refused): (Vec<_>, Vec<_>) = answers
            .iter()
            .partition(|answer| answer.status == StatusCode::CREATED);
        assert_eq!((made.len(), refused.len()), (1, 4));
        assert!(refused.iter().all(|answer| answer.code() == "refused"));
        let server = answer(given.request(Method::GET, path::SERVER, None))
            .await
            .good();
        assert_eq!(server["sign_up"], "closed");
    }
}

#[tokio::test]
async fn p1_nobody_signs_up_on_a_closed_server() {
    let given = Given::with(Kind::Sqlite, |config| config.sign_up = SignUp::Closed)
        .await
        .unwrap();
    let refused = given
        .post(
            path::ACCOUNTS,
            &sign_up_body("ada", &mint(KeyKind::Service), make(KeyId::make)),
        )
        .await;
    assert_eq!(
        (refused.code(), refused.status),
        ("refused", StatusCode::FORBIDDEN)
    );
}

#[tokio::test]
async fn the_server_says_who_it_is() {
    let given = Given::with(Kind::Sqlite, |config| config.name = "Example GmbH".to_owned())
        .await
        .unwrap();
    let server = answer(given.request(Method::GET, path::SERVER, None)).await;
    for (header, value) in [
        ("content-type", "application/json"),
        ("x-content-type-options", "nosniff"),
        ("cache-control", "no-store"),
        ("referrer-policy", "no-referrer"),
    ] {
        assert_eq!(server.headers[header], value);
    }
    assert!(
        server.headers["x-request-id"]
            .to_str()
            .unwrap()
            .starts_with("req_")
    );
    assert_eq!(
        server.good(),
        json!({
            "product": "keystead-server", "name": "Example GmbH", "version": env!("CARGO_PKG_VERSION"),
            "region": "local", "sign_up": "open", "time": "2026-03-12T10:42:07Z",
        })
    );
    for path in [path::HEALTH, path::READY] {
        let well = answer(given.request(Method::GET, path, None)).await;
        assert_eq!(
            (well.status, well.text.as_str()),
            (StatusCode::OK, "ok\n"),
            "{path}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn p1_an_unknown_account_takes_as_long_as_a_wrong_password() {
    let mut given = Given::new().await;
    given.stop().await;
    let ports = server::Ports {
        password_work: crypto::derive::Work {
            memory_kib: 32 * 1_024,
            passes: 4,
            lanes: 1,
        },
        ..given.ports()
    };
    let running = server::start(given.config.clone(), ports).await.unwrap();
    given.url = running.url();
    given.sign_up("ada").await;
    let took = async |email: &str| {
        let begun = std::time::Instant::now();
        assert_eq!(
            given.sign_in(email, "not the password").await.code(),
            "wrong_credentials"
        );
        begun.elapsed()
    };
    // The least of several, in turns: whatever else the computer does takes from both.
    let (mut known, mut unknown) = (std::time::Duration::MAX, std::time::Duration::MAX);
    for _ in 0..5 {
        known = known.min(took("ada@example.org").await);
        unknown = unknown.min(took("nobody@example.org").await);
    }
    assert!(unknown * 3 > known, "{known:?} and {unknown:?}");
    running.stop().await;
}
