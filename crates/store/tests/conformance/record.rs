//! The record: no write without it, no gap in it, no change to it that is not noticed.

use domain::activity::{Event, Scope};
use domain::id::{KeyId, OrganizationId};
use protocol::change::EntityRef;
use store::StoreError;
use store::activity::{self, Broken};
use store::assigned::Sees;
use store::operation::{self, Operation};
use store::testing::{execute, number};

use crate::given::{
    Given, NOW, create_key, created, insert_key, make, operation_id, record, secret_of, sign_up,
};
use crate::on_both;

on_both!(
    the_chain_of_a_scope_holds,
    a_changed_event_is_noticed,
    a_removed_event_is_noticed,
    the_newest_event_removed_is_noticed,
    columns_that_disagree_with_the_text_are_noticed,
    what_is_rolled_back_was_never_there,
    a_write_without_its_record_is_refused,
    concurrent_writers_take_every_number_once,
    a_writer_that_is_cut_off_leaves_nothing_half,
    an_operation_is_answered_again,
    k2_the_free_key_is_exactly_one,
    k2_the_database_itself_keeps_the_free_key,
    an_id_or_hash_that_exists_is_taken,
    there_is_one_owner,
    an_organization_that_does_not_exist_can_not_be_written,
);

async fn verify(given: &Given) -> Result<activity::Chain, Broken> {
    activity::verify_chain(&mut given.store.read().await.unwrap(), given.scope())
        .await
        .unwrap()
}

async fn the_chain_of_a_scope_holds(given: Given) {
    given.create_key().await;
    given.create_key().await;
    let chain = verify(&given).await.unwrap();
    assert_eq!((chain.events, chain.newest), (3, Some(NOW)));
    let account = Scope::Account(given.ada);
    let of_account = activity::verify_chain(&mut given.store.read().await.unwrap(), account)
        .await
        .unwrap();
    assert_eq!(of_account.unwrap().events, 1);

    let events = activity::list(&mut given.store.read().await.unwrap(), given.scope(), 0, 10)
        .await
        .unwrap();
    let numbers: Vec<i64> = events.iter().map(|event| event.sequence).collect();
    // Founding told of three entities, so it took three numbers.
    assert_eq!(numbers, [1, 4, 5]);
    assert!(matches!(events[0].event, Event::OrganizationCreated { .. }));

    let mut scopes = activity::scopes(&mut given.store.direct().await.unwrap(), None, 10)
        .await
        .unwrap();
    scopes.sort_by_key(|scope| matches!(scope, Scope::Account(_)));
    assert_eq!(scopes, [given.scope(), account]);
}

async fn a_changed_event_is_noticed(given: Given) {
    given.create_key().await;
    given.create_key().await;
    execute(
        &given.store,
        "UPDATE activity SET json = replace(json, '\"name\":\"ci\"', '\"name\":\"cd\"') WHERE sequence = 4",
    )
    .await
    .unwrap();
    assert_eq!(verify(&given).await, Err(Broken::Altered { sequence: 4 }));
}

async fn a_removed_event_is_noticed(given: Given) {
    given.create_key().await;
    given.create_key().await;
    assert_eq!(
        execute(&given.store, "DELETE FROM activity WHERE sequence = 4")
            .await
            .unwrap(),
        1
    );
    assert_eq!(verify(&given).await, Err(Broken::Altered { sequence: 5 }));
}

async fn the_newest_event_removed_is_noticed(given: Given) {
    given.create_key().await;
    assert_eq!(
        execute(&given.store, "DELETE FROM activity WHERE sequence = 4")
            .await
            .unwrap(),
        1
    );
    assert_eq!(verify(&given).await, Err(Broken::End));
}

async fn columns_that_disagree_with_the_text_are_noticed(given: Given) {
    given.create_key().await;
    execute(
        &given.store,
        "UPDATE activity SET actor = 'server' WHERE sequence = 4",
    )
    .await
    .unwrap();
    assert_eq!(verify(&given).await, Err(Broken::Columns { sequence: 4 }));
}

async fn what_is_rolled_back_was_never_there(given: Given) {
    let before = (
        given.head().await,
        number(&given.store, "SELECT COUNT(*) FROM activity")
            .await
            .unwrap(),
    );
    let id = make(KeyId::make);
    let mut write = given.write().await;
    insert_key(&mut write, given.organization, given.ada, false, &secret_of(id))
        .await
        .unwrap();
    drop(write);
    let after = (
        given.head().await,
        number(&given.store, "SELECT COUNT(*) FROM activity")
            .await
            .unwrap(),
    );
    assert_eq!(before, after);
    let found = store::key::find(&mut given.store.direct().await.unwrap(), given.organization, id)
        .await
        .unwrap();
    assert_eq!(found, None);
    assert_eq!(
        number(&given.store, "SELECT COUNT(*) FROM change").await.unwrap(),
        5
    );
    // The number it had taken is free again.
    given.create_key().await;
    assert_eq!(given.head().await, before.0 + 1);
}

async fn a_write_without_its_record_is_refused(given: Given) {
    let id = make(KeyId::make);
    let refused =
        |done: Result<(), StoreError>| assert!(matches!(done, Err(StoreError::Unrecorded)), "{done:?}");
    let start = async || {
        let mut write = given.write().await;
        insert_key(&mut write, given.organization, given.ada, false, &secret_of(id))
            .await
            .unwrap();
        write
    };
    // No event at all.
    refused(start().await.commit([]).await);
    // An event without a change.
    let event = || created(id, secret_of(id).id);
    refused(
        start()
            .await
            .commit([record(given.scope(), given.ada, event(), vec![])])
            .await,
    );
    // Two events in one scope.
    let twice = || record(given.scope(), given.ada, event(), vec![EntityRef::Key(id)]);
    refused(start().await.commit([twice(), twice()]).await);
    // An event in a scope that was not written to.
    let elsewhere = record(Scope::Account(given.ada), given.ada, event(), vec![]);
    refused(start().await.commit([twice(), elsewhere]).await);
    // A change that is not of the scope's feed.
    let mut write = given
        .store
        .write(Scope::Account(given.ada), NOW)
        .await
        .unwrap()
        .unwrap();
    store::session::end(&mut write, make(domain::id::SessionId::make))
        .await
        .unwrap();
    refused(
        write
            .commit([record(
                Scope::Account(given.ada),
                given.ada,
                event(),
                vec![EntityRef::Key(id)],
            )])
            .await,
    );

    assert_eq!(
        number(&given.store, "SELECT COUNT(*) FROM activity")
            .await
            .unwrap(),
        2
    );
    let found = store::key::find(&mut given.store.direct().await.unwrap(), given.organization, id)
        .await
        .unwrap();
    assert_eq!(found, None);
}

async fn concurrent_writers_take_every_number_once(given: Given) {
    let before = given.head().await;
    let writers = (0..24).map(|_| {
        let (store, organization, ada) = (given.store.clone(), given.organization, given.ada);
        tokio::spawn(async move {
            create_key(&store, organization, ada).await;
        })
    });
    // A reader beside them never sees a number before every smaller one.
    let reading = {
        let (store, organization) = (given.store.clone(), given.organization);
        tokio::spawn(async move {
            loop {
                let mut read = store.read().await.unwrap();
                let sight = store::change::Sight {
                    keys: Sees::All,
                    invitations: true,
                    money: true,
                };
                let page = store::change::page(&mut read, Scope::Organization(organization), 0, 1_000, sight)
                    .await
                    .unwrap();
                let numbers: Vec<i64> = page.changes.iter().map(|change| change.sequence).collect();
                let all: Vec<i64> = (1..=page.head).collect();
                assert_eq!(numbers, all);
                if page.head == 27 {
                    break;
                }
                tokio::task::yield_now().await;
            }
        })
    };
    for writer in writers.collect::<Vec<_>>() {
        writer.await.unwrap();
    }
    reading.await.unwrap();
    assert_eq!(given.head().await, before + 24);
    let events = activity::list(&mut given.store.read().await.unwrap(), given.scope(), before, 100)
        .await
        .unwrap();
    let numbers: Vec<i64> = events.iter().map(|event| event.sequence).collect();
    assert_eq!(numbers, (before + 1..=before + 24).collect::<Vec<_>>());
    assert_eq!(verify(&given).await.unwrap().events, 25);
}

async fn a_writer_that_is_cut_off_leaves_nothing_half(given: Given) {
    for yields in 0..60 {
        let (store, organization, ada) = (given.store.clone(), given.organization, given.ada);
        let writer = tokio::spawn(async move { create_key(&store, organization, ada).await });
        for _ in 0..yields {
            tokio::task::yield_now().await;
        }
        writer.abort();
        // It may have come to its end before.
        let _ = writer.await;
    }
    // Nobody holds anything, and what was committed was committed whole.
    given.create_key().await;
    let head = given.head().await;
    let events = number(&given.store, "SELECT COUNT(*) FROM activity")
        .await
        .unwrap();
    let keys = number(&given.store, "SELECT COUNT(*) FROM key").await.unwrap();
    let changes = number(&given.store, "SELECT COUNT(*) FROM change").await.unwrap();
    let secrets = number(&given.store, "SELECT COUNT(*) FROM secret").await.unwrap();
    assert_eq!(
        (events, changes, secrets, head),
        (keys + 1, keys + 4, keys, keys + 2)
    );
    assert!(verify(&given).await.is_ok());
}

async fn an_operation_is_answered_again(given: Given) {
    let id = operation_id();
    let done = Operation {
        request_hash: [7; 32],
        status: 201,
        answer: "{\"id\":1}".to_owned(),
    };
    let key = make(KeyId::make);
    let mut write = given.write().await;
    insert_key(&mut write, given.organization, given.ada, false, &secret_of(key))
        .await
        .unwrap();
    operation::insert(&mut write, given.ada, id, &done).await.unwrap();
    let event = created(key, secret_of(key).id);
    write
        .commit([record(given.scope(), given.ada, event, vec![EntityRef::Key(key)])])
        .await
        .unwrap();

    let mut write = given.write().await;
    assert_eq!(
        operation::find(&mut write, given.ada, id).await.unwrap(),
        Some(done.clone())
    );
    let again = operation::insert(&mut write, given.ada, id, &done).await;
    assert!(matches!(again, Err(StoreError::Taken)), "{again:?}");
    drop(write);

    // Another account's operation of the same id is another operation.
    let (bob, _, _) = sign_up(&given.store, "bob").await;
    assert_eq!(
        operation::find(&mut given.store.direct().await.unwrap(), bob, id)
            .await
            .unwrap(),
        None
    );

    // Kept thirty days, not longer.
    assert_eq!(
        operation::remove_old(&given.store, NOW.plus_days(30))
            .await
            .unwrap(),
        0
    );
    assert_eq!(
        operation::remove_old(&given.store, NOW.plus_days(30).plus_seconds(1))
            .await
            .unwrap(),
        1
    );
}

async fn k2_the_free_key_is_exactly_one(given: Given) {
    let mut write = given.write().await;
    let second = insert_key(
        &mut write,
        given.organization,
        given.ada,
        true,
        &secret_of(make(KeyId::make)),
    )
    .await;
    assert!(matches!(second, Err(StoreError::Taken)), "{second:?}");
    drop(write);
    assert_eq!(
        number(&given.store, "SELECT COUNT(*) FROM key WHERE free")
            .await
            .unwrap(),
        1
    );
    // Another organization has its own.
    sign_up(&given.store, "bob").await;
    assert_eq!(
        number(&given.store, "SELECT COUNT(*) FROM key WHERE free")
            .await
            .unwrap(),
        2
    );
}

async fn k2_the_database_itself_keeps_the_free_key(given: Given) {
    let mut write = given.write().await;
    let done = store::key::revoke(&mut write, given.organization, given.free_key, given.ada).await;
    assert!(matches!(done, Err(StoreError::Database(_))), "{done:?}");
}

async fn an_id_or_hash_that_exists_is_taken(given: Given) {
    let (key, secret) = given.create_key().await;
    let (bob, organization, _) = sign_up(&given.store, "bob").await;
    let fresh = || secret_of(make(KeyId::make));
    let same_key = protocol::key::NewSecret {
        key_id: key,
        ..fresh()
    };
    let same_secret = protocol::key::NewSecret {
        id: secret.id,
        ..fresh()
    };
    let same_hash = protocol::key::NewSecret {
        hash: secret.hash,
        ..fresh()
    };
    for same in [same_key, same_secret, same_hash] {
        let scope = Scope::Organization(organization);
        let mut write = given.store.write(scope, NOW).await.unwrap().unwrap();
        let done = insert_key(&mut write, organization, bob, false, &same).await;
        assert!(matches!(done, Err(StoreError::Taken)), "{done:?}");
    }
}

async fn there_is_one_owner(given: Given) {
    let (bob, _, _) = sign_up(&given.store, "bob").await;
    let id = make(domain::id::MemberId::make);
    let role = domain::role::Role::Owner;
    let done = store::testing::add_member(&given.store, given.organization, bob, id, role, NOW).await;
    assert!(matches!(done, Err(StoreError::Taken)), "{done:?}");
}

async fn an_organization_that_does_not_exist_can_not_be_written(given: Given) {
    let nowhere = Scope::Organization(make(OrganizationId::make));
    assert!(given.store.write(nowhere, NOW).await.unwrap().is_none());
    // Nor is an account one, whatever its id.
    let mixed = Scope::Organization(OrganizationId::from_uuid(given.ada.as_uuid()));
    assert!(given.store.write(mixed, NOW).await.unwrap().is_none());
}
