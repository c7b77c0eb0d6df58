//! Invariant 2: no table and no log holds a secret.

use std::io::Write;
use std::sync::{Arc, Mutex};

use domain::key::KeyKind;
use protocol::path;
use reqwest::Method;
use serde_json::json;
use tracing_subscriber::fmt::MakeWriter;

use crate::given::{Given, PASSWORD, answer, create_body, make, mint};

#[derive(Clone, Default)]
struct Captured(Arc<Mutex<Vec<u8>>>);

impl Write for Captured {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl MakeWriter<'_> for Captured {
    type Writer = Self;

    fn make_writer(&self) -> Self {
        self.clone()
    }
}

fn contains(bytes: &[u8], text: &str) -> bool {
    bytes.windows(text.len()).any(|window| window == text.as_bytes())
}

#[tokio::test]
async fn no_secret_is_in_the_database_or_the_log() {
    let log = Captured::default();
    let lines = tracing_subscriber::fmt()
        .with_max_level(tracing::Level::TRACE)
        .with_writer(log.clone());
    // Every test has a process of its own.
    tracing::subscriber::set_global_default(lines.finish()).unwrap();

    let mut given = Given::new().await;
    let free = mint(KeyKind::Service);
    let ada = given.sign_up_with("ada", &free).await;
    let (id, token) = given.create_key(&ada, "ci").await;
    let never = mint(KeyKind::Team);
    for secret in [&free, &token, &never] {
        given.verify(secret.expose()).await;
        given.verify(&format!("{}x", secret.expose())).await;
        // In wrong places, too.
        let body = json!({ "secret": [secret.expose()], secret.expose(): 1 });
        assert_eq!(given.post(path::VERIFY, &body).await.code(), "invalid_input");
        answer(given.request(
            Method::GET,
            &format!("{}/{}", path::VERIFY, secret.expose()),
            None,
        ))
        .await;
        answer(given.request(
            Method::GET,
            &format!("{}?secret={}", path::SERVER, secret.expose()),
            None,
        ))
        .await;
        let mut body = create_body("ci", secret, make(domain::id::KeyId::make));
        body["secret"]["prefix"] = json!(secret.expose());
        let path = path::fill(path::KEYS, &[&ada.organization]);
        assert_eq!(given.write(&ada, &path, &body).await.code(), "invalid_input");
        assert_eq!(
            given.sign_in("ada@example.org", secret.expose()).await.code(),
            "wrong_credentials"
        );
    }
    given.sign_in(&ada.email, PASSWORD).await.good();
    given.revoke(&ada, id).await.good();

    // While the server runs, with what is still in the WAL, and after it has stopped.
    let read = |given: &Given| {
        let folder = given.database.folder.as_ref().unwrap().path();
        let files = std::fs::read_dir(folder)
            .unwrap()
            .map(|file| file.unwrap().path());
        files
            .map(|file| (file.display().to_string(), std::fs::read(&file).unwrap()))
            .collect::<Vec<_>>()
    };
    let mut places = read(&given);
    assert!(places.len() >= 2, "the WAL is there");
    given.stop().await;
    places.extend(read(&given));
    places.push(("the log".to_owned(), log.0.lock().unwrap().clone()));

    let session = ada.token.clone().unwrap();
    for (place, bytes) in &places {
        for secret in [&free, &token, &never] {
            let (_, body, _) = secret.parts();
            assert!(
                !contains(bytes, secret.expose()) && !contains(bytes, body),
                "{place} holds a secret"
            );
        }
        assert!(!contains(bytes, PASSWORD), "{place} holds a password");
        assert!(!contains(bytes, &session), "{place} holds the token of a session");
    }
    // What was looked for would have been found.
    assert!(places.iter().any(|(_, bytes)| contains(bytes, "ada@example.org")));
    let (_, lines) = places.last().unwrap();
    assert!(
        contains(lines, "answered") && contains(lines, "/v1/verify"),
        "the log was captured"
    );
}
