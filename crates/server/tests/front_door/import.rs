//! Keys of another system, brought by the hashes of their secrets.

use crypto::token::SecretHash;
use domain::activity::{Event, Scope};
use domain::id::OperationId;
use domain::role::Role;
use protocol::path;
use serde_json::{Value, json};
use server::start;
use store::Kind;
use store::testing::execute;

use crate::given::{Given, Person, START, make, mint};
use crate::on_both;

on_both!(
    import_keys_of_another_system_go_on_working,
    import_says_of_each_row_what_became_of_it,
    import_twice_makes_nothing_twice,
    import_in_a_dry_run_writes_nothing,
    import_is_known_to_every_node,
    import_of_another_organization_stays_where_it_is,
);

const SECRET: &str = "sk_live_51H8xkz4e9WqLp02";

fn row(name: &str, secret: &str) -> Value {
    json!({ "name": name, "hash": SecretHash::of(secret) })
}

fn import_path(person: &Person) -> String {
    path::fill(path::KEYS_IMPORT, &[&person.organization])
}

fn wish(dry_run: bool, rows: &[Value]) -> Value {
    json!({ "dry_run": dry_run, "rows": rows })
}

async fn import_keys_of_another_system_go_on_working(given: &mut Given) {
    let ada = given.sign_up("ada").await;
    assert_eq!(given.verify(SECRET).await["reason"], "malformed");
    let mut whole = row("billing", SECRET);
    whole["prefix"] = json!("sk_live_");
    whole["last_four"] = json!("Lp02");
    whole["created_at"] = json!("2024-02-29");
    whole["expires_at"] = json!("2027-01-01");
    let answer = given
        .write(
            &ada,
            &import_path(&ada),
            &wish(false, &[whole, row("bare", "tok-0123456789abcdef")]),
        )
        .await
        .good();
    let id = answer["rows"][0]["key_id"].as_str().unwrap().parse().unwrap();
    // The next request is let in, on this node without any look.
    let verified = given.verify(SECRET).await;
    assert_eq!(
        (&verified["valid"], &verified["key"]["name"]),
        (&json!(true), &json!("billing"))
    );
    assert_eq!(given.verify("tok-0123456789abcdef").await["key"]["name"], "bare");
    for junk in ["sk_live_51H8xkz4e9WqLp03", "tok-0123456789abcdef ", "short"] {
        assert_eq!(given.verify(junk).await["reason"], "malformed", "{junk}");
    }
    let key = given.key(&ada, id).await;
    assert_eq!(
        (
            &key["created_at"],
            &key["expires_at"],
            &key["secrets"][0]["prefix"]
        ),
        (
            &json!("2024-02-29T00:00:00Z"),
            &json!("2027-01-01T00:00:00Z"),
            &json!("sk_live_")
        )
    );
    assert_eq!(key["secrets"][0]["created_at"], "2026-03-12T10:42:07Z");
    let bare = answer["rows"][1]["key_id"].as_str().unwrap().parse().unwrap();
    let bare = given.key(&ada, bare).await;
    assert_eq!(
        (&bare["secrets"][0]["prefix"], &bare["secrets"][0]["last_four"]),
        (&json!(""), &json!(""))
    );
    // They are keys like others: stopped, and after a restart still known.
    given.stop().await;
    given.start().await;
    assert_eq!(given.verify(SECRET).await["valid"], true);
    given.revoke(&ada, id).await.good();
    assert_eq!(given.verify(SECRET).await["reason"], "revoked");
}

async fn import_says_of_each_row_what_became_of_it(given: &mut Given) {
    let ada = given.sign_up("ada").await;
    let (_, known) = given.create_key(&ada, "ci").await;
    let rows = [
        row("good", SECRET),
        row("", "another-secret-of-24-chars"),
        row("again", SECRET),
        row("ci", known.expose()),
        json!({ "name": "plain", "hash": SECRET, "kind": "service", "last_four": "x" }),
    ];
    let answer = given
        .write(&ada, &import_path(&ada), &wish(false, &rows))
        .await
        .good();
    let told: Vec<String> = answer["rows"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| {
            let problems: Vec<String> = row["problems"]
                .as_array()
                .into_iter()
                .flatten()
                .map(|problem| {
                    format!(
                        " {}: {}",
                        problem["column"].as_str().unwrap(),
                        problem["message"].as_str().unwrap()
                    )
                })
                .collect();
            format!("{}{}", row["outcome"].as_str().unwrap(), problems.join(""))
        })
        .collect();
    insta::assert_snapshot!(told.join("\n"), @r"
    imported
    refused name: The key's name is empty; write something.
    refused hash: Row 1 of this request has the same hash.
    known
    refused hash: The hash has 24 characters; a SHA-256 has 64 hexadecimal digits or 43 characters of base64url. If this is the secret itself, leave it out: only its hash may be in the file. kind: Team keys can be imported now, keys of other kinds can't. last_four: The last four are four characters; 1 were given.
    ");
    assert!(!answer.to_string().contains(SECRET));
    // The good row of the request is in force, though others were refused.
    assert_eq!(given.verify(SECRET).await["key"]["name"], "good");
}

/// How many keys were imported by how many events.
async fn recorded(given: &Given, person: &Person) -> Vec<usize> {
    let store = given.store().await;
    let scope = Scope::Organization(person.organization);
    let mut read = store.read().await.unwrap();
    let events = store::activity::list(&mut read, scope, 0, 100).await.unwrap();
    store::activity::verify_chain(&mut read, scope)
        .await
        .unwrap()
        .unwrap();
    drop(read);
    store.close().await;
    events
        .into_iter()
        .filter_map(|event| match event.event {
            Event::KeysImported { keys } => Some(keys.len()),
            _ => None,
        })
        .collect()
}

async fn import_twice_makes_nothing_twice(given: &mut Given) {
    let ada = given.sign_up("ada").await;
    let operation = make(OperationId::make);
    let rows: Vec<Value> = (0..40)
        .map(|at| row(&format!("key {at}"), &format!("secret-number-{at:010}")))
        .collect();
    let path = import_path(&ada);
    let first = given
        .write_as(&ada, &path, operation, &wish(false, &rows[..25]))
        .await;
    let again = given
        .write_as(&ada, &path, operation, &wish(false, &rows[..25]))
        .await;
    assert_eq!(first.text, again.text, "a lost answer is given again");
    // The file is brought once more, as after a cut.
    let rest = given.write(&ada, &path, &wish(false, &rows)).await.good();
    let outcomes: Vec<&str> = rest["rows"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| row["outcome"].as_str().unwrap())
        .collect();
    assert_eq!(outcomes[..25], ["known"; 25]);
    assert_eq!(outcomes[25..], ["imported"; 15]);
    assert_eq!(rest["rows"][3]["key_id"], first.good()["rows"][3]["key_id"]);
    let head = given.changes(&ada, "").await["head"].clone();
    given.write(&ada, &path, &wish(false, &rows)).await.good();
    assert_eq!(
        given.changes(&ada, "").await["head"],
        head,
        "nothing was left to do"
    );
    assert_eq!(recorded(given, &ada).await, [25, 15], "one event for each write");
    let page = given.changes(&ada, "?since=4&limit=500").await;
    assert_eq!(page["changes"].as_array().unwrap().len(), 40);
}

async fn import_in_a_dry_run_writes_nothing(given: &mut Given) {
    let ada = given.sign_up("ada").await;
    let head = given.changes(&ada, "").await["head"].clone();
    let answer = given
        .write(&ada, &import_path(&ada), &wish(true, &[row("billing", SECRET)]))
        .await
        .good();
    assert_eq!(
        answer,
        json!({ "dry_run": true, "rows": [{ "outcome": "imported" }] })
    );
    assert_eq!(given.changes(&ada, "").await["head"], head);
    assert_eq!(given.verify(SECRET).await["valid"], false);
    assert_eq!(recorded(given, &ada).await, [0usize; 0]);
}

async fn import_is_known_to_every_node(given: &mut Given) {
    let ada = given.sign_up("ada").await;
    let other = start(given.config.clone(), given.ports()).await.unwrap();
    let ask = async |secret: &str| -> Value {
        let request = given
            .http
            .post(format!("{}{}", other.url(), path::VERIFY))
            .json(&json!({ "secret": secret }));
        crate::given::answer(request).await.good()
    };
    assert_eq!(ask(SECRET).await["reason"], "malformed");
    given
        .write(&ada, &import_path(&ada), &wish(false, &[row("billing", SECRET)]))
        .await
        .good();
    // The other node looks at most once a second.
    assert_eq!(ask(SECRET).await["reason"], "malformed");
    given.clock.advance(1);
    assert_eq!(ask(SECRET).await["key"]["name"], "billing");
    other.stop().await;
}

async fn import_of_another_organization_stays_where_it_is(given: &mut Given) {
    let ada = given.sign_up("ada").await;
    let bob = given.sign_up("bob").await;
    given
        .write(&ada, &import_path(&ada), &wish(false, &[row("billing", SECRET)]))
        .await
        .good();
    let answer = given
        .write(&bob, &import_path(&bob), &wish(false, &[row("billing", SECRET)]))
        .await
        .good();
    assert_eq!(
        answer["rows"][0],
        json!({
            "outcome": "refused",
            "problems": [{ "column": "hash", "message": "This hash can't be taken; give out a new key instead." }],
        })
    );
    let refused = given
        .write(&bob, &import_path(&ada), &wish(false, &[row("billing", SECRET)]))
        .await;
    assert_eq!(refused.code(), "not_found");
}

#[tokio::test]
async fn import_is_bounded_and_for_admins() {
    let given = Given::new().await;
    let ada = given.sign_up("ada").await;
    let many: Vec<Value> = (0..501)
        .map(|at| json!({ "name": "k", "hash": at.to_string() }))
        .collect();
    for rows in [&many[..], &[]] {
        let refused = given.write(&ada, &import_path(&ada), &wish(false, rows)).await;
        assert_eq!(
            (refused.code(), &refused.body["detail"]),
            (
                "invalid_input",
                &json!("1 to 500 rows can be imported with one request.")
            )
        );
    }
    let bob = given.sign_up("bob").await;
    let store = given.store().await;
    let at = domain::clock::Timestamp::from_micros(START);
    let member = make(domain::id::MemberId::make);
    store::testing::add_member(&store, ada.organization, bob.account, member, Role::Editor, at)
        .await
        .unwrap();
    let refused = given
        .write(&bob, &import_path(&ada), &wish(true, &[row("billing", SECRET)]))
        .await;
    assert_eq!(refused.code(), "refused");
}

#[tokio::test]
async fn import_does_not_let_junk_reach_the_database() {
    let given = Given::with(Kind::Sqlite, |_| ()).await.unwrap();
    let ada = given.sign_up("ada").await;
    given
        .write(&ada, &import_path(&ada), &wish(false, &[row("billing", SECRET)]))
        .await
        .good();
    assert_eq!(
        given.verify("sk_live_of-nobody-at-all").await["reason"],
        "malformed"
    );
    // Without the table every question that reaches it fails.
    execute(&given.store().await, "ALTER TABLE secret RENAME TO elsewhere")
        .await
        .unwrap();
    for junk in [
        "sk_live_of-nobody-else-here",
        "x",
        &"y".repeat(10_000),
        mint(domain::key::KeyKind::Team).expose(),
    ] {
        let answer = given.post(path::VERIFY, &json!({ "secret": junk })).await;
        let ours = junk.starts_with("kst_");
        assert_eq!(answer.status.is_success(), !ours, "{junk}");
    }
    given.clock.advance(1);
    let looked = given
        .post(path::VERIFY, &json!({ "secret": "sk_live_of-nobody-else-here" }))
        .await;
    assert_eq!(looked.code(), "internal", "a second later it looks once");
}
