//! What verify remembers (K14): never longer than it is so, on one node, on two, and when they can't hear each other.

use std::fmt::Write as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use crypto::token::Token;
use domain::id::{KeyId, OperationId};
use domain::key::KeyKind;
use protocol::path;
use serde_json::{Value, json};
use server::{Running, start};
use store::Kind;
use store::testing::{POSTGRES, execute};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream, UnixStream};
use tracing::field::{Field, Visit};
use tracing::{Event, Metadata, Subscriber, span};

use crate::given::{Given, Person, make, mint, told_of};
use crate::on_both;

on_both!(
    k14_every_change_of_a_key_holds_for_the_next_request,
    k14_ends_are_computed_at_each_request,
    k14_a_secret_that_is_made_is_good_at_once,
    k14_a_known_secret_and_a_bad_checksum_reach_no_database,
);

/// Counts the statements that look a secret up, as the database's driver reports them.
struct LookUps;

static LOOK_UPS: AtomicUsize = AtomicUsize::new(0);

struct Text(String);
impl Visit for Text {
    fn record_debug(&mut self, _: &Field, value: &dyn std::fmt::Debug) {
        let _ = write!(self.0, "{value:?} ");
    }
}

impl Subscriber for LookUps {
    fn enabled(&self, of: &Metadata<'_>) -> bool {
        of.target() == "sqlx::query"
    }
    fn event(&self, event: &Event<'_>) {
        let mut text = Text(String::new());
        event.record(&mut text);
        if text.0.contains("WHERE secret.hash") {
            LOOK_UPS.fetch_add(1, Ordering::SeqCst);
        }
    }
    fn new_span(&self, _: &span::Attributes<'_>) -> span::Id {
        span::Id::from_u64(1)
    }
    fn record(&self, _: &span::Id, _: &span::Record<'_>) {}
    fn record_follows_from(&self, _: &span::Id, _: &span::Id) {}
    fn enter(&self, _: &span::Id) {}
    fn exit(&self, _: &span::Id) {}
}

fn looked_up() -> usize {
    LOOK_UPS.load(Ordering::SeqCst)
}

/// On PostgreSQL nothing is remembered before the channel was seen to be open.
async fn remembers(given: &Given, secret: &str) {
    for _ in 0..500 {
        let before = looked_up();
        given.verify(secret).await;
        if looked_up() == before {
            return;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("nothing is remembered");
}

async fn k14_a_known_secret_and_a_bad_checksum_reach_no_database(given: &mut Given) {
    tracing::subscriber::set_global_default(LookUps).expect("a test has its process for itself");
    let ada = given.sign_up("ada").await;
    let (id, token) = given.create_key(&ada, "ci").await;
    let mut swapped = token.expose().to_owned();
    let last = if swapped.ends_with('0') { "1" } else { "0" };
    swapped.replace_range(swapped.len() - 1.., last);
    for junk in ["", "junk", "kst_team_", swapped.as_str()] {
        assert_eq!(given.verify(junk).await["reason"], "malformed");
    }
    assert_eq!(looked_up(), 0, "what is no secret is not looked up");

    assert_eq!(given.verify(token.expose()).await["valid"], true);
    assert_eq!(looked_up(), 1, "the first time");
    remembers(given, token.expose()).await;
    let before = looked_up();
    for _ in 0..50 {
        assert_eq!(given.verify(token.expose()).await["valid"], true);
    }
    assert_eq!(looked_up(), before, "a known secret is not looked up");

    // Counting uses, and telling desktops of them, changes nothing that verify asks.
    let told = given.changes(&ada, "").await["head"].as_i64().unwrap();
    given.clock.advance(59);
    given.verify(token.expose()).await;
    while given.changes(&ada, "").await["head"].as_i64().unwrap() == told {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    remembers(given, token.expose()).await;

    // Another key's change neither; its own does.
    let (other, _) = given.create_key(&ada, "other").await;
    given.revoke(&ada, other).await.good();
    remembers(given, token.expose()).await;
    let before = looked_up();
    given.revoke(&ada, id).await.good();
    assert_eq!(given.verify(token.expose()).await["reason"], "revoked");
    assert_eq!(looked_up(), before + 1);
    // What is not there is looked up each time, and takes no room.
    let before = looked_up();
    for _ in 0..3 {
        assert_eq!(
            given.verify(mint(KeyKind::Team).expose()).await["reason"],
            "unknown"
        );
    }
    assert_eq!(looked_up(), before + 3);
}

async fn write(given: &Given, ada: &Person, path: &str, key: KeyId, body: &Value) {
    let path = path::fill(path, &[&ada.organization, &key]);
    given.write(ada, &path, body).await.good();
}

async fn k14_every_change_of_a_key_holds_for_the_next_request(given: &mut Given) {
    let ada = given.sign_up("ada").await;
    let (key, old) = given.create_key(&ada, "ci").await;
    let new = mint(KeyKind::Team);
    let reason = async |given: &Given, token: &Token| given.verify(token.expose()).await["reason"].clone();
    for _ in 0..20 {
        assert_eq!(reason(given, &old).await, Value::Null);
        write(given, &ada, path::KEY_PAUSE, key, &json!({})).await;
        assert_eq!(reason(given, &old).await, "paused");
        write(given, &ada, path::KEY_RESUME, key, &json!({})).await;
    }
    assert_eq!(reason(given, &new).await, "unknown");
    let rotate = json!({ "secret": told_of(&new, key), "overlap_seconds": 3_600 });
    write(given, &ada, path::KEY_ROTATE, key, &rotate).await;
    assert_eq!(reason(given, &new).await, Value::Null);
    assert_eq!(reason(given, &old).await, Value::Null);
    write(given, &ada, path::KEY_ROTATION, key, &json!({ "type": "finish" })).await;
    assert_eq!(reason(given, &old).await, "retired");
    assert_eq!(reason(given, &new).await, Value::Null);
    let edit = json!({ "name": "deploy" });
    let version = given.key(&ada, key).await["version"].to_string();
    given
        .edit_as(
            &ada,
            key,
            &format!("\"{version}\""),
            make(OperationId::make),
            &edit,
        )
        .await
        .good();
    assert_eq!(given.verify(new.expose()).await["key"]["name"], "deploy");
    given.revoke(&ada, key).await.good();
    assert_eq!(reason(given, &new).await, "revoked");
}

async fn k14_ends_are_computed_at_each_request(given: &mut Given) {
    let ada = given.sign_up("ada").await;
    let (id, token) = (make(KeyId::make), mint(KeyKind::Team));
    let body = json!({
        "kind": "team", "name": "short", "description": "", "expires_at": "2026-03-12T10:42:17Z",
        "secret": told_of(&token, id),
    });
    given
        .write(&ada, &path::fill(path::KEYS, &[&ada.organization]), &body)
        .await
        .good();
    let (turned, old) = given.create_key(&ada, "turned").await;
    let rotate = json!({ "secret": told_of(&mint(KeyKind::Team), turned), "overlap_seconds": 20 });
    write(given, &ada, path::KEY_ROTATE, turned, &rotate).await;
    for token in [&token, &old] {
        assert_eq!(given.verify(token.expose()).await["valid"], true);
    }
    given.clock.advance(9);
    assert_eq!(given.verify(token.expose()).await["valid"], true);
    given.clock.advance(1);
    assert_eq!(given.verify(token.expose()).await["reason"], "expired");
    assert_eq!(given.verify(old.expose()).await["valid"], true);
    given.clock.advance(10);
    assert_eq!(given.verify(old.expose()).await["reason"], "retired");
}

async fn k14_a_secret_that_is_made_is_good_at_once(given: &mut Given) {
    let ada = given.sign_up("ada").await;
    for round in 0..20 {
        let (id, token) = (make(KeyId::make), mint(KeyKind::Team));
        assert_eq!(given.verify(token.expose()).await["reason"], "unknown");
        let body = crate::given::create_body(&format!("key {round}"), &token, id);
        given
            .write(&ada, &path::fill(path::KEYS, &[&ada.organization]), &body)
            .await
            .good();
        assert_eq!(given.verify(token.expose()).await["valid"], true);
    }
}

/// Another node over the same database, and what it says of a secret.
struct Node {
    running: Running,
    http: reqwest::Client,
}

impl Node {
    async fn beside(given: &Given, database: Option<String>) -> Self {
        let mut config = given.config.clone();
        config.database = database.unwrap_or(config.database);
        Self {
            running: start(config, given.ports()).await.unwrap(),
            http: given.http.clone(),
        }
    }

    async fn verify(&self, token: &Token) -> Value {
        let url = format!("{}{}", self.running.url(), path::VERIFY);
        let request = self.http.post(url).json(&json!({ "secret": token.expose() }));
        crate::given::answer(request).await.good()
    }

    /// Waits until it says so, and fails when a second has passed.
    async fn says(&self, token: &Token, fits: impl Fn(&Value) -> bool) {
        let since = Instant::now();
        loop {
            let said = self.verify(token).await;
            if fits(&said) {
                return;
            }
            assert!(since.elapsed() < Duration::from_secs(1), "{said}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn k14_another_node_knows_of_every_change_within_a_second() {
    let Some(given) = Given::with(Kind::Postgres, |_| ()).await else {
        return;
    };
    let node = Node::beside(&given, None).await;
    let ada = given.sign_up("ada").await;
    let (key, old) = given.create_key(&ada, "ci").await;
    let good = |said: &Value| said["valid"] == true;
    let bad = |reason: &'static str| move |said: &Value| said["reason"] == reason;
    for _ in 0..10 {
        for _ in 0..3 {
            node.says(&old, good).await;
        }
        write(&given, &ada, path::KEY_PAUSE, key, &json!({})).await;
        node.says(&old, bad("paused")).await;
        write(&given, &ada, path::KEY_RESUME, key, &json!({})).await;
    }
    node.says(&old, good).await;
    let new = mint(KeyKind::Team);
    let rotate = json!({ "secret": told_of(&new, key), "overlap_seconds": 3_600 });
    write(&given, &ada, path::KEY_ROTATE, key, &rotate).await;
    node.says(&new, good).await;
    node.says(&old, good).await;
    write(
        &given,
        &ada,
        path::KEY_ROTATION,
        key,
        &json!({ "type": "finish" }),
    )
    .await;
    node.says(&old, bad("retired")).await;

    let version = given.key(&ada, key).await["version"].to_string();
    let edit = json!({ "requests_per_minute": 2 });
    given
        .edit_as(
            &ada,
            key,
            &format!("\"{version}\""),
            make(OperationId::make),
            &edit,
        )
        .await
        .good();
    // Each node counts for itself: two go on here, whatever goes on there.
    node.says(&new, |said| said["remaining"] == 1).await;
    node.says(&new, bad("rate_limited")).await;
    assert_eq!(given.verify(new.expose()).await["remaining"], 1);
    given.revoke(&ada, key).await.good();
    node.says(&new, bad("revoked")).await;
    node.running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn k14_a_node_whose_channel_is_cut_says_no_stale_yes() {
    let Some(given) = Given::with(Kind::Postgres, |_| ()).await else {
        return;
    };
    let node = Node::beside(&given, None).await;
    let ada = given.sign_up("ada").await;
    let store = given.store().await;
    for round in 0..5 {
        let (key, token) = given.create_key(&ada, &format!("key {round}")).await;
        for _ in 0..3 {
            node.says(&token, |said| said["valid"] == true).await;
        }
        execute(
            &store,
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity \
             WHERE application_name = 'keystead-server notices' AND datname = current_database()",
        )
        .await
        .unwrap();
        given.revoke(&ada, key).await.good();
        node.says(&token, |said| said["reason"] == "revoked").await;
    }
    store.close().await;
    node.running.stop().await;
}

/// A wire to the database of which the part that carries notices can be frozen: nothing arrives, and nothing is closed.
struct Wire {
    url: String,
    frozen: Arc<AtomicBool>,
}

impl Wire {
    async fn to(database: &str) -> Self {
        let server = std::env::var(POSTGRES).unwrap();
        let (_, folder) = server
            .split_once("host=")
            .expect("the test database listens on a socket");
        let socket = format!(
            "{}/.s.PGSQL.5432",
            folder.split('&').next().unwrap().replace("%2F", "/")
        );
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let name = database.split('?').next().unwrap().rsplit('/').next().unwrap();
        let url = format!("postgres://postgres@127.0.0.1:{port}/{name}?sslmode=disable");
        let frozen = Arc::new(AtomicBool::new(false));
        let freezes = frozen.clone();
        tokio::spawn(async move {
            while let Ok((near, _)) = listener.accept().await {
                let far = UnixStream::connect(&socket).await.unwrap();
                tokio::spawn(carry(near, far, freezes.clone()));
            }
        });
        Self { url, frozen }
    }
}

async fn carry(near: TcpStream, far: UnixStream, frozen: Arc<AtomicBool>) {
    let (mut from_near, mut to_near) = near.into_split();
    let (mut from_far, mut to_far) = far.into_split();
    let listens = AtomicBool::new(false);
    let waits = async || {
        while listens.load(Ordering::SeqCst) && frozen.load(Ordering::SeqCst) {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    let there = async {
        let mut bytes = vec![0; 65_536];
        while let Ok(count @ 1..) = from_near.read(&mut bytes).await {
            if bytes[..count].windows(6).any(|word| word == b"LISTEN") {
                listens.store(true, Ordering::SeqCst);
            }
            waits().await;
            if to_far.write_all(&bytes[..count]).await.is_err() {
                return;
            }
        }
    };
    let back = async {
        let mut bytes = vec![0; 65_536];
        while let Ok(count @ 1..) = from_far.read(&mut bytes).await {
            waits().await;
            if to_near.write_all(&bytes[..count]).await.is_err() {
                return;
            }
        }
    };
    tokio::select! {
        () = there => {}
        () = back => {}
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn k14_a_channel_that_dies_without_a_word_is_not_believed() {
    let Some(given) = Given::with(Kind::Postgres, |_| ()).await else {
        return;
    };
    let wire = Wire::to(&given.database.url).await;
    let node = Node::beside(&given, Some(wire.url.clone())).await;
    let ada = given.sign_up("ada").await;
    let (key, token) = given.create_key(&ada, "ci").await;
    // Long enough for a proof that the channel is open.
    let since = Instant::now();
    while since.elapsed() < Duration::from_millis(500) {
        assert_eq!(node.verify(&token).await["valid"], true);
    }
    wire.frozen.store(true, Ordering::SeqCst);
    given.revoke(&ada, key).await.good();
    assert_eq!(
        node.verify(&token).await["valid"],
        true,
        "nobody told this node, and its second is not over"
    );
    given.clock.advance(1);
    assert_eq!(node.verify(&token).await["reason"], "revoked");
    wire.frozen.store(false, Ordering::SeqCst);
    node.running.stop().await;
}
