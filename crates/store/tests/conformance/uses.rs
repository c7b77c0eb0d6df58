//! Uses of secrets: counted exactly, told at most once a minute, never left untold.

use domain::clock::Timestamp;
use domain::id::SecretId;
use protocol::key::SecretView;
use store::assigned::Sees;
use store::secret::{Use, announce, by_hash, record_uses};
use store::testing::number;

use crate::given::{Given, NOW};
use crate::on_both;

on_both!(
    a_secret_is_found_by_its_hash,
    uses_add_up_and_the_latest_stays,
    the_first_use_is_told_at_once_and_the_next_after_a_minute,
    k14_uses_make_no_event,
);

fn used(secret: SecretId, count: i64, at: Timestamp, from: &str) -> Use {
    Use {
        secret,
        count,
        last_at: at,
        last_from: from.to_owned(),
    }
}

async fn view(given: &Given, key: domain::id::KeyId) -> SecretView {
    let key = store::key::find(&mut given.store.direct().await.unwrap(), given.organization, key)
        .await
        .unwrap();
    key.unwrap().secrets.remove(0)
}

async fn a_secret_is_found_by_its_hash(given: Given) {
    let (key, secret) = given.create_key().await;
    let known = by_hash(&mut given.store.direct().await.unwrap(), &secret.hash)
        .await
        .unwrap()
        .unwrap();
    assert_eq!(
        (known.key, known.secret, known.organization),
        (key, secret.id, given.organization)
    );
    let other = crypto::token::SecretHash::of("another");
    assert_eq!(
        by_hash(&mut given.store.direct().await.unwrap(), &other)
            .await
            .unwrap(),
        None
    );
}

async fn uses_add_up_and_the_latest_stays(given: Given) {
    let (key, secret) = given.create_key().await;
    record_uses(
        &given.store,
        &[used(secret.id, 2, NOW.plus_seconds(5), "192.0.2.1")],
        &[],
        NOW,
    )
    .await
    .unwrap();
    // Another node puts down later what happened earlier.
    record_uses(
        &given.store,
        &[used(secret.id, 3, NOW.plus_seconds(1), "192.0.2.2")],
        &[],
        NOW,
    )
    .await
    .unwrap();
    let view = view(&given, key).await;
    assert_eq!(
        (view.use_count, view.last_used_at, view.last_used_from.as_deref()),
        (5, Some(NOW.plus_seconds(5)), Some("192.0.2.1"))
    );
}

async fn the_first_use_is_told_at_once_and_the_next_after_a_minute(given: Given) {
    let (_, secret) = given.create_key().await;
    let head = given.head().await;
    assert_eq!(announce(&given.store, NOW).await.unwrap(), None);
    assert_eq!(given.head().await, head);

    record_uses(&given.store, &[used(secret.id, 1, NOW, "192.0.2.1")], &[], NOW)
        .await
        .unwrap();
    assert_eq!(announce(&given.store, NOW).await.unwrap(), None);
    assert_eq!(given.head().await, head + 1);

    // A second use soon after waits, but is not forgotten.
    let soon = NOW.plus_seconds(10);
    record_uses(&given.store, &[used(secret.id, 1, soon, "192.0.2.1")], &[], soon)
        .await
        .unwrap();
    assert_eq!(
        announce(&given.store, soon).await.unwrap(),
        Some(NOW.plus_seconds(60))
    );
    assert_eq!(given.head().await, head + 1);
    let minute = NOW.plus_seconds(60);
    assert_eq!(announce(&given.store, minute).await.unwrap(), None);
    assert_eq!(given.head().await, head + 2);

    // Much later a use is told at once again.
    let later = NOW.plus_days(1);
    record_uses(
        &given.store,
        &[used(secret.id, 1, later, "192.0.2.1")],
        &[],
        later,
    )
    .await
    .unwrap();
    announce(&given.store, later).await.unwrap();
    assert_eq!(given.head().await, head + 3);
    let sight = store::change::Sight {
        keys: Sees::All,
        invitations: true,
        money: true,
    };
    let mut read = given.store.read().await.unwrap();
    let page = store::change::page(&mut read, given.scope(), head, 10, sight)
        .await
        .unwrap();
    assert_eq!((page.changes.len(), page.changes[0].sequence), (1, head + 3));
}

async fn k14_uses_make_no_event(given: Given) {
    let (_, secret) = given.create_key().await;
    let events = number(&given.store, "SELECT COUNT(*) FROM activity")
        .await
        .unwrap();
    record_uses(&given.store, &[used(secret.id, 1, NOW, "192.0.2.1")], &[], NOW)
        .await
        .unwrap();
    announce(&given.store, NOW).await.unwrap();
    assert_eq!(
        number(&given.store, "SELECT COUNT(*) FROM activity")
            .await
            .unwrap(),
        events
    );
    let chain = store::activity::verify_chain(&mut given.store.read().await.unwrap(), given.scope())
        .await
        .unwrap();
    assert!(chain.is_ok());
}
