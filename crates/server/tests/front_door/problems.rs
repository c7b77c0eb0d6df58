//! Every refusal is a problem of RFC 9457, with a sentence a person can act on.

use domain::id::{KeyId, OperationId};
use domain::key::KeyKind;
use protocol::path;
use reqwest::Method;
use reqwest::header::{ALLOW, CONTENT_TYPE};
use serde_json::{Value, json};

use crate::given::{Answer, Given, answer, create_body, make, mint, sign_up_body};

/// One line for a problem: what was asked, and everything that was answered but the request's id.
fn line(what: &str, answer: &Answer) -> String {
    answer.code();
    let mut body = answer.body.clone();
    body.as_object_mut().unwrap().remove("request_id");
    body.as_object_mut().unwrap().remove("title");
    format!("{what}\n    {body}\n")
}

#[tokio::test]
async fn every_refusal_is_a_problem() {
    let given = Given::new().await;
    let ada = given.sign_up("ada").await;
    let token = ada.token.as_deref();
    let keys = path::fill(path::KEYS, &[&ada.organization]);
    let mut table = String::new();

    let mut ask = async |what: &str, request: reqwest::RequestBuilder| {
        let answer = answer(request).await;
        table.push_str(&line(what, &answer));
        answer
    };
    ask("unknown path", given.request(Method::GET, "/v1/nothing", None)).await;
    let refused = ask("other method", given.request(Method::PUT, path::SERVER, None)).await;
    assert_eq!(refused.headers[ALLOW], "GET,HEAD");
    ask("no session", given.request(Method::GET, path::ACCOUNT, None)).await;
    ask(
        "no such session",
        given.request(Method::GET, path::ACCOUNT, Some("kss_nonsense")),
    )
    .await;
    let basic = given
        .request(Method::GET, path::ACCOUNT, None)
        .basic_auth("ada", Some("x"));
    let refused = ask("basic authentication", basic).await;
    assert_eq!(refused.headers["www-authenticate"], "Bearer");
    ask(
        "broken id",
        given.request(Method::GET, "/v1/organizations/nonsense/keys", token),
    )
    .await;
    let path = path::fill(path::KEY, &[&ada.organization, &ada.organization]);
    ask("id of another kind", given.request(Method::GET, &path, token)).await;
    ask(
        "id that is no text",
        given.request(Method::GET, "/v1/organizations/%ff/keys", token),
    )
    .await;
    for query in [
        "?since=-1",
        "?since=x",
        "?limit=0",
        "?limit=1001",
        "?sinse=1",
        "?since=1&since=2",
    ] {
        let path = path::fill(path::CHANGES, &[&ada.organization]);
        ask(
            query,
            given.request(Method::GET, &format!("{path}{query}"), token),
        )
        .await;
    }
    ask(
        "?after=x",
        given.request(Method::GET, &format!("{keys}?after=x"), token),
    )
    .await;

    let verify = |text: String| {
        given
            .request(Method::POST, path::VERIFY, None)
            .header(CONTENT_TYPE, "application/json")
            .body(text)
    };
    ask("no body", verify(String::new())).await;
    ask("broken JSON", verify("{\"secret\":\n  nope}".to_owned())).await;
    ask("cut JSON", verify("{\"secret\": \"abc".to_owned())).await;
    ask("something behind", verify("{\"secret\": \"a\"} {}".to_owned())).await;
    ask("a list", verify("[]".to_owned())).await;
    ask("missing field", verify("{}".to_owned())).await;
    ask(
        "unknown field",
        verify("{\"secret\": \"a\", \"sceret\": \"b\"}".to_owned()),
    )
    .await;
    ask(
        "field twice",
        verify("{\"secret\": \"a\", \"secret\": \"b\"}".to_owned()),
    )
    .await;
    ask("wrong type", verify("{\"secret\": 17}".to_owned())).await;
    ask(
        "not UTF-8",
        given
            .request(Method::POST, path::VERIFY, None)
            .header(CONTENT_TYPE, "application/json")
            .body(b"{\"secret\": \"\xff\"}".to_vec()),
    )
    .await;
    ask(
        "too large",
        verify(format!("{{\"secret\": \"{}\"}}", "a".repeat(70_000))),
    )
    .await;
    ask(
        "no media type",
        given.request(Method::POST, path::VERIFY, None).body("{}"),
    )
    .await;
    ask(
        "other media type",
        given
            .request(Method::POST, path::VERIFY, None)
            .header(CONTENT_TYPE, "text/plain")
            .body("{}"),
    )
    .await;

    let sign_up = |spoil: fn(&mut Value)| {
        let mut body = sign_up_body("bob", &mint(KeyKind::Service), make(KeyId::make));
        spoil(&mut body);
        given.request(Method::POST, path::ACCOUNTS, None).json(&body)
    };
    ask("no email", sign_up(|body| body["email"] = json!("bob"))).await;
    ask("no username", sign_up(|body| body["username"] = json!("Bob!"))).await;
    ask(
        "short password",
        sign_up(|body| body["password"] = json!("short")),
    )
    .await;
    ask(
        "endless password",
        sign_up(|body| body["password"] = json!("x".repeat(2_000))),
    )
    .await;
    ask(
        "missing inside",
        sign_up(|body| {
            body["free_key_secret"].as_object_mut().unwrap().remove("hash");
        }),
    )
    .await;
    ask(
        "no hash",
        sign_up(|body| body["free_key_secret"]["hash"] = json!("abc")),
    )
    .await;

    let create = |spoil: fn(&mut Value)| {
        let mut body = create_body("ci", &mint(KeyKind::Team), make(KeyId::make));
        spoil(&mut body);
        let operation = make(OperationId::make).to_string();
        given
            .request(Method::POST, &keys, token)
            .header("idempotency-key", operation)
            .json(&body)
    };
    ask("unknown kind", create(|body| body["kind"] = json!("tema"))).await;
    ask("no time", create(|body| body["expires_at"] = json!("tomorrow"))).await;
    ask(
        "unknown inside",
        create(|body| body["secret"]["colour"] = json!("red")),
    )
    .await;
    let revoke = path::fill(path::KEY_REVOKE, &[&ada.organization, &ada.free_key]);
    let operation = || make(OperationId::make).to_string();
    let asked = given
        .request(Method::POST, &revoke, token)
        .header("idempotency-key", operation());
    ask("revoke with a field", asked.json(&json!({ "force": true }))).await;
    insta::assert_snapshot!("problems", table);
}

#[tokio::test]
async fn no_refusal_repeats_a_secret_or_a_password() {
    let given = Given::new().await;
    let ada = given.sign_up("ada").await;
    let secret = mint(KeyKind::Team);
    let secret = secret.expose();
    let mut texts = Vec::new();
    for body in [
        json!(secret),
        json!([secret]),
        json!({ "secret": { "secret": secret } }),
        json!({ secret: secret }),
        json!({ "secret": secret, secret: 1 }),
    ] {
        texts.push(given.post(path::VERIFY, &body).await.text);
    }
    for (email, password) in [
        (json!("ada@example.org"), json!(4711471147_i64)),
        (json!(secret), json!("x")),
        (json!(1), json!(["hunter2hunter2"])),
    ] {
        texts.push(
            given
                .post(path::SESSIONS, &json!({ "email": email, "password": password }))
                .await
                .text,
        );
    }
    let path = path::fill(path::KEYS, &[&ada.organization]);
    let spoils: [fn(&mut Value, &str); 3] = [
        |body, secret| body["secret"]["hash"] = json!(secret),
        |body, secret| body["secret"]["key_id"] = json!(secret),
        |body, secret| body["kind"] = json!(secret),
    ];
    for spoil in spoils {
        let mut body = create_body("ci", &mint(KeyKind::Team), make(KeyId::make));
        spoil(&mut body, secret);
        texts.push(given.write(&ada, &path, &body).await.text);
    }
    texts.push(given.get(&ada, &format!("{path}?{secret}=1")).await.text);
    texts.push(
        given
            .get(&ada, &format!("/v1/organizations/{secret}/keys"))
            .await
            .text,
    );
    for text in texts {
        assert!(text.contains("\"code\":\"invalid_input\""), "{text}");
        for hidden in [&secret[9..39], "4711471147", "hunter2"] {
            assert!(!text.contains(hidden), "{text}");
        }
    }
}

/// DNS rebinding: a page of another name that points at this computer is refused.
#[tokio::test]
async fn a_server_of_this_computer_answers_to_no_other_name() {
    let given = Given::new().await;
    let named = |host: &str| {
        given
            .request(Method::GET, path::SERVER, None)
            .header(reqwest::header::HOST, host)
    };
    let refused = answer(named("attacker.example:80")).await;
    assert_eq!((refused.status.as_u16(), refused.code()), (403, "refused"));
    assert!(answer(named("localhost:1234")).await.status.is_success());
}
