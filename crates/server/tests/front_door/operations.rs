//! Asking twice does it once (case 4 of the ones easily got wrong).

use domain::id::{KeyId, OperationId};
use domain::key::KeyKind;
use protocol::path;
use reqwest::Method;
use serde_json::json;

use crate::given::{Given, answer, create_body, make, mint};
use crate::on_both;

on_both!(
    a_lost_answer_is_given_again,
    an_operation_with_another_body_is_refused,
    twins_make_one_key,
    a_refused_write_can_be_tried_again,
);

async fn a_lost_answer_is_given_again(given: &mut Given) {
    let ada = given.sign_up("ada").await;
    let path = path::fill(path::KEYS, &[&ada.organization]);
    let (operation, id, token) = (make(OperationId::make), make(KeyId::make), mint(KeyKind::Team));
    let body = create_body("ci", &token, id);
    let first = given.write_as(&ada, &path, operation, &body).await;
    assert!(!first.headers.contains_key("idempotency-replayed"));
    given.revoke(&ada, id).await.good();
    let head = given.changes(&ada, "").await["head"].clone();

    // Also after a restart, and though the key has changed since.
    given.stop().await;
    given.start().await;
    let again = given.write_as(&ada, &path, operation, &body).await;
    assert_eq!(again.headers["idempotency-replayed"], "true");
    assert_eq!((first.status, &first.text), (again.status, &again.text));
    assert_eq!(given.changes(&ada, "").await["head"], head);

    let operation = make(OperationId::make);
    let (other, _) = given.create_key(&ada, "other").await;
    let path = path::fill(path::KEY_REVOKE, &[&ada.organization, &other]);
    let first = given.write_as(&ada, &path, operation, &json!({})).await;
    let again = given.write_as(&ada, &path, operation, &json!({})).await;
    assert_eq!((first.status, first.good()), (again.status, again.good()));
}

async fn an_operation_with_another_body_is_refused(given: &mut Given) {
    let ada = given.sign_up("ada").await;
    let path = path::fill(path::KEYS, &[&ada.organization]);
    let (operation, id) = (make(OperationId::make), make(KeyId::make));
    given
        .write_as(
            &ada,
            &path,
            operation,
            &create_body("ci", &mint(KeyKind::Team), id),
        )
        .await
        .good();
    let other = create_body("cd", &mint(KeyKind::Team), make(KeyId::make));
    let refused = given.write_as(&ada, &path, operation, &other).await;
    assert_eq!(
        (refused.code(), refused.status.as_u16()),
        ("operation_reused", 409)
    );
    assert_eq!(refused.body["field"], "idempotency-key");
    // Another path is another request too.
    let path = path::fill(path::KEY_REVOKE, &[&ada.organization, &id]);
    assert_eq!(
        given.write_as(&ada, &path, operation, &json!({})).await.code(),
        "operation_reused"
    );
    assert_eq!(given.key(&ada, id).await["revoked_at"], json!(null));
}

async fn twins_make_one_key(given: &mut Given) {
    let ada = given.sign_up("ada").await;
    let path = path::fill(path::KEYS, &[&ada.organization]);
    for round in 0..3 {
        let operation = make(OperationId::make);
        let body = create_body("ci", &mint(KeyKind::Team), make(KeyId::make));
        let twins = (0..8).map(|_| given.write_as(&ada, &path, operation, &body));
        let answers = futures::future::join_all(twins).await;
        assert!(
            answers
                .iter()
                .all(|answer| answer.status.as_u16() == 201 && answer.text == answers[0].text)
        );
        let replayed = answers
            .iter()
            .filter(|answer| answer.headers.contains_key("idempotency-replayed"))
            .count();
        assert_eq!(replayed, 7);
        assert_eq!(given.changes(&ada, "").await["head"], 5 + round);
    }
}

async fn a_refused_write_can_be_tried_again(given: &mut Given) {
    let ada = given.sign_up("ada").await;
    let path = path::fill(path::KEYS, &[&ada.organization]);
    let operation = make(OperationId::make);
    let mut body = create_body("ci", &mint(KeyKind::Team), make(KeyId::make));
    body["kind"] = json!("personal");
    assert_eq!(
        given.write_as(&ada, &path, operation, &body).await.code(),
        "invalid_input"
    );
    body["kind"] = json!("team");
    given.write_as(&ada, &path, operation, &body).await.good();
}

#[tokio::test]
async fn a_write_without_an_operation_is_refused() {
    let given = Given::new().await;
    let ada = given.sign_up("ada").await;
    let path = path::fill(path::KEYS, &[&ada.organization]);
    let body = create_body("ci", &mint(KeyKind::Team), make(KeyId::make));
    let request = given
        .request(Method::POST, &path, ada.token.as_deref())
        .json(&body);
    let refused = answer(request.try_clone().unwrap()).await;
    assert_eq!(
        (refused.code(), &refused.body["field"]),
        ("invalid_input", &json!("idempotency-key"))
    );
    assert_eq!(
        refused.body["detail"],
        "A write needs the header idempotency-key with an id of its own (opn_…), so that asking again does not do it \
         twice."
    );
    let refused = answer(request.header("idempotency-key", "again")).await;
    assert_eq!(
        refused.body["detail"],
        "The header idempotency-key is opn_ and 32 hexadecimal digits."
    );
}
