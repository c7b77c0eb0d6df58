//! An identity provider on loopback that signs what it is told to, counts what it is asked, and goes away when told to.

use std::net::Ipv4Addr;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::rand::SystemRandom;
use ring::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _};
use serde_json::{Value, json};

/// A key of a provider.
pub(crate) struct Signer {
    pub(crate) id: String,
    pair: EcdsaKeyPair,
}

impl Signer {
    pub(crate) fn new(id: &str) -> Self {
        let chance = SystemRandom::new();
        let made = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &chance).unwrap();
        let pair =
            EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, made.as_ref(), &chance).unwrap();
        Self {
            id: id.to_owned(),
            pair,
        }
    }

    fn public(&self) -> Value {
        let point = self.pair.public_key().as_ref();
        json!({
            "kty": "EC", "crv": "P-256", "use": "sig", "kid": self.id,
            "x": URL_SAFE_NO_PAD.encode(&point[1..33]), "y": URL_SAFE_NO_PAD.encode(&point[33..]),
        })
    }

    pub(crate) fn sign(&self, claims: &Value) -> String {
        self.sign_with(&json!({ "alg": "ES256", "kid": self.id, "typ": "JWT" }), claims)
    }

    pub(crate) fn sign_with(&self, head: &Value, claims: &Value) -> String {
        let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let signed = format!("{}.{}", part(head), part(claims));
        let signature = self.pair.sign(&SystemRandom::new(), signed.as_bytes()).unwrap();
        format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature))
    }
}

/// What it answers.
#[derive(Default)]
struct Said {
    issuer: Mutex<String>,
    keys_url: Mutex<String>,
    keys: Mutex<Vec<Value>>,
    cache: Mutex<Option<String>>,
    away: AtomicBool,
    redirects: AtomicBool,
    endless: AtomicBool,
    asked: AtomicUsize,
}

pub(crate) struct Provider {
    pub(crate) url: String,
    said: Arc<Said>,
    serving: tokio::task::JoinHandle<()>,
}

impl Drop for Provider {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

async fn discovery(State(said): State<Arc<Said>>) -> Response {
    if said.away.load(Ordering::SeqCst) {
        return StatusCode::SERVICE_UNAVAILABLE.into_response();
    }
    if said.redirects.load(Ordering::SeqCst) {
        return (StatusCode::FOUND, [(header::LOCATION, "/elsewhere")]).into_response();
    }
    let body = json!({
        "issuer": *said.issuer.lock().unwrap(),
        "jwks_uri": *said.keys_url.lock().unwrap(),
        "id_token_signing_alg_values_supported": ["ES256", "RS256", "HS256", "none"],
    });
    axum::Json(body).into_response()
}

async fn keys(State(said): State<Arc<Said>>) -> Response {
    said.asked.fetch_add(1, Ordering::SeqCst);
    // Long enough for others to come while it answers.
    tokio::task::yield_now().await;
    if said.away.load(Ordering::SeqCst) {
        return StatusCode::SERVICE_UNAVAILABLE.into_response();
    }
    if said.endless.load(Ordering::SeqCst) {
        return " ".repeat(300 * 1_024).into_response();
    }
    let mut headers = HeaderMap::new();
    if let Some(cache) = &*said.cache.lock().unwrap() {
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_str(cache).unwrap());
    }
    let body = json!({ "keys": *said.keys.lock().unwrap() });
    (headers, axum::Json(body)).into_response()
}

impl Provider {
    pub(crate) async fn with(signers: &[&Signer]) -> Self {
        let said = Arc::new(Said::default());
        let listener = tokio::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0))
            .await
            .unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        *said.issuer.lock().unwrap() = url.clone();
        *said.keys_url.lock().unwrap() = format!("{url}/keys");
        let router = Router::new()
            .route("/.well-known/openid-configuration", get(discovery))
            .route("/elsewhere", get(discovery))
            .route("/keys", get(keys))
            .with_state(said.clone());
        let serving = tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        let provider = Self { url, said, serving };
        provider.list(signers);
        provider
    }

    /// From now on these are its keys.
    pub(crate) fn list(&self, signers: &[&Signer]) {
        *self.said.keys.lock().unwrap() = signers.iter().map(|signer| signer.public()).collect();
    }

    /// How often its keys were asked for.
    pub(crate) fn asked(&self) -> usize {
        self.said.asked.load(Ordering::SeqCst)
    }

    pub(crate) fn go_away(&self, away: bool) {
        self.said.away.store(away, Ordering::SeqCst);
    }

    pub(crate) fn redirect(&self, redirects: bool) {
        self.said.redirects.store(redirects, Ordering::SeqCst);
    }

    pub(crate) fn be_endless(&self, endless: bool) {
        self.said.endless.store(endless, Ordering::SeqCst);
    }

    pub(crate) fn say_issuer(&self, issuer: &str) {
        *self.said.issuer.lock().unwrap() = issuer.to_owned();
    }

    pub(crate) fn say_keys_url(&self, url: &str) {
        *self.said.keys_url.lock().unwrap() = url.to_owned();
    }

    pub(crate) fn say_cache(&self, cache: &str) {
        *self.said.cache.lock().unwrap() = Some(cache.to_owned());
    }
}
