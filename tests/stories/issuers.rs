//! Tokens of identity providers outside (K12), proven against a certified one.

use std::path::Path;
use std::process::{Command, Stdio};

use desk::view::{IssuerDraft, TokenCheck};
use domain::issuer::SigningAlgorithm;
use domain::role::Role;
use serde_json::Value;
use testkit::server::Kind;
use testkit::{TestDesk, TestServer, wait_for};

use crate::terminal::{Terminal, on_thread};

/// `oidc-provider` on loopback, ended with its story.
struct Provider {
    child: std::process::Child,
    url: String,
    http: reqwest::Client,
}

impl Drop for Provider {
    fn drop(&mut self) {
        let _ended = self.child.kill();
        let _waited = self.child.wait();
    }
}

impl Provider {
    /// At any port, or at the one of an earlier one; its keys are always new.
    async fn start(port: u16, algorithm: &str) -> Self {
        use tokio::io::AsyncBufReadExt as _;
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("provider");
        assert!(
            folder.join("node_modules").is_dir(),
            "{} has no packages: run `cargo xtask setup`, or `npm ci` there",
            folder.display()
        );
        let mut child = Command::new("node")
            .arg(folder.join("provider.mjs"))
            .args([&port.to_string(), algorithm])
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("node is there for the screens");
        let said = tokio::process::ChildStdout::from_std(child.stdout.take().unwrap()).unwrap();
        let mut lines = tokio::io::BufReader::new(said).lines();
        let url = loop {
            let line = lines
                .next_line()
                .await
                .unwrap()
                .expect("the provider says its URL");
            if line.starts_with("http://127.0.0.1:") {
                break line;
            }
        };
        // What it says further is not read; it must not stand still for it.
        tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
        let _installed = rustls::crypto::ring::default_provider().install_default();
        let http = reqwest::Client::builder().no_proxy().build().unwrap();
        Self { child, url, http }
    }

    fn port(&self) -> u16 {
        self.url.rsplit_once(':').unwrap().1.parse().unwrap()
    }

    fn stop(mut self) -> u16 {
        let port = self.port();
        self.child.kill().unwrap();
        self.child.wait().unwrap();
        port
    }

    /// An access token for the program "robot".
    async fn token(&self) -> String {
        let answer = self
            .http
            .post(format!("{}/token", self.url))
            .basic_auth("robot", Some("a secret of this story alone"))
            .header("content-type", "application/x-www-form-urlencoded")
            .body("grant_type=client_credentials&resource=urn%3Akeys")
            .send()
            .await
            .unwrap();
        let text = answer.text().await.unwrap();
        let json: Value = serde_json::from_str(&text).unwrap();
        json["access_token"]
            .as_str()
            .unwrap_or_else(|| panic!("no token: {text}"))
            .to_owned()
    }
}

fn draft(provider: &Provider, algorithms: Vec<SigningAlgorithm>) -> IssuerDraft {
    IssuerDraft {
        url: provider.url.clone(),
        audience: "keys".to_owned(),
        subject_claim: "sub".to_owned(),
        algorithms,
        leeway_seconds: 10,
        by_email: false,
    }
}

async fn tried(ada: &TestDesk, token: &str) -> TokenCheck {
    ada.desk.check_token(token.to_owned().into(), true).await.unwrap()
}

fn wrong(check: &TokenCheck) -> Option<&str> {
    check
        .steps
        .iter()
        .find(|step| !step.passed)
        .map(|step| step.what.as_str())
}

async fn a_provider_of_others_is_taken(kind: Kind) {
    let Some(server) = TestServer::with(kind, |config| config.issuers_inside = true).await else {
        return;
    };
    let provider = Provider::start(0, "ES256").await;
    let ada = TestDesk::new();
    ada.sign_up(&server.url()).await;

    // What it says of itself is seen before anything is saved.
    let found = ada.desk.look_at_issuer(&provider.url).await.unwrap();
    assert_eq!(
        (found.keys, found.algorithms.contains(&SigningAlgorithm::ES256)),
        (1, true)
    );
    assert!(ada.desk.issuers().await.unwrap().issuers.is_empty());
    let token = provider.token().await;
    assert_eq!(wrong(&tried(&ada, &token).await), Some("Issuer and audience"));

    let issuer = ada
        .desk
        .add_issuer(draft(&provider, vec![SigningAlgorithm::ES256]))
        .await
        .unwrap();
    assert_eq!(server.verify(&token).await, (false, Some("unmapped".to_owned())));
    assert_eq!(wrong(&tried(&ada, &token).await), Some("Stands for"));
    let page = ada.desk.issuers().await.unwrap();
    ada.desk
        .map_subject(issuer, "robot", Some(page.everybody[0].owner))
        .await
        .unwrap();
    assert_eq!(server.verify(&token).await, (true, None));
    let good = tried(&ada, &token).await;
    let answer = good.answer.as_ref().unwrap();
    assert_eq!((answer.subject.as_str(), answer.role), ("robot", Role::Owner));
    assert_eq!(good.steps.len(), 9);

    // One changed letter, and it is nobody's.
    let (signed, signature) = token.rsplit_once('.').unwrap();
    let other = if signature.starts_with('A') { "B" } else { "A" };
    let forged = format!("{signed}.{other}{}", &signature[1..]);
    assert_eq!(
        server.verify(&forged).await,
        (false, Some("untrusted".to_owned()))
    );
    assert_eq!(wrong(&tried(&ada, &forged).await), Some("Signature"));

    // The provider is gone: what it signed goes on being good here and there.
    let port = provider.stop();
    assert_eq!(server.verify(&token).await, (true, None));
    assert!(tried(&ada, &token).await.answer.is_some());

    ada.desk.remove_issuer(issuer).await.unwrap();
    assert_eq!(
        server.verify(&token).await,
        (false, Some("unknown_issuer".to_owned()))
    );
    assert!(ada.desk.issuers().await.unwrap().issuers.is_empty());

    // It comes back with another way of signing, and is registered anew.
    let provider = Provider::start(port, "RS256").await;
    let issuer = ada
        .desk
        .add_issuer(draft(&provider, vec![SigningAlgorithm::RS256]))
        .await
        .unwrap();
    ada.desk
        .map_subject(issuer, "robot", Some(page.everybody[0].owner))
        .await
        .unwrap();
    assert_eq!(server.verify(&provider.token().await).await, (true, None));
    assert_eq!(server.verify(&token).await, (false, Some("untrusted".to_owned())));
}

#[tokio::test(flavor = "multi_thread")]
async fn k12_a_provider_of_others_is_taken_sqlite() {
    a_provider_of_others_is_taken(Kind::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn k12_a_provider_of_others_is_taken_postgres() {
    a_provider_of_others_is_taken(Kind::Postgres).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn k12_a_token_is_tried_without_the_network_and_the_list_is_read_there() {
    let mut server = TestServer::with(Kind::Sqlite, |config| config.issuers_inside = true)
        .await
        .unwrap();
    let provider = Provider::start(0, "ES256").await;
    let ada = TestDesk::new();
    ada.sign_up(&server.url()).await;
    let issuer = ada
        .desk
        .add_issuer(draft(&provider, vec![SigningAlgorithm::ES256]))
        .await
        .unwrap();
    let member = ada.desk.issuers().await.unwrap().everybody[0].owner;
    ada.desk.map_subject(issuer, "robot", Some(member)).await.unwrap();
    let token = provider.token().await;
    server.stop().await;
    provider.stop();
    let check = tried(&ada, &token).await;
    assert_eq!(check.answer.unwrap().principal, member);
    let row = &ada.desk.issuers().await.unwrap().issuers[0];
    assert_eq!(row.subjects[0].name, "Ada Vance");
    // What is changed is changed at the server alone.
    let refused = ada.desk.remove_issuer(issuer).await.unwrap_err();
    assert_eq!(refused.code(), desk::ErrorCode::Offline);
    server.start().await;
    wait_for("the server is back", || async {
        ada.desk.remove_issuer(issuer).await.ok()
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn k12_issuers_in_a_terminal() {
    let server = TestServer::with(Kind::Sqlite, |config| config.issuers_inside = true)
        .await
        .unwrap();
    let provider = Provider::start(0, "ES256").await;
    let (url, issuer, token) = (server.url(), provider.url.clone(), provider.token().await);
    on_thread(move || {
        let terminal = Terminal::new();
        let words = terminal.sign_up_as_bob(&url);
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        let connected = terminal.run(&words, "");
        assert!(
            connected.status.success(),
            "{}",
            String::from_utf8_lossy(&connected.stderr)
        );
        let found = terminal.json(&["issuers", "look", &issuer], "");
        assert_eq!(found["url"], issuer.as_str());
        let added = terminal.json(
            &[
                "issuers",
                "add",
                &issuer,
                "--audience",
                "keys",
                "--algorithm",
                "ES256",
                "--leeway",
                "10",
            ],
            "",
        );
        assert_eq!(
            (&added["audience"], &added["leewaySeconds"]),
            (&"keys".into(), &10.into())
        );
        let (code, _) = terminal.code(&["issuers", "check"], &token);
        assert_eq!(code, Some(4), "nobody is mapped");
        let mapped = terminal.json(
            &[
                "issuers",
                "map",
                &issuer,
                "--subject",
                "robot",
                "--member",
                "bob@northwind.example",
            ],
            "",
        );
        assert_eq!(mapped["subjects"][0]["name"], "Bob");
        terminal.json(&["service-accounts", "create", "nightly"], "");
        let map = [
            "issuers",
            "map",
            &issuer,
            "--subject",
            "timer",
            "--service-account",
            "nightly",
        ];
        assert_eq!(terminal.json(&map, "")["subjects"][1]["name"], "nightly");
        let check = terminal.json(&["issuers", "check", "--offline"], &token);
        assert_eq!(check["answer"]["role"], "owner");
        let by_email = terminal.json(&["issuers", "map", &issuer, "--by-email", "on"], "");
        assert_eq!(by_email["byEmail"], true);
        let nobody = terminal.json(&["issuers", "map", &issuer, "--subject", "robot", "--nobody"], "");
        assert_eq!(
            nobody["subjects"].as_array().map(Vec::len),
            Some(1),
            "the timer's stays"
        );
        let list = terminal.json(&["--offline", "issuers", "list"], "");
        assert_eq!(list[0]["url"], issuer.as_str());
        assert_eq!(terminal.code(&["issuers", "map", &issuer], "").0, Some(2));
        assert_eq!(
            terminal
                .code(
                    &[
                        "issuers",
                        "add",
                        &issuer,
                        "--audience",
                        "x",
                        "--algorithm",
                        "HS256"
                    ],
                    ""
                )
                .0,
            Some(2)
        );
        assert_eq!(terminal.code(&["issuers", "remove", "nobody's"], "").0, Some(3));
        assert_eq!(terminal.code(&["issuers", "remove", &issuer], "no\n").0, Some(4));
        terminal.json(&["issuers", "remove", &issuer, "--yes"], "");
        assert_eq!(terminal.json(&["issuers", "list"], ""), Value::Array(Vec::new()));
    })
    .await;
}
