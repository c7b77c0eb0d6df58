//! What the stories begin with.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use crypto::derive::Work;
use crypto::token::Token;
use domain::clock::{Clock, Timestamp};
use domain::entropy::Entropy;
use domain::id::{AccountId, InvitationId, KeyId, MemberId, OperationId, OrganizationId, SecretId};
use domain::key::KeyKind;
use domain::role::Role;
use protocol::path;
use reqwest::header::HeaderMap;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use server::{Config, Ports, Running, start};
use store::Kind;
use store::testing::Database;

/// 2026-03-12T10:42:07Z.
pub(crate) const START: i64 = 1_773_312_127_000_000;
pub(crate) const PASSWORD: &str = "correct horse battery";
/// Password hashes that cost nothing: what they guard is made up.
const LIGHT: Work = Work {
    memory_kib: 64,
    passes: 1,
    lanes: 1,
};

/// A clock that stands until it is moved.
pub(crate) struct HandClock(AtomicI64);

impl HandClock {
    pub(crate) fn advance(&self, seconds: i64) {
        self.0.fetch_add(seconds * 1_000_000, Ordering::SeqCst);
    }
}

impl Clock for HandClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_micros(self.0.load(Ordering::SeqCst))
    }
}

/// Bytes that look random and are the same in every run (SplitMix64, Steele et al. 2014).
pub(crate) struct Seeded(pub(crate) u64);

impl Entropy for Seeded {
    fn fill(&mut self, bytes: &mut [u8]) {
        for chunk in bytes.chunks_mut(8) {
            self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
            let mut z = self.0;
            z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
            z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
            chunk.copy_from_slice(&(z ^ (z >> 31)).to_le_bytes()[..chunk.len()]);
        }
    }
}

static CHANCE: AtomicU64 = AtomicU64::new(1);

/// An id made by the caller's side.
pub(crate) fn make<I>(make: fn(Timestamp, &mut dyn Entropy) -> I) -> I {
    make(
        Timestamp::from_micros(START),
        &mut Seeded(CHANCE.fetch_add(1, Ordering::Relaxed) << 20),
    )
}

/// A new secret of a key.
pub(crate) fn mint(kind: KeyKind) -> Token {
    Token::mint(kind, &mut Seeded(CHANCE.fetch_add(1, Ordering::Relaxed) << 20))
}

/// What a server is told of a secret.
pub(crate) fn told_of(token: &Token, key: KeyId) -> Value {
    json!({
        "key_id": key,
        "id": make(SecretId::make),
        "hash": token.hash(),
        "prefix": token.prefix(),
        "last_four": token.last_four(),
    })
}

/// An answer, read whole.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Value,
    pub(crate) text: String,
}

impl Answer {
    /// The answer's JSON, which has to be a success.
    #[track_caller]
    pub(crate) fn good(self) -> Value {
        assert!(self.status.is_success(), "{} {}", self.status, self.text);
        self.body
    }

    /// The problem's code, which has to be one.
    #[track_caller]
    pub(crate) fn code(&self) -> &str {
        assert_eq!(
            self.headers["content-type"], "application/problem+json",
            "{} {}",
            self.status, self.text
        );
        assert_eq!(self.body["status"], self.status.as_u16());
        assert_eq!(
            self.body["request_id"],
            self.headers["x-request-id"].to_str().unwrap()
        );
        self.body["code"].as_str().unwrap()
    }
}

/// A signed-in person, or nobody.
#[derive(Clone)]
pub(crate) struct Person {
    pub(crate) token: Option<String>,
    pub(crate) account: AccountId,
    pub(crate) organization: OrganizationId,
    pub(crate) free_key: KeyId,
    pub(crate) email: String,
}

pub(crate) struct Given {
    pub(crate) database: Database,
    pub(crate) config: Config,
    pub(crate) clock: Arc<HandClock>,
    pub(crate) running: Option<Running>,
    pub(crate) url: String,
    pub(crate) http: reqwest::Client,
}

/// Tells a story on a fresh server of this kind of database.
pub(crate) async fn tell(kind: Kind, story: impl AsyncFnOnce(&mut Given)) {
    let Some(mut given) = Given::with(kind, |_| ()).await else {
        return;
    };
    story(&mut given).await;
    given.stop().await;
}

impl Given {
    /// A server on a file.
    pub(crate) async fn new() -> Self {
        Self::with(Kind::Sqlite, |_| ()).await.unwrap()
    }

    /// A server with settings of its own; `None` where there is no such database.
    pub(crate) async fn with(kind: Kind, set: impl FnOnce(&mut Config)) -> Option<Self> {
        let database = Database::fresh(kind).await?;
        let mut config = Config {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            database: database.url.clone(),
            issuers_inside: true,
            ..Config::default()
        };
        set(&mut config);
        // Another may be installed already.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let http = reqwest::Client::builder().no_proxy().build().unwrap();
        let clock = Arc::new(HandClock(AtomicI64::new(START)));
        let mut given = Self {
            database,
            config,
            clock,
            running: None,
            url: String::new(),
            http,
        };
        given.start().await;
        Some(given)
    }

    pub(crate) fn ports(&self) -> Ports {
        let seed = CHANCE.fetch_add(1, Ordering::Relaxed) << 40;
        Ports {
            clock: self.clock.clone(),
            entropy: Arc::new(Mutex::new(Seeded(seed))),
            password_work: LIGHT,
        }
    }

    pub(crate) async fn start(&mut self) {
        let running = start(self.config.clone(), self.ports()).await.unwrap();
        self.url = running.url();
        self.running = Some(running);
    }

    pub(crate) async fn stop(&mut self) {
        if let Some(running) = self.running.take() {
            running.stop().await;
        }
    }

    /// The database behind the server's back.
    pub(crate) async fn store(&self) -> store::Store {
        store::Store::open(&self.database.url).await.unwrap()
    }

    pub(crate) fn request(&self, method: Method, path: &str, token: Option<&str>) -> reqwest::RequestBuilder {
        let request = self.http.request(method, format!("{}{path}", self.url));
        match token {
            Some(token) => request.bearer_auth(token),
            None => request,
        }
    }

    pub(crate) async fn get(&self, person: &Person, path: &str) -> Answer {
        answer(self.request(Method::GET, path, person.token.as_deref())).await
    }

    pub(crate) async fn post(&self, path: &str, body: &Value) -> Answer {
        answer(self.request(Method::POST, path, None).json(body)).await
    }

    /// A write with its own operation.
    pub(crate) async fn write(&self, person: &Person, path: &str, body: &Value) -> Answer {
        self.write_as(person, path, make(OperationId::make), body).await
    }

    pub(crate) async fn write_as(
        &self,
        person: &Person,
        path: &str,
        operation: OperationId,
        body: &Value,
    ) -> Answer {
        let request = self.request(Method::POST, path, person.token.as_deref());
        answer(
            request
                .header("idempotency-key", operation.to_string())
                .json(body),
        )
        .await
    }

    /// An edit over a version.
    pub(crate) async fn edit_as(
        &self,
        person: &Person,
        key: KeyId,
        version: &str,
        operation: OperationId,
        body: &Value,
    ) -> Answer {
        let path = path::fill(path::KEY, &[&person.organization, &key]);
        let request = self.request(Method::PATCH, &path, person.token.as_deref());
        answer(
            request
                .header("idempotency-key", operation.to_string())
                .header("if-match", version)
                .json(body),
        )
        .await
    }

    /// Signs somebody up.
    pub(crate) async fn sign_up(&self, name: &str) -> Person {
        self.sign_up_with(name, &mint(KeyKind::Service)).await
    }

    pub(crate) async fn sign_up_with(&self, name: &str, free: &Token) -> Person {
        let free_key = make(KeyId::make);
        let answer = self
            .post(path::ACCOUNTS, &sign_up_body(name, free, free_key))
            .await
            .good();
        Person {
            token: Some(answer["token"].as_str().unwrap().to_owned()),
            account: answer["account"]["id"].as_str().unwrap().parse().unwrap(),
            organization: answer["account"]["memberships"][0]["organization_id"]
                .as_str()
                .unwrap()
                .parse()
                .unwrap(),
            free_key,
            email: format!("{name}@example.org"),
        }
    }

    pub(crate) async fn sign_in(&self, email: &str, password: &str) -> Answer {
        self.post(path::SESSIONS, &json!({ "email": email, "password": password }))
            .await
    }

    /// Makes a team key; answers its id and its secret.
    pub(crate) async fn create_key(&self, person: &Person, name: &str) -> (KeyId, Token) {
        let (id, token) = (make(KeyId::make), mint(KeyKind::Team));
        let path = path::fill(path::KEYS, &[&person.organization]);
        self.write(person, &path, &create_body(name, &token, id))
            .await
            .good();
        (id, token)
    }

    pub(crate) async fn revoke(&self, person: &Person, key: KeyId) -> Answer {
        let path = path::fill(path::KEY_REVOKE, &[&person.organization, &key]);
        self.write(person, &path, &json!({})).await
    }

    pub(crate) async fn verify(&self, secret: &str) -> Value {
        self.post(path::VERIFY, &json!({ "secret": secret })).await.good()
    }

    /// Invites one address; answers the invitation and the code of its link.
    pub(crate) async fn invite(&self, person: &Person, email: &str, role: &str) -> (InvitationId, String) {
        let path = path::fill(path::INVITATIONS, &[&person.organization]);
        let body = json!({ "emails": [email], "role": role });
        let answer = self.write(person, &path, &body).await.good();
        let sent = &answer["invited"][0];
        (
            sent["invitation"]["id"].as_str().unwrap().parse().unwrap(),
            sent["code"].as_str().unwrap().to_owned(),
        )
    }

    pub(crate) async fn join(&self, code: &str, name: &str) -> Answer {
        let body = json!({
            "code": code, "email": format!("{name}@example.org"), "username": name, "display_name": name,
            "password": PASSWORD,
        });
        self.post(path::INVITATION_JOIN, &body).await
    }

    /// Somebody new, who came in by an invitation.
    pub(crate) async fn member(&self, owner: &Person, role: Role) -> (Person, MemberId) {
        let name = format!("m-{}", &make(KeyId::make).as_uuid().simple().to_string()[20..]);
        // An Owner is made by nobody.
        let role = if role == Role::Owner { Role::Admin } else { role };
        let (_, code) = self
            .invite(owner, &format!("{name}@example.org"), role.as_str())
            .await;
        let answer = self.join(&code, &name).await.good();
        let membership = &answer["account"]["memberships"][0];
        let person = Person {
            token: Some(answer["token"].as_str().unwrap().to_owned()),
            account: answer["account"]["id"].as_str().unwrap().parse().unwrap(),
            organization: owner.organization,
            free_key: owner.free_key,
            email: format!("{name}@example.org"),
        };
        (person, membership["id"].as_str().unwrap().parse().unwrap())
    }

    pub(crate) async fn changes(&self, person: &Person, query: &str) -> Value {
        let path = path::fill(path::CHANGES, &[&person.organization]);
        self.get(person, &format!("{path}{query}")).await.good()
    }

    pub(crate) async fn key(&self, person: &Person, key: KeyId) -> Value {
        self.get(person, &path::fill(path::KEY, &[&person.organization, &key]))
            .await
            .good()
    }
}

pub(crate) fn sign_up_body(name: &str, free: &Token, free_key: KeyId) -> Value {
    json!({
        "email": format!("{name}@example.org"),
        "username": name,
        "display_name": name,
        "password": PASSWORD,
        "organization_name": format!("The house of {name}"),
        "free_key_secret": told_of(free, free_key),
    })
}

pub(crate) fn create_body(name: &str, token: &Token, id: KeyId) -> Value {
    json!({
        "kind": "team",
        "name": name,
        "description": "",
        "expires_at": null,
        "secret": told_of(token, id),
    })
}

pub(crate) async fn answer(request: reqwest::RequestBuilder) -> Answer {
    let response = request.send().await.unwrap();
    let (status, headers) = (response.status(), response.headers().clone());
    let text = response.text().await.unwrap();
    let body = serde_json::from_str(&text).unwrap_or(Value::Null);
    Answer {
        status,
        headers,
        body,
        text,
    }
}
