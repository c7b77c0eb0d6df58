//! The stream of notices, on one node and on two.

use std::time::Duration;

use protocol::path;
use reqwest::Method;
use serde_json::{Value, json};
use store::Kind;

use crate::given::{Given, PASSWORD, Person, answer};
use crate::on_both;

on_both!(
    o3_a_notice_comes_at_the_beginning_and_with_every_change,
    o3_the_account_hears_of_its_sessions,
    p1_the_stream_ends_with_its_session,
    stopping_ends_streams_at_once,
);

struct Stream {
    response: reqwest::Response,
    text: String,
}

impl Stream {
    async fn open(given: &Given, url: &str, person: &Person) -> Self {
        let token = person.token.as_deref().unwrap();
        let response = given
            .http
            .get(format!("{url}{}", path::EVENTS))
            .bearer_auth(token)
            .send()
            .await
            .unwrap();
        assert_eq!(response.headers()["content-type"], "text/event-stream");
        assert_eq!(response.headers()["cache-control"], "no-store");
        Self {
            response,
            text: String::new(),
        }
    }

    /// The next notice of an organization; `None` at the end of the stream.
    async fn next(&mut self) -> Option<Value> {
        self.next_of("organization").await
    }

    /// The next notice of a kind of scope; `None` at the end of the stream.
    async fn next_of(&mut self, kind: &str) -> Option<Value> {
        loop {
            if let Some((event, rest)) = self.text.split_once("\n\n") {
                let event = event.to_owned();
                self.text = rest.to_owned();
                if let Some(data) = event.strip_prefix("event: change\ndata: ") {
                    let notice: Value = serde_json::from_str(data).unwrap();
                    if notice["scope"]["kind"] == kind {
                        return Some(notice);
                    }
                }
                continue;
            }
            let chunk = tokio::time::timeout(Duration::from_secs(10), self.response.chunk()).await;
            match chunk.expect("something comes within ten seconds") {
                Ok(Some(chunk)) => self.text.push_str(std::str::from_utf8(&chunk).unwrap()),
                Ok(None) | Err(_) => return None,
            }
        }
    }
}

fn notice(person: &Person, head: i64) -> Option<Value> {
    Some(json!({ "scope": { "kind": "organization", "id": person.organization }, "head": head }))
}

async fn o3_a_notice_comes_at_the_beginning_and_with_every_change(given: &mut Given) {
    let ada = given.sign_up("ada").await;
    let bob = given.sign_up("bob").await;
    let mut stream = Stream::open(given, &given.url, &ada).await;
    assert_eq!(stream.next().await, notice(&ada, 4));
    // What others do elsewhere is not heard.
    given.create_key(&bob, "bobs").await;
    let (id, token) = given.create_key(&ada, "ci").await;
    assert_eq!(stream.next().await, notice(&ada, 5));
    given.revoke(&ada, id).await.good();
    assert_eq!(stream.next().await, notice(&ada, 6));
    given.verify(token.expose()).await;
    let (_, other) = given.create_key(&ada, "other").await;
    assert_eq!(stream.next().await, notice(&ada, 7));
    // A use is heard too.
    given.verify(other.expose()).await;
    assert_eq!(stream.next().await, notice(&ada, 8));
}

async fn o3_the_account_hears_of_its_sessions(given: &mut Given) {
    let ada = given.sign_up("ada").await;
    let mut stream = Stream::open(given, &given.url, &ada).await;
    let head = async |stream: &mut Stream| stream.next_of("account").await.unwrap()["head"].as_i64().unwrap();
    assert_eq!(head(&mut stream).await, 3, "profile, membership, session");
    let phone = given.sign_in(&ada.email, PASSWORD).await.good();
    assert_eq!(head(&mut stream).await, 4);
    let changes = format!("{}?since=3", path::ACCOUNT_CHANGES);
    let page = answer(given.request(Method::GET, &changes, ada.token.as_deref()))
        .await
        .good();
    assert_eq!(page["changes"][0]["entity"]["id"], phone["session_id"]);
    assert_eq!((&page["head"], &page["epoch"]), (&json!(4), &json!(1)));
    answer(given.request(Method::DELETE, path::CURRENT_SESSION, phone["token"].as_str())).await;
    assert_eq!(head(&mut stream).await, 5);
    let page = answer(given.request(Method::GET, &changes, ada.token.as_deref()))
        .await
        .good();
    assert_eq!(
        page["changes"],
        json!([{ "sequence": 5, "entity": { "type": "gone", "what": { "type": "session", "id": phone["session_id"] } } }])
    );
}

async fn p1_the_stream_ends_with_its_session(given: &mut Given) {
    let ada = given.sign_up("ada").await;
    let phone = given.sign_in(&ada.email, PASSWORD).await.good()["token"]
        .as_str()
        .unwrap()
        .to_owned();
    let mut stays = Stream::open(given, &given.url, &ada).await;
    assert_eq!(stays.next().await, notice(&ada, 4));
    let mut ends = Stream::open(
        given,
        &given.url,
        &Person {
            token: Some(phone.clone()),
            ..ada.clone()
        },
    )
    .await;
    assert_eq!(ends.next().await, notice(&ada, 4));
    answer(given.request(Method::DELETE, path::CURRENT_SESSION, Some(&phone))).await;
    assert_eq!(ends.next().await, None);
    given.create_key(&ada, "ci").await;
    assert_eq!(stays.next().await, notice(&ada, 5));
}

async fn stopping_ends_streams_at_once(given: &mut Given) {
    let ada = given.sign_up("ada").await;
    let mut stream = Stream::open(given, &given.url, &ada).await;
    assert_eq!(stream.next().await, notice(&ada, 4));
    let stopped = tokio::time::timeout(Duration::from_secs(5), given.stop()).await;
    assert!(stopped.is_ok(), "stopping does not wait for streams");
    assert_eq!(stream.next().await, None);
}

#[tokio::test(flavor = "multi_thread")]
async fn two_nodes_over_one_database_are_one_server() {
    let Some(mut given) = Given::with(Kind::Postgres, |_| ()).await else {
        return;
    };
    let one = given.url.clone();
    let other = server::start(given.config.clone(), given.ports()).await.unwrap();
    let other_url = other.url();

    let ada = given.sign_up("ada").await;
    let mut stream = Stream::open(&given, &other_url, &ada).await;
    assert_eq!(stream.next().await, notice(&ada, 4));
    let (id, token) = given.create_key(&ada, "ci").await;
    assert_eq!(stream.next().await, notice(&ada, 5));
    given.url.clone_from(&other_url);
    assert_eq!(given.verify(token.expose()).await["valid"], true);
    assert_eq!(stream.next().await, notice(&ada, 6));
    given.url.clone_from(&one);
    given.revoke(&ada, id).await.good();
    given.url.clone_from(&other_url);
    // What this node remembers holds until it hears of the change, which it tells its own at once.
    assert_eq!(stream.next().await, notice(&ada, 7));
    assert_eq!(given.verify(token.expose()).await["reason"], "revoked");
    // Signed out at one node is signed out at all, streams included.
    given.url.clone_from(&one);
    answer(given.request(Method::DELETE, path::CURRENT_SESSION, ada.token.as_deref())).await;
    assert_eq!(stream.next().await, None);
    other.stop().await;
    given.stop().await;
}
