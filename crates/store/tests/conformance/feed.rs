//! The feed: each entity once, at its latest number, in pages that end anywhere.

use domain::activity::Scope;
use domain::role::Role;
use protocol::change::{Change, Entity, EntityRef};
use store::assigned::Sees;
use store::change::{Page, Sight, page};
use store::{Changed, Heard, testing};

use crate::given::{Given, NOW, created, make, record, sign_up};
use crate::on_both;

on_both!(
    a_key_stands_once_at_its_latest_number,
    pages_follow_each_other_without_gap_or_repetition,
    what_may_not_be_seen_is_left_out,
    what_is_gone_is_said_to_be_gone,
    a_cursor_from_the_future_stays_where_it_is,
    who_listens_hears_of_each_commit,
    o3_an_account_has_a_feed_of_its_own,
);

const ALL: Sight = Sight {
    keys: Sees::All,
    invitations: true,
    money: true,
};

async fn feed(given: &Given, since: i64, limit: i64, sight: Sight) -> Page {
    page(
        &mut given.store.read().await.unwrap(),
        given.scope(),
        since,
        limit,
        sight,
    )
    .await
    .unwrap()
}

fn numbers(page: &Page) -> Vec<i64> {
    page.changes.iter().map(|change| change.sequence).collect()
}

async fn a_key_stands_once_at_its_latest_number(given: Given) {
    let (first, _) = given.create_key().await;
    let (second, _) = given.create_key().await;
    let mut write = given.write().await;
    store::key::revoke(&mut write, given.organization, first, given.ada)
        .await
        .unwrap();
    let event = domain::activity::Event::KeyRevoked {
        key: first,
        name: "ci".to_owned(),
    };
    let changed = vec![EntityRef::Key(first)];
    write
        .commit([record(given.scope(), given.ada, event, changed)])
        .await
        .unwrap();

    let page = feed(&given, 0, 100, ALL).await;
    assert_eq!(numbers(&page), [1, 2, 3, 5, 6]);
    assert_eq!((page.next, page.head, page.remaining), (6, 6, 0));
    let keys: Vec<_> = page
        .changes
        .iter()
        .filter_map(|change| match &change.entity {
            Entity::Key(key) => Some((
                key.id,
                key.revoked_at,
                key.revoked_by,
                key.version,
                key.secrets.len(),
            )),
            _ => None,
        })
        .collect();
    assert_eq!(
        keys,
        [
            (given.free_key, None, None, 1, 1),
            (second, None, None, 1, 1),
            (first, Some(NOW), Some(given.ada), 2, 1),
        ]
    );
}

async fn pages_follow_each_other_without_gap_or_repetition(given: Given) {
    for _ in 0..7 {
        given.create_key().await;
    }
    let whole = feed(&given, 0, 1_000, ALL).await.changes;
    assert_eq!(whole.len(), 10);
    for limit in 1..=11 {
        let mut collected: Vec<Change> = Vec::new();
        let mut since = 0;
        loop {
            let page = feed(&given, since, limit, ALL).await;
            assert!(i64::try_from(page.changes.len()).unwrap() <= limit);
            assert_eq!(page.head, 10);
            collected.extend(page.changes);
            assert_eq!(page.remaining, 10 - i64::try_from(collected.len()).unwrap());
            since = page.next;
            if page.remaining == 0 {
                break;
            }
        }
        assert_eq!((since, &collected), (10, &whole), "limit {limit}");
    }
}

async fn what_may_not_be_seen_is_left_out(given: Given) {
    given.create_key().await;
    let page = feed(
        &given,
        0,
        100,
        Sight {
            keys: Sees::None,
            invitations: false,
            money: false,
        },
    )
    .await;
    assert_eq!(numbers(&page), [1, 2]);
    assert_eq!((page.next, page.head, page.remaining), (4, 4, 0));
    // Not even by a page that would be full with them.
    let page = feed(
        &given,
        0,
        2,
        Sight {
            keys: Sees::None,
            invitations: false,
            money: false,
        },
    )
    .await;
    assert_eq!((numbers(&page), page.next, page.remaining), (vec![1, 2], 4, 0));
}

async fn what_is_gone_is_said_to_be_gone(given: Given) {
    let (key, secret) = given.create_key().await;
    let write = given.write().await;
    let gone = EntityRef::Key(key);
    let mut record = record(given.scope(), given.ada, created(key, secret.id), vec![]);
    record.changed = vec![Changed::Gone(gone)];
    write.commit([record]).await.unwrap();
    let page = feed(&given, 3, 100, ALL).await;
    assert_eq!(
        page.changes,
        [Change {
            sequence: 5,
            entity: Entity::Gone { what: gone }
        }]
    );
}

async fn a_cursor_from_the_future_stays_where_it_is(given: Given) {
    let page = feed(&given, 999, 100, ALL).await;
    assert_eq!(
        (page.changes.len(), page.next, page.head, page.remaining),
        (0, 999, 3, 0)
    );
}

async fn who_listens_hears_of_each_commit(given: Given) {
    let mut heard = given.store.listen();
    given.create_key().await;
    let change = |head| {
        Heard::Changed(protocol::change::Notice {
            scope: given.scope(),
            head,
        })
    };
    // PostgreSQL may tell of the founding only now.
    let of_account = Heard::Changed(protocol::change::Notice {
        scope: Scope::Account(given.ada),
        head: 2,
    });
    let mut next = heard.recv().await.unwrap();
    while next == of_account || next == change(3) {
        next = heard.recv().await.unwrap();
    }
    assert_eq!(next, change(4));
    // What is rolled back is not heard of.
    drop(given.write().await);
    given.create_key().await;
    assert_eq!(heard.recv().await.unwrap(), change(5));
    // A member's change is in the feed with their role.
    let (bob, _, _) = sign_up(&given.store, "bob").await;
    let id = make(domain::id::MemberId::make);
    testing::add_member(&given.store, given.organization, bob, id, Role::Viewer, NOW)
        .await
        .unwrap();
    let page = feed(&given, 5, 100, ALL).await;
    assert!(
        matches!(&page.changes[..], [Change { sequence: 6, entity: Entity::Member(member) }] if member.role == Role::Viewer)
    );
}

async fn o3_an_account_has_a_feed_of_its_own(given: Given) {
    let scope = Scope::Account(given.ada);
    let (session, other) = (
        given.begin_session("a desktop", NOW).await,
        given.begin_session("a terminal", NOW).await,
    );
    let feed = async |since| {
        let page = page(
            &mut given.store.read().await.unwrap(),
            scope,
            since,
            100,
            Sight {
                keys: Sees::None,
                invitations: false,
                money: false,
            },
        )
        .await
        .unwrap();
        assert_eq!((page.next, page.remaining), (page.head, 0));
        let told: Vec<_> = page
            .changes
            .into_iter()
            .map(|change| (change.sequence, change.entity.here(), change.entity))
            .collect();
        told
    };
    let told = feed(0).await;
    let refs: Vec<_> = told
        .iter()
        .map(|(sequence, here, _)| (*sequence, here.unwrap()))
        .collect();
    let [
        (1, EntityRef::Profile(ada)),
        (2, EntityRef::Membership(member)),
        (3, first),
        (4, second),
    ] = refs[..]
    else {
        panic!("{refs:?}")
    };
    assert_eq!(
        (ada, first, second),
        (given.ada, EntityRef::Session(session), EntityRef::Session(other))
    );
    assert!(
        matches!(&told[1].2, Entity::Membership(view) if view.role == Role::Owner && view.organization_id == given.organization)
    );

    // Ending one, another role, and a session that ran out are told; nobody hears of them but the account.
    given.end_session(session).await;
    testing::change_role(&given.store, given.organization, given.ada, Role::Admin)
        .await
        .unwrap();
    let late = NOW.plus_days(400);
    assert_eq!(store::session::remove_old(&given.store, late).await.unwrap(), 2);
    let told = feed(4).await;
    let [
        (5, None, ended),
        (6, Some(EntityRef::Membership(again)), role),
        (7, None, over),
    ] = &told[..]
    else {
        panic!("{told:?}")
    };
    assert_eq!(*again, member);
    assert!(matches!(role, Entity::Membership(view) if view.role == Role::Admin));
    assert_eq!(
        (ended, over),
        (
            &Entity::Gone {
                what: EntityRef::Session(session)
            },
            &Entity::Gone {
                what: EntityRef::Session(other)
            }
        )
    );
    let heads = store::member::heads(&mut given.store.direct().await.unwrap(), given.ada)
        .await
        .unwrap();
    assert_eq!(heads.len(), 2);
    assert!(heads.contains(&(scope, 7)), "{heads:?}");
}
