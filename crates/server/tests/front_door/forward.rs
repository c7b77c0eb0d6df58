//! Forward authentication (K14): asked by itself, and by a real nginx before a real service.

use std::process::{Child, Command, Stdio};
use std::time::Duration;

use crypto::token::Token;
use domain::key::KeyKind;
use protocol::path;
use reqwest::header::{AUTHORIZATION, WWW_AUTHENTICATE};
use reqwest::{Method, StatusCode};
use store::Kind;

use crate::given::{Answer, Given, answer, mint};
use crate::on_both;

on_both!(k14_a_request_is_let_through_with_a_good_secret_in_its_head);

async fn ask(given: &Given, header: &str, value: &str) -> Answer {
    let request = given.request(Method::GET, path::VERIFY, None);
    answer(request.header(header, value)).await
}

async fn k14_a_request_is_let_through_with_a_good_secret_in_its_head(given: &mut Given) {
    let ada = given.sign_up("ada").await;
    let (key, token) = given.create_key(&ada, "ci").await;
    for (header, value) in [
        ("authorization", format!("Bearer {}", token.expose())),
        ("authorization", format!("bearer  {}", token.expose())),
        ("x-api-key", token.expose().to_owned()),
    ] {
        let through = ask(given, header, &value).await;
        assert_eq!(through.status, StatusCode::NO_CONTENT, "{header}");
        assert_eq!(through.headers["x-keystead-key"], key.to_string().as_str());
        assert_eq!(through.headers["x-keystead-kind"], "team");
        assert_eq!(
            through.headers["x-keystead-organization"],
            ada.organization.to_string().as_str()
        );
    }
    let missing = answer(given.request(Method::GET, path::VERIFY, None)).await;
    assert_eq!(
        (missing.code(), &missing.headers["x-keystead-reason"]),
        ("not_let_through", &"missing".parse().unwrap())
    );
    assert_eq!(missing.headers[WWW_AUTHENTICATE], "Bearer realm=\"Keystead\"");
    let told = async |given: &Given, token: &Token| {
        let refused = ask(given, "x-api-key", token.expose()).await;
        assert_eq!(
            (refused.status, refused.code()),
            (StatusCode::UNAUTHORIZED, "not_let_through")
        );
        assert_eq!(
            refused.headers[WWW_AUTHENTICATE],
            "Bearer realm=\"Keystead\", error=\"invalid_token\""
        );
        let detail = refused.body["detail"].as_str().unwrap().to_owned();
        (
            refused.headers["x-keystead-reason"].to_str().unwrap().to_owned(),
            detail,
        )
    };
    let unknown = told(given, &mint(KeyKind::Team)).await;
    assert_eq!(
        unknown,
        ("unknown".to_owned(), "No key has this secret.".to_owned())
    );
    let pause = path::fill(path::KEY_PAUSE, &[&ada.organization, &key]);
    given.write(&ada, &pause, &serde_json::json!({})).await.good();
    let paused = told(given, &token).await;
    assert_eq!(
        paused,
        (
            "paused".to_owned(),
            "The key of this secret is paused.".to_owned()
        )
    );
    given.revoke(&ada, key).await.good();
    assert_eq!(told(given, &token).await.0, "revoked");
}

/// nginx over a configuration of its own; ends with the test.
struct Nginx(Child);

impl Drop for Nginx {
    fn drop(&mut self) {
        // It may have ended already.
        let _killed = self.0.kill();
        let _ended = self.0.wait();
    }
}

fn free_port() -> u16 {
    std::net::TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
        .port()
}

/// The configuration the operations guide shows, with ports of this test.
fn configuration(folder: &std::path::Path, port: u16, keystead: &str, service: &str) -> String {
    let folder = folder.display();
    format!(
        r#"
daemon off;
master_process off;
pid {folder}/pid;
error_log {folder}/error.log;
events {{}}
http {{
    access_log off;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    server {{
        listen 127.0.0.1:{port};
        location / {{
            auth_request /keystead-verify;
            auth_request_set $keystead_key $upstream_http_x_keystead_key;
            auth_request_set $keystead_reason $upstream_http_x_keystead_reason;
            auth_request_set $keystead_retry $upstream_http_retry_after;
            # A key over its limit: the callers are told 429, and when to come back.
            error_page 403 = @keystead_limited;
            proxy_set_header X-Keystead-Key $keystead_key;
            add_header X-Keystead-Reason $keystead_reason always;
            # The service behind never sees the secret.
            proxy_set_header Authorization "";
            proxy_set_header X-Api-Key "";
            proxy_pass {service};
        }}
        location @keystead_limited {{
            add_header X-Keystead-Reason $keystead_reason always;
            add_header Retry-After $keystead_retry always;
            return 429;
        }}
        location = /keystead-verify {{
            internal;
            proxy_pass {keystead}/v1/verify;
            proxy_method GET;
            proxy_pass_request_body off;
            proxy_set_header Content-Length "";
            proxy_set_header X-Forwarded-For $remote_addr;
        }}
    }}
}}
"#
    )
}

/// A service that says what it was sent.
async fn service() -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let router = axum::Router::new().fallback(|headers: axum::http::HeaderMap| async move {
        let of = |name: &str| {
            headers
                .get(name)
                .map_or("none", |value| value.to_str().unwrap())
                .to_owned()
        };
        format!(
            "{} {} {}",
            of("x-keystead-key"),
            of("authorization"),
            of("x-api-key")
        )
    });
    tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    url
}

#[tokio::test(flavor = "multi_thread")]
async fn k14_nginx_lets_through_what_keystead_lets_through() {
    let set = |config: &mut server::Config| config.trusted_proxies = vec!["127.0.0.0/8".parse().unwrap()];
    let given = Given::with(Kind::Sqlite, set).await.unwrap();
    let ada = given.sign_up("ada").await;
    let (key, token) = given.create_key(&ada, "ci").await;
    let folder = tempfile::tempdir().unwrap();
    let port = free_port();
    let config = folder.path().join("nginx.conf");
    let text = configuration(folder.path(), port, &given.url, &service().await);
    std::fs::write(&config, text).unwrap();
    let nginx = Command::new("nginx")
        .arg("-p")
        .arg(folder.path())
        .arg("-c")
        .arg(&config)
        .env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin")
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("nginx is installed: `cargo xtask setup`");
    let _nginx = Nginx(nginx);
    let url = format!("http://127.0.0.1:{port}/api/routes");
    let call = async |secret: Option<&str>| {
        for _ in 0..500 {
            let mut request = given.http.post(&url).body("a body");
            if let Some(secret) = secret {
                request = request.header(AUTHORIZATION, format!("Bearer {secret}"));
            }
            if let Ok(response) = request.send().await {
                let status = response.status();
                let header = |name: &str| {
                    let value = response.headers().get(name)?;
                    Some(value.to_str().unwrap().to_owned())
                };
                let reason = [header("x-keystead-reason"), header("retry-after")]
                    .into_iter()
                    .flatten()
                    .reduce(|reason, retry| format!("{reason}, again in {retry}"));
                return (status, reason, response.text().await.unwrap());
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        panic!("nginx does not listen");
    };

    let (status, _, text) = call(Some(token.expose())).await;
    assert_eq!((status, text), (StatusCode::OK, format!("{key} none none")));
    let (status, reason, _) = call(None).await;
    assert_eq!(
        (status, reason.as_deref()),
        (StatusCode::UNAUTHORIZED, Some("missing"))
    );
    let (status, reason, _) = call(Some("kst_team_junk")).await;
    assert_eq!(
        (status, reason.as_deref()),
        (StatusCode::UNAUTHORIZED, Some("malformed"))
    );
    given.revoke(&ada, key).await.good();
    let (status, reason, _) = call(Some(token.expose())).await;
    assert_eq!(
        (status, reason.as_deref()),
        (StatusCode::UNAUTHORIZED, Some("revoked"))
    );
    // A key over its limit is told 429 and when to come back.
    let (_, limited) = crate::rate_limit::limited(&given, &ada, "limited", 2).await;
    for _ in 0..2 {
        assert_eq!(call(Some(limited.expose())).await.0, StatusCode::OK);
    }
    let (status, reason, _) = call(Some(limited.expose())).await;
    assert_eq!(
        (status, reason.as_deref()),
        (StatusCode::TOO_MANY_REQUESTS, Some("rate_limited, again in 30"))
    );
}
