//! The document: complete, and of the very routes that answer.

use std::collections::BTreeSet;

use protocol::path;
use reqwest::Method;
use serde_json::Value;

use crate::given::{Given, answer};

fn document() -> Value {
    serde_json::from_str(&server::openapi().unwrap()).unwrap()
}

#[test]
fn every_operation_is_described_whole() {
    let document = document();
    assert_eq!(
        (&document["openapi"], &document["info"]["title"]),
        (&"3.1.0".into(), &"Keystead".into())
    );
    let mut names = BTreeSet::new();
    let mut routes: Vec<(String, String)> = Vec::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            let place = format!("{method} {path}");
            let name = operation["operationId"].as_str().unwrap();
            assert!(names.insert(name.to_owned()), "{name} stands twice");
            assert!(
                operation["summary"].as_str().is_some_and(|text| !text.is_empty()),
                "{place}"
            );
            assert!(
                operation["security"].is_array() && operation["tags"].is_array(),
                "{place}"
            );
            let answers = operation["responses"].as_object().unwrap();
            assert!(answers.keys().any(|status| status.starts_with('2')), "{place}");
            assert!(
                answers.contains_key("500") && answers.contains_key("503"),
                "{place}"
            );
            for (status, answer) in answers {
                // A page for browsers says in HTML that it is not there.
                let page = path == path::INVITATION_PAGE && status == "404";
                // Where a wallet can't pay, the answer is the usual one.
                let dry = path == path::VERIFY && status == "402";
                if status.starts_with(['4', '5']) && !page && !dry {
                    let schema = &answer["content"]["application/problem+json"]["schema"]["$ref"];
                    assert_eq!(schema, "#/components/schemas/Problem", "{place} {status}");
                }
            }
            let signed_in = operation["security"]
                .as_array()
                .unwrap()
                .iter()
                .any(|need| need.get("session").is_some());
            assert_eq!(
                signed_in || path == path::SESSIONS || (path == path::VERIFY && method == "get"),
                answers.contains_key("401"),
                "{place}"
            );
            // What only looks is no write, and can be asked again.
            let writes = method == "post" && path != path::TOKEN_POLICY_PREVIEW && path != path::ISSUERS_LOOK;
            if writes && path.contains('{') {
                let parameters = operation["parameters"].as_array().unwrap();
                assert!(
                    parameters
                        .iter()
                        .any(|parameter| parameter["name"] == "idempotency-key"),
                    "{place}"
                );
            }
            routes.push((method.to_uppercase(), path.clone()));
        }
    }
    let mut declared: Vec<(String, String)> = server::routes()
        .into_iter()
        .map(|route| (route.method.to_owned(), route.path))
        .collect();
    routes.sort();
    declared.sort();
    assert_eq!(routes, declared);
}

#[test]
fn every_reference_leads_somewhere() {
    let document = document();
    let mut open = vec![&document];
    while let Some(value) = open.pop() {
        match value {
            Value::Object(fields) => {
                if let Some(reference) = fields.get("$ref").and_then(Value::as_str) {
                    let pointer = reference.strip_prefix('#').unwrap();
                    assert!(document.pointer(pointer).is_some(), "{reference} leads nowhere");
                }
                open.extend(fields.values());
            }
            Value::Array(items) => open.extend(items),
            _ => {}
        }
    }
}

#[tokio::test]
async fn the_server_gives_its_own_document() {
    let given = Given::new().await;
    let answer = answer(given.request(Method::GET, path::OPENAPI, None)).await;
    assert_eq!(answer.headers["content-type"], "application/json");
    assert_eq!(answer.text, server::openapi().unwrap());
}
