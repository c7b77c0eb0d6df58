//! Keys: made (K3), read, revoked (K9), and fed to replicas (O3).

use domain::id::{KeyId, OperationId};
use domain::key::KeyKind;
use protocol::path;
use reqwest::StatusCode;
use serde_json::{Value, json};

use crate::given::{Given, create_body, make, mint};
use crate::on_both;

on_both!(
    k3_a_key_is_made_from_the_hash_of_its_secret,
    k3_what_does_not_fit_is_refused_with_its_field,
    k3_an_id_or_hash_that_exists_anywhere_is_a_conflict,
    k4_a_key_is_edited_over_the_version_its_author_saw,
    k4_an_edit_is_asked_twice_and_done_once,
    k4_what_can_t_be_edited_says_why,
    k9_revoked_secret_is_refused_at_once,
    k9_a_key_is_revoked_once,
    p12_another_organization_is_not_there,
    keys_come_in_pages,
    o3_the_feed_tells_each_key_once,
);

async fn k3_a_key_is_made_from_the_hash_of_its_secret(given: &mut Given) {
    let ada = given.sign_up("ada").await;
    let (id, token) = (make(KeyId::make), mint(KeyKind::Team));
    let mut body = create_body("  ci-deploy ", &token, id);
    body["description"] = json!("two\nlines");
    body["expires_at"] = json!("2026-03-13T00:00:00Z");
    let made = given
        .write(&ada, &path::fill(path::KEYS, &[&ada.organization]), &body)
        .await;
    assert_eq!(made.status, StatusCode::CREATED);
    let made = made.good();
    assert_eq!(
        made,
        json!({
            "id": id, "kind": "team", "free": false, "name": "ci-deploy", "description": "two\nlines", "version": 1,
            "created_at": "2026-03-12T10:42:07Z", "created_by": ada.account, "expires_at": "2026-03-13T00:00:00Z",
            "revoked_at": null, "revoked_by": null,
            "secrets": [{
                "id": body["secret"]["id"], "hash": token.hash(), "prefix": "kst_team_",
                "last_four": token.last_four(), "created_at": "2026-03-12T10:42:07Z",
                "last_used_at": null, "last_used_from": null, "use_count": 0,
            }],
        })
    );
    assert_eq!(given.key(&ada, id).await, made);
    assert_eq!(given.verify(token.expose()).await["valid"], true);
    given.clock.advance(86_400);
    assert_eq!(
        given.verify(token.expose()).await,
        json!({ "valid": false, "reason": "expired" })
    );
}

async fn k3_what_does_not_fit_is_refused_with_its_field(given: &mut Given) {
    let ada = given.sign_up("ada").await;
    let path = path::fill(path::KEYS, &[&ada.organization]);
    type Spoil = fn(&mut Value);
    let cases: [(&str, Spoil, &str, &str); 7] = [
        (
            "kind",
            |body| body["kind"] = json!("project"),
            "kind",
            "Team keys, service keys and personal tokens can be made now, project keys can't.",
        ),
        (
            "empty name",
            |body| body["name"] = json!(" "),
            "name",
            "The key's name is empty; write something.",
        ),
        (
            "prefix",
            |body| body["secret"]["prefix"] = json!("kst_svc_"),
            "secret.prefix",
            "A secret of a team key begins with kst_team_.",
        ),
        (
            "last four",
            |body| body["secret"]["last_four"] = json!("ab-d"),
            "secret.last_four",
            "The last four characters of a secret are of 0-9, A-Z and a-z.",
        ),
        (
            "past expiry",
            |body| body["expires_at"] = json!("2026-03-12T10:42:07Z"),
            "expires_at",
            "The expiry lies in the past; choose a later time, or none.",
        ),
        (
            "far expiry",
            |body| body["expires_at"] = json!("2036-04-01T00:00:00Z"),
            "expires_at",
            "The expiry is more than ten years away; choose an earlier time, or none.",
        ),
        (
            "key id",
            |body| body["secret"]["key_id"] = json!("sec_0198f3c25d3c7a1e8b4f6d2a9c0e5b71"),
            "secret.key_id",
            "“sec_0198f3c25d3c7a1e8b4f6d2a9c0e5b71” is not an id of the form key_… with 32 hexadecimal digits.",
        ),
    ];
    for (what, spoil, field, detail) in cases {
        let mut body = create_body("ci", &mint(KeyKind::Team), make(KeyId::make));
        spoil(&mut body);
        let refused = given.write(&ada, &path, &body).await;
        assert_eq!(
            (refused.code(), &refused.body["field"], &refused.body["detail"]),
            ("invalid_input", &json!(field), &json!(detail)),
            "{what}"
        );
    }
    assert_eq!(given.changes(&ada, "").await["head"], 4, "nothing was written");
}

async fn k3_an_id_or_hash_that_exists_anywhere_is_a_conflict(given: &mut Given) {
    let ada = given.sign_up("ada").await;
    let bob = given.sign_up("bob").await;
    let (id, token) = (make(KeyId::make), mint(KeyKind::Team));
    let body = create_body("ci", &token, id);
    given
        .write(&ada, &path::fill(path::KEYS, &[&ada.organization]), &body)
        .await
        .good();
    let other = || mint(KeyKind::Team);
    let mut same_secret = create_body("ci", &other(), make(KeyId::make));
    same_secret["secret"]["id"] = body["secret"]["id"].clone();
    let sames = [
        create_body("ci", &other(), id),
        create_body("ci", &token, make(KeyId::make)),
        same_secret,
    ];
    let mut details = Vec::new();
    for person in [&ada, &bob] {
        for same in &sames {
            let refused = given
                .write(person, &path::fill(path::KEYS, &[&person.organization]), same)
                .await;
            assert_eq!(
                (refused.code(), refused.status),
                ("conflict", StatusCode::CONFLICT)
            );
            details.push(refused.body["detail"].clone());
        }
    }
    details.dedup();
    assert_eq!(details.len(), 1, "nothing is told of whose it is");
    assert_eq!(given.changes(&bob, "").await["head"], 4);
}

async fn k4_a_key_is_edited_over_the_version_its_author_saw(given: &mut Given) {
    let ada = given.sign_up("ada").await;
    let (id, token) = given.create_key(&ada, "ci").await;
    let edited = given
        .edit_as(
            &ada,
            id,
            "\"1\"",
            make(OperationId::make),
            &json!({ "name": "ci-deploy" }),
        )
        .await
        .good();
    assert_eq!(
        (&edited["name"], &edited["description"], &edited["version"]),
        (&json!("ci-deploy"), &json!(""), &json!(2))
    );
    assert_eq!(given.verify(token.expose()).await["key"]["name"], "ci-deploy");
    let page = given.changes(&ada, "").await;
    assert_eq!(
        (&page["head"], &page["changes"][4]["entity"]["name"]),
        (&json!(6), &json!("ci-deploy"))
    );

    // Somebody else saw version 1 and knows nothing of this.
    let stale = given
        .edit_as(
            &ada,
            id,
            "\"1\"",
            make(OperationId::make),
            &json!({ "description": "x" }),
        )
        .await;
    assert_eq!(
        (stale.code(), stale.status, &stale.body["field"]),
        (
            "precondition_failed",
            StatusCode::PRECONDITION_FAILED,
            &json!("if-match")
        )
    );
    assert_eq!(given.key(&ada, id).await, edited, "nothing was done");
    assert_eq!(given.changes(&ada, "").await["head"], 6);
}

async fn k4_an_edit_is_asked_twice_and_done_once(given: &mut Given) {
    let ada = given.sign_up("ada").await;
    let (id, _) = given.create_key(&ada, "ci").await;
    let (operation, body) = (make(OperationId::make), json!({ "name": "uno" }));
    let first = given.edit_as(&ada, id, "\"1\"", operation, &body).await;
    given
        .edit_as(
            &ada,
            id,
            "\"2\"",
            make(OperationId::make),
            &json!({ "name": "due" }),
        )
        .await
        .good();
    let again = given.edit_as(&ada, id, "\"1\"", operation, &body).await;
    assert_eq!((again.status, &again.body), (first.status, &first.body));
    assert_eq!(
        given.key(&ada, id).await["name"],
        "due",
        "asking again does nothing"
    );
    let other = given.edit_as(&ada, id, "\"3\"", operation, &body).await;
    assert_eq!(
        other.code(),
        "operation_reused",
        "over another version it is another question"
    );
}

async fn k4_what_can_t_be_edited_says_why(given: &mut Given) {
    let ada = given.sign_up("ada").await;
    let (id, _) = given.create_key(&ada, "ci").await;
    let name = json!({ "name": "uno" });
    for (version, body, code, field) in [
        ("1", &name, "invalid_input", json!("if-match")),
        ("\"one\"", &name, "invalid_input", json!("if-match")),
        ("\"1\"", &json!({}), "invalid_input", json!("name")),
        ("\"1\"", &json!({ "name": " " }), "invalid_input", json!("name")),
        (
            "\"1\"",
            &json!({ "expires_at": null }),
            "invalid_input",
            json!("expires_at"),
        ),
    ] {
        let refused = given
            .edit_as(&ada, id, version, make(OperationId::make), body)
            .await;
        assert_eq!(
            (refused.code(), &refused.body["field"]),
            (code, &field),
            "{version} {body}"
        );
    }
    let missing = given
        .edit_as(&ada, make(KeyId::make), "\"1\"", make(OperationId::make), &name)
        .await;
    assert_eq!(missing.code(), "not_found");
    given.revoke(&ada, id).await.good();
    let revoked = given
        .edit_as(&ada, id, "\"2\"", make(OperationId::make), &name)
        .await;
    assert_eq!(
        (revoked.code(), &revoked.body["detail"]),
        ("refused", &json!("This key is revoked; it stays as it was."))
    );
    // The free key's name is its owner's to choose; only its services and its end are not.
    let free = given
        .edit_as(
            &ada,
            ada.free_key,
            "\"1\"",
            make(OperationId::make),
            &json!({ "name": "Gratis" }),
        )
        .await
        .good();
    assert_eq!(free["name"], "Gratis");
}

async fn k9_revoked_secret_is_refused_at_once(given: &mut Given) {
    let ada = given.sign_up("ada").await;
    let (id, token) = given.create_key(&ada, "ci").await;
    assert_eq!(given.verify(token.expose()).await["valid"], true);
    given.clock.advance(60);
    let revoked = given.revoke(&ada, id).await;
    assert_eq!(revoked.status, StatusCode::OK);
    let revoked = revoked.good();
    assert_eq!(
        (
            &revoked["revoked_at"],
            &revoked["revoked_by"],
            &revoked["version"]
        ),
        (&json!("2026-03-12T10:43:07Z"), &json!(ada.account), &json!(2))
    );
    assert_eq!(
        given.verify(token.expose()).await,
        json!({ "valid": false, "reason": "revoked" })
    );
    // Revoked outlives the restart, and the expiry.
    given.stop().await;
    given.start().await;
    assert_eq!(
        given.verify(token.expose()).await,
        json!({ "valid": false, "reason": "revoked" })
    );
}

async fn k9_a_key_is_revoked_once(given: &mut Given) {
    let ada = given.sign_up("ada").await;
    let (id, _) = given.create_key(&ada, "ci").await;
    given.revoke(&ada, id).await.good();
    let head = given.changes(&ada, "").await["head"].clone();
    let again = given.revoke(&ada, id).await;
    assert_eq!(
        (again.code(), &again.body["detail"]),
        ("refused", &json!("This key is already revoked."))
    );
    assert_eq!(given.changes(&ada, "").await["head"], head);
}

async fn p12_another_organization_is_not_there(given: &mut Given) {
    let ada = given.sign_up("ada").await;
    let bob = given.sign_up("bob").await;
    let (adas, _) = given.create_key(&ada, "ci").await;
    let nowhere = make(domain::id::OrganizationId::make);
    let no_key = make(KeyId::make);
    let plain = |mut body: Value| {
        body["request_id"] = json!(null);
        body
    };
    let paths = |organization: &dyn std::fmt::Display, key: &dyn std::fmt::Display| {
        [
            path::fill(path::KEYS, &[organization]),
            path::fill(path::CHANGES, &[organization]),
            path::fill(path::KEY, &[organization, key]),
        ]
    };
    for (foreign, missing) in paths(&ada.organization, &adas)
        .into_iter()
        .zip(paths(&nowhere, &no_key))
    {
        let (foreign, missing) = (given.get(&bob, &foreign).await, given.get(&bob, &missing).await);
        assert_eq!(foreign.code(), "not_found");
        assert_eq!(
            (foreign.status, plain(foreign.body)),
            (missing.status, plain(missing.body))
        );
    }
    // A key of another organization, asked for in one's own.
    let foreign = given
        .get(&bob, &path::fill(path::KEY, &[&bob.organization, &adas]))
        .await;
    let missing = given
        .get(&bob, &path::fill(path::KEY, &[&bob.organization, &no_key]))
        .await;
    assert_eq!(plain(foreign.body), plain(missing.body));
    for (organization, key) in [
        (ada.organization, adas),
        (bob.organization, adas),
        (nowhere, adas),
    ] {
        let refused = given
            .write(
                &bob,
                &path::fill(path::KEY_REVOKE, &[&organization, &key]),
                &json!({}),
            )
            .await;
        assert_eq!(refused.code(), "not_found");
    }
    let body = create_body("ci", &mint(KeyKind::Team), make(KeyId::make));
    assert_eq!(
        given
            .write(&bob, &path::fill(path::KEYS, &[&ada.organization]), &body)
            .await
            .code(),
        "not_found"
    );
    assert_eq!(given.key(&ada, adas).await["revoked_at"], Value::Null);
}

async fn keys_come_in_pages(given: &mut Given) {
    let ada = given.sign_up("ada").await;
    let mut made = vec![ada.free_key];
    for at in 0..6 {
        made.push(given.create_key(&ada, &format!("key {at}")).await.0);
    }
    made.sort();
    let path = path::fill(path::KEYS, &[&ada.organization]);
    let mut seen: Vec<KeyId> = Vec::new();
    let mut after = String::new();
    loop {
        let page = given.get(&ada, &format!("{path}?limit=3{after}")).await.good();
        let keys = page["keys"].as_array().unwrap();
        assert!(keys.len() <= 3);
        seen.extend(
            keys.iter()
                .map(|key| key["id"].as_str().unwrap().parse::<KeyId>().unwrap()),
        );
        let Some(next) = page["next"].as_str() else { break };
        after = format!("&after={next}");
    }
    assert_eq!(seen, made);
    let exact = given.get(&ada, &format!("{path}?limit=7")).await.good();
    assert_eq!(
        (exact["keys"].as_array().unwrap().len(), exact.get("next")),
        (7, None)
    );
}

async fn o3_the_feed_tells_each_key_once(given: &mut Given) {
    let ada = given.sign_up("ada").await;
    let (first, _) = given.create_key(&ada, "first").await;
    let (second, _) = given.create_key(&ada, "second").await;
    given.revoke(&ada, first).await.good();
    let page = given.changes(&ada, "?since=0&limit=1000").await;
    let told: Vec<(i64, &str)> = page["changes"]
        .as_array()
        .unwrap()
        .iter()
        .map(|change| {
            (
                change["sequence"].as_i64().unwrap(),
                change["entity"]["type"].as_str().unwrap(),
            )
        })
        .collect();
    assert_eq!(
        told,
        [
            (1, "organization"),
            (2, "member"),
            (3, "key"),
            (4, "wallet"),
            (6, "key"),
            (7, "key")
        ]
    );
    assert_eq!(
        (&page["next"], &page["head"], &page["remaining"], &page["epoch"]),
        (&json!(7), &json!(7), &json!(0), &json!(1))
    );
    assert_eq!(page["changes"][4]["entity"]["id"], json!(second));
    assert_eq!(page["changes"][5]["entity"]["id"], json!(first));
    let rest = given.changes(&ada, "?since=4&limit=1").await;
    assert_eq!(
        (&rest["next"], &rest["remaining"], &rest["changes"][0]["sequence"]),
        (&json!(6), &json!(1), &json!(6))
    );
}
