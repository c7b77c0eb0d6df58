//! Keys and the members they are assigned to (K4), and who sees them by it (P12).

use domain::id::{KeyId, MemberId, OperationId};
use domain::key::KeyKind;
use domain::role::Role;
use protocol::path;
use serde_json::{Value, json};

use crate::given::{Answer, Given, Person, make, mint, told_of};
use crate::on_both;

on_both!(
    k4_an_assigned_key_is_seen_used_and_taken_away,
    k4_only_members_are_assigned,
    k4_a_member_who_goes_takes_no_key_along,
    p12_a_page_of_the_feed_holds_nothing_that_is_not_assigned
);

pub(crate) async fn assign(given: &Given, by: &Person, key: KeyId, people: &[MemberId]) -> Answer {
    let version = given.key(by, key).await["version"].as_i64().unwrap();
    let body = json!({ "people": people });
    given
        .edit_as(by, key, &format!("\"{version}\""), make(OperationId::make), &body)
        .await
}

fn names(feed: &Value) -> Vec<&str> {
    let mut names: Vec<&str> = feed["changes"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|change| change["entity"]["type"] == "key")
        .map(|change| change["entity"]["name"].as_str().unwrap())
        .collect();
    names.sort_unstable();
    names
}

async fn rotate(given: &Given, person: &Person, key: KeyId) -> Answer {
    let path = path::fill(path::KEY_ROTATE, &[&person.organization, &key]);
    let body = json!({ "secret": told_of(&mint(KeyKind::Team), key), "overlap_seconds": 0 });
    given.write(person, &path, &body).await
}

async fn k4_an_assigned_key_is_seen_used_and_taken_away(given: &mut Given) {
    let ada = given.sign_up("ada").await;
    let (mine, _) = given.create_key(&ada, "mine").await;
    let (other, _) = given.create_key(&ada, "other").await;
    let (bob, bob_id) = given.member(&ada, Role::Editor).await;
    let (vic, vic_id) = given.member(&ada, Role::Viewer).await;
    let key_path = |key: KeyId| path::fill(path::KEY, &[&ada.organization, &key]);
    assert_eq!(given.get(&bob, &key_path(mine)).await.code(), "not_found");

    let view = assign(given, &ada, mine, &[bob_id, vic_id]).await.good();
    assert_eq!(view["people"].as_array().unwrap().len(), 2);
    let keys = path::fill(path::KEYS, &[&ada.organization]);
    for person in [&bob, &vic] {
        let listed = given.get(person, &keys).await.good();
        assert_eq!(listed["keys"].as_array().unwrap().len(), 1, "{listed}");
        assert_eq!(listed["keys"][0]["name"], "mine");
        given.get(person, &key_path(mine)).await.good();
        let usage = |key: KeyId| path::fill(path::KEY_USAGE, &[&ada.organization, &key]);
        given.get(person, &usage(mine)).await.good();
        // What they don't see is not there, whatever they ask.
        assert_eq!(given.get(person, &key_path(other)).await.code(), "not_found");
        assert_eq!(given.get(person, &usage(other)).await.code(), "not_found");
        assert_eq!(names(&given.changes(person, "").await), ["mine"]);
    }
    // An Editor rotates what is assigned to them, and a Viewer nothing; neither edits.
    rotate(given, &bob, mine).await.good();
    assert_eq!(rotate(given, &bob, other).await.code(), "not_found");
    assert_eq!(rotate(given, &vic, mine).await.code(), "refused");
    assert_eq!(assign(given, &bob, mine, &[]).await.code(), "refused");

    // Taken away, it is gone for them: what they see is read anew.
    let before = given.changes(&bob, "").await["epoch"].as_i64().unwrap();
    assign(given, &ada, mine, &[vic_id]).await.good();
    let after = given.changes(&bob, "").await;
    assert!(after["epoch"].as_i64().unwrap() > before);
    assert_eq!(names(&after), Vec::<&str>::new());
    assert_eq!(given.get(&bob, &key_path(mine)).await.code(), "not_found");
    assert_eq!(names(&given.changes(&vic, "").await), ["mine"]);
    assert_eq!(rotate(given, &bob, mine).await.code(), "not_found");

    // The record names them.
    let store = given.store().await;
    let texts = store::testing::texts(&store, "SELECT json FROM activity WHERE type = 'key_edited'")
        .await
        .unwrap();
    let events: Vec<Value> = texts
        .iter()
        .map(|text| serde_json::from_str(text).unwrap())
        .collect();
    assert_eq!(events[0]["event"]["assigned"].as_array().unwrap().len(), 2);
    assert_eq!(events[1]["event"]["unassigned"][0]["member"], json!(bob_id));
    store.close().await;
}

async fn k4_only_members_are_assigned(given: &mut Given) {
    let ada = given.sign_up("ada").await;
    let (key, _) = given.create_key(&ada, "ci").await;
    let eve = given.sign_up("eve").await;
    let (_, elsewhere) = given.member(&eve, Role::Editor).await;
    let never: MemberId = make(MemberId::make);
    for stranger in [elsewhere, never] {
        let answer = assign(given, &ada, key, &[stranger]).await;
        assert_eq!(answer.code(), "invalid_input");
        assert_eq!(answer.body["field"], "people");
        let sentence = format!("Nobody here has the membership {stranger}; leave it out.");
        assert_eq!(answer.body["detail"], sentence, "the same of both");
    }
    let crowd: Vec<MemberId> = (0..201).map(|_| make(MemberId::make)).collect();
    let answer = assign(given, &ada, key, &crowd).await;
    assert_eq!(
        answer.body["detail"],
        "A key is assigned to at most 200 members, and these are 201."
    );
}

async fn k4_a_member_who_goes_takes_no_key_along(given: &mut Given) {
    let ada = given.sign_up("ada").await;
    let (key, _) = given.create_key(&ada, "ci").await;
    let (_, bob) = given.member(&ada, Role::Editor).await;
    let (cleo, cleo_id) = given.member(&ada, Role::Editor).await;
    assign(given, &ada, key, &[bob, cleo_id]).await.good();
    let head = given.changes(&ada, "").await["head"].as_i64().unwrap();
    let remove = path::fill(path::MEMBER_REMOVE, &[&ada.organization, &bob]);
    given.write(&ada, &remove, &json!({})).await.good();
    let leave = path::fill(path::LEAVE, &[&ada.organization]);
    given.write(&cleo, &leave, &json!({})).await.good();
    let after = given.changes(&ada, &format!("?since={head}")).await;
    assert_eq!(names(&after), ["ci"], "whoever holds a copy hears of it");
    assert_eq!(given.key(&ada, key).await["people"], Value::Null);
}

async fn p12_a_page_of_the_feed_holds_nothing_that_is_not_assigned(given: &mut Given) {
    let ada = given.sign_up("ada").await;
    let (bob, bob_id) = given.member(&ada, Role::Editor).await;
    for number in 0..12 {
        let (key, _) = given.create_key(&ada, &format!("key {number:02}")).await;
        if number % 5 == 0 {
            assign(given, &ada, key, &[bob_id]).await.good();
        }
    }
    // Page by page, however they are cut, and no count tells of what is not seen.
    for limit in 1..5 {
        let (mut since, mut seen, mut left) = (0, Vec::new(), None);
        loop {
            let page = given
                .changes(&bob, &format!("?since={since}&limit={limit}"))
                .await;
            let here = page["changes"].as_array().unwrap().len() as i64;
            let remaining = page["remaining"].as_i64().unwrap();
            if let Some(left) = left {
                assert_eq!(left, here + remaining, "limit {limit}, since {since}");
            }
            left = Some(remaining);
            seen.extend(names(&page).into_iter().map(str::to_owned));
            since = page["next"].as_i64().unwrap();
            if remaining == 0 {
                assert_eq!(page["next"], page["head"]);
                break;
            }
        }
        seen.sort_unstable();
        assert_eq!(seen, ["key 00", "key 05", "key 10"], "limit {limit}");
    }
}
