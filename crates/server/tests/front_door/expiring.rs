//! Those who manage keys are told by mail that one expires soon (K16).

use std::path::Path;
use std::time::Duration;

use domain::id::KeyId;
use domain::key::KeyKind;
use domain::role::Role;
use protocol::path;
use serde_json::{Value, json};
use server::start;
use store::Kind;

use crate::given::{Given, Person, START, create_body, make, mint};

const DAY: i64 = 86_400;

/// To whom mails with this subject went, sorted.
fn told(folder: &Path, subject: &str) -> Vec<String> {
    let Ok(files) = std::fs::read_dir(folder) else {
        return Vec::new();
    };
    let mut people: Vec<String> = files
        .flatten()
        .filter(|file| file.path().extension().is_some_and(|kind| kind == "eml"))
        .filter_map(|file| std::fs::read_to_string(file.path()).ok())
        .filter(|mail| mail.contains(&format!("Subject: {subject}")))
        .filter_map(|mail| {
            Some(
                mail.lines()
                    .find_map(|line| line.strip_prefix("To: "))?
                    .to_owned(),
            )
        })
        .collect();
    people.sort();
    people
}

async fn until(what: &str, mut is_so: impl FnMut() -> bool) {
    for _ in 0..600 {
        if is_so() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("waited in vain until {what}");
}

async fn expiring(given: &Given, person: &Person, name: &str, days: i64) -> KeyId {
    let id = make(KeyId::make);
    let mut body = create_body(name, &mint(KeyKind::Team), id);
    body["expires_at"] = json!(domain::clock::Timestamp::from_micros(START).plus_days(days));
    let path = path::fill(path::KEYS, &[&person.organization]);
    given.write(person, &path, &body).await.good();
    id
}

async fn told_once(kind: Kind) {
    let folder = tempfile::tempdir().unwrap();
    let mails = folder.path().to_owned();
    let named = mails.clone();
    let Some(mut given) = Given::with(kind, move |config| config.mail_folder = Some(named)).await else {
        return;
    };
    let ada = given.sign_up("ada").await;
    let (admin, _) = given.member(&ada, Role::Admin).await;
    given.member(&ada, Role::Editor).await;
    let key = expiring(&given, &ada, "ci", 40).await;
    expiring(&given, &ada, "short", 5).await;
    let revoked = expiring(&given, &ada, "revoked", 40).await;
    given.revoke(&ada, revoked).await.good();
    let both = || {
        let mut both = vec![ada.email.clone(), admin.email.clone()];
        both.sort();
        both
    };

    // Another server of the same fleet looks at the same keys.
    let other = if kind == Kind::Postgres {
        Some(start(given.config.clone(), given.ports()).await.unwrap())
    } else {
        None
    };
    given.clock.advance(10 * DAY);
    until("30 days are told", || {
        told(&mails, "ci expires in 30 days") == both()
    })
    .await;
    given.stop().await;
    given.start().await;
    given.clock.advance(16 * DAY);
    until("14 days are told", || {
        told(&mails, "ci expires in 14 days") == both()
    })
    .await;
    given.clock.advance(13 * DAY);
    until("a day is told", || told(&mails, "ci expires in a day") == both()).await;
    // Each once, and 7 days not at all: they went by while nobody looked. Nor what its maker knew, nor what is revoked.
    assert_eq!(
        told(&mails, "ci expires"),
        [both(), both(), both()].concat().sorted()
    );
    assert_eq!(told(&mails, "short expires"), Vec::<String>::new());
    assert_eq!(told(&mails, "revoked expires"), Vec::<String>::new());

    let store = given.store().await;
    let events = store::testing::texts(
        &store,
        "SELECT json FROM activity WHERE type = 'expiry_told' ORDER BY sequence",
    )
    .await
    .unwrap();
    store.close().await;
    let days: Vec<Value> = events
        .iter()
        .map(|text| {
            let event: Value = serde_json::from_str(text).unwrap();
            assert_eq!(event["event"]["key"], json!(key));
            assert_eq!(event["event"]["people"].as_array().unwrap().len(), 2);
            event["event"]["days"].clone()
        })
        .collect();
    assert_eq!(days, [30, 14, 1]);
    if let Some(other) = other {
        other.stop().await;
    }
    given.stop().await;
}

trait Sorted {
    fn sorted(self) -> Self;
}

impl Sorted for Vec<String> {
    fn sorted(mut self) -> Self {
        self.sort();
        self
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn k16_those_who_manage_keys_are_told_by_mail_once_sqlite() {
    told_once(Kind::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn k16_those_who_manage_keys_are_told_by_mail_once_postgres() {
    told_once(Kind::Postgres).await;
}
