//! Opening: what is refused, and that a second opening finds what the first left.

use domain::activity::Scope;
use domain::id::{AccountId, MemberId, OrganizationId, SessionId};
use protocol::change::EntityRef;
use store::assigned::Sees;
use store::change::{Sight, page};
use store::testing::{Database, execute, number};
use store::{SCHEMA_VERSION, Store, StoreError};

use crate::given::{Given, NOW};
use crate::on_both;

on_both!(
    what_was_written_is_there_after_a_restart,
    a_newer_database_is_refused,
    an_empty_database_is_opened_only_by_migrating,
    another_programs_database_is_refused,
    two_nodes_can_start_at_once,
    o3_a_database_of_the_first_version_gets_the_feeds_of_its_accounts,
);

async fn what_was_written_is_there_after_a_restart(given: Given) {
    let (key, _) = given.create_key().await;
    given.store.close().await;
    assert_eq!(
        Store::migrate(&given.database.url, NOW).await.unwrap(),
        SCHEMA_VERSION
    );
    let store = Store::open(&given.database.url).await.unwrap();
    store.ping().await.unwrap();
    store.try_write().await.unwrap();
    let found = store::key::find(&mut store.read().await.unwrap(), given.organization, key)
        .await
        .unwrap();
    assert_eq!(found.unwrap().id, key);
    store.close().await;
}

async fn a_newer_database_is_refused(given: Given) {
    execute(
        &given.store,
        "INSERT INTO schema_version (version, name, applied_at) VALUES (99, 'later', 0)",
    )
    .await
    .unwrap();
    for error in [
        Store::connect(&given.database.url, NOW).await.unwrap_err(),
        Store::open(&given.database.url).await.unwrap_err(),
        Store::migrate(&given.database.url, NOW).await.unwrap_err(),
    ] {
        assert_eq!(
            error.to_string(),
            format!(
                "the database has schema version 99, this program knows up to {SCHEMA_VERSION}; it was used with a newer \
                 keystead-server. Start that version or a newer one; this one would damage it"
            )
        );
    }
}

async fn an_empty_database_is_opened_only_by_migrating(given: Given) {
    let database = Database::fresh(given.store.kind()).await.unwrap();
    let error = Store::open(&database.url).await.unwrap_err();
    match given.store.kind() {
        store::Kind::Sqlite => assert!(error.to_string().contains("there is no such file"), "{error}"),
        store::Kind::Postgres => assert!(matches!(error, StoreError::Older { found: 0, .. }), "{error}"),
    }
    assert_eq!(Store::migrate(&database.url, NOW).await.unwrap(), 0);
    Store::open(&database.url).await.unwrap().close().await;
}

async fn another_programs_database_is_refused(given: Given) {
    execute(&given.store, "DROP TABLE schema_version").await.unwrap();
    let error = Store::connect(&given.database.url, NOW).await.unwrap_err();
    assert!(matches!(error, StoreError::NotOurs), "{error}");
}

async fn two_nodes_can_start_at_once(given: Given) {
    let database = Database::fresh(given.store.kind()).await.unwrap();
    let starts: Vec<_> = (0..4)
        .map(|_| {
            let url = database.url.clone();
            tokio::spawn(async move { Store::connect(&url, NOW).await.unwrap().close().await })
        })
        .collect();
    for start in starts {
        start.await.unwrap();
    }
    let store = Store::open(&database.url).await.unwrap();
    assert_eq!(
        number(&store, "SELECT MAX(version) FROM schema_version")
            .await
            .unwrap(),
        SCHEMA_VERSION
    );
    store.close().await;
}

#[tokio::test]
async fn addresses_that_are_none_are_refused() {
    for url in ["", "sqlite::memory:", "mysql://host/name", "postgres://[broken"] {
        let error = Store::connect(url, NOW).await.unwrap_err();
        assert!(matches!(error, StoreError::Address(_)), "{url}: {error}");
    }
    let error = Store::connect("postgres://user:hunter2@[broken", NOW)
        .await
        .unwrap_err();
    assert!(!error.to_string().contains("hunter2"), "{error}");
    let error = Store::connect("/nowhere/at/all/keystead.db", NOW)
        .await
        .unwrap_err();
    assert!(
        error
            .to_string()
            .contains("/nowhere/at/all/keystead.db can't be opened"),
        "{error}"
    );
    let error = Store::connect("postgres://127.0.0.1:1/keystead", NOW)
        .await
        .unwrap_err();
    assert!(
        error.is_passing() && error.to_string().contains("Is it running"),
        "{error}"
    );
}

#[cfg(unix)]
#[tokio::test]
async fn only_its_owner_reads_the_file() {
    use std::os::unix::fs::PermissionsExt;
    let database = Database::fresh(store::Kind::Sqlite).await.unwrap();
    let store = Store::connect(&database.url, NOW).await.unwrap();
    store.try_write().await.unwrap();
    for file in std::fs::read_dir(database.folder.as_ref().unwrap().path()).unwrap() {
        let file = file.unwrap();
        assert_eq!(
            file.metadata().unwrap().permissions().mode() & 0o077,
            0,
            "{:?}",
            file.file_name()
        );
    }
    store.close().await;
}

async fn o3_a_database_of_the_first_version_gets_the_feeds_of_its_accounts(given: Given) {
    let database = Database::fresh(given.store.kind()).await.unwrap();
    let [account, organization, member, session, _ended] =
        store::testing::fill_as_first_version(&database.url, NOW)
            .await
            .unwrap();
    assert_eq!(Store::migrate(&database.url, NOW).await.unwrap(), 1);
    let store = Store::open(&database.url).await.unwrap();
    let mut told = Vec::new();
    for scope in [
        Scope::Account(AccountId::from_uuid(account)),
        Scope::Organization(OrganizationId::from_uuid(organization)),
    ] {
        let mut read = store.read().await.unwrap();
        let page = page(
            &mut read,
            scope,
            0,
            100,
            Sight {
                keys: Sees::All,
                invitations: true,
                money: true,
            },
        )
        .await
        .unwrap();
        assert_eq!(page.next, page.head);
        for change in page.changes {
            told.push((change.sequence, change.entity.here().unwrap()));
        }
    }
    assert_eq!(
        told,
        [
            (4, EntityRef::Profile(AccountId::from_uuid(account))),
            (5, EntityRef::Membership(MemberId::from_uuid(member))),
            (6, EntityRef::Session(SessionId::from_uuid(session))),
            (
                5,
                EntityRef::Organization(OrganizationId::from_uuid(organization))
            ),
            (7, EntityRef::Member(MemberId::from_uuid(member))),
        ]
    );
    store.close().await;
}
