//! The replica as its users see it: pages, outbox, search, and what becomes of a file that is not as it should be.
#![expect(clippy::unwrap_used, reason = "a test that can't go on has failed")]

use std::collections::BTreeSet;

use crypto::secret::SecretBytes;
use crypto::token::SecretHash;
use domain::clock::Timestamp;
use domain::email::EmailAddress;
use domain::entropy::Entropy;
use domain::id::{AccountId, KeyId, MemberId, OperationId, OrganizationId, SecretId, SessionId};
use domain::key::{KeyKind, KeyState};
use domain::name::{Description, DisplayName, KeyName, OrganizationName, Username};
use domain::role::Role;
use protocol::account::{MembershipView, ProfileView, SessionView};
use protocol::change::{Change, ChangesPage, Entity, EntityRef};
use protocol::key::{CreateKeyRequest, KeyFields, KeyView, NewSecret, SecretView};
use replica::{Feed, KeyQuery, Operation, OutboxState, Replica, ReplicaError, SentEdit, Sort, SortBy};

const NOW: Timestamp = Timestamp::from_micros(1_773_312_127_000_000);

struct Fixed(u8);
impl Entropy for Fixed {
    fn fill(&mut self, bytes: &mut [u8]) {
        bytes.fill(self.0);
    }
}

fn key_id(number: u8) -> KeyId {
    KeyId::make(NOW, &mut Fixed(number))
}

fn view(number: u8, name: &str, version: i64) -> KeyView {
    KeyView {
        id: key_id(number),
        kind: KeyKind::Team,
        free: false,
        name: KeyName::parse(name).unwrap(),
        description: Description::parse("").unwrap(),
        version,
        created_at: NOW,
        created_by: AccountId::make(NOW, &mut Fixed(9)),
        expires_at: None,
        requests_per_minute: None,
        people: BTreeSet::new(),
        owner: None,
        grants: Vec::new(),
        revoked_at: None,
        revoked_by: None,
        paused_at: None,
        paused_by: None,
        secrets: vec![SecretView {
            id: SecretId::make(NOW, &mut Fixed(number)),
            hash: SecretHash::from_bytes([number; 32]),
            prefix: "kst_team_".to_owned(),
            last_four: format!("000{number}"),
            created_at: NOW,
            last_used_at: None,
            last_used_from: None,
            use_count: 0,
            retires_at: None,
            retired_at: None,
            member: None,
        }],
    }
}

/// Secrets are looked up by the head of their hash; one that shares it with another is not taken for that.
#[test]
fn k13_the_whole_hash_decides() {
    let folder = tempfile::tempdir().unwrap();
    let replica = fresh(&folder);
    let alike = |last| {
        let mut bytes = [7; 32];
        bytes[31] = last;
        SecretHash::from_bytes(bytes)
    };
    let (mut one, mut two) = (view(1, "one", 1), view(2, "two", 1));
    one.secrets[0].hash = alike(1);
    two.secrets[0].hash = alike(2);
    let changes = vec![(1, Entity::Key(one.clone())), (2, Entity::Key(two.clone()))];
    replica.apply(Feed::Organization, &page(changes, 2, 1)).unwrap();
    let found = |last| {
        replica
            .key_by_hash(&alike(last))
            .unwrap()
            .map(|(key, _)| key.view.id)
    };
    assert_eq!((found(1), found(2), found(3)), (Some(one.id), Some(two.id), None));
}

fn page(changes: Vec<(i64, Entity)>, head: i64, epoch: i64) -> ChangesPage {
    let next = changes.last().map_or(head, |(sequence, _)| *sequence);
    let changes = changes
        .into_iter()
        .map(|(sequence, entity)| Change { sequence, entity })
        .collect();
    ChangesPage {
        changes,
        next,
        head,
        remaining: 0,
        epoch,
    }
}

fn all() -> KeyQuery {
    KeyQuery::by_name(100)
}

fn names(replica: &Replica, query: &KeyQuery) -> Vec<String> {
    replica
        .keys(query, NOW)
        .unwrap()
        .0
        .into_iter()
        .map(|key| key.view.name.to_string())
        .collect()
}

fn request(number: u8, name: &str) -> CreateKeyRequest {
    let shown = view(number, name, 0);
    CreateKeyRequest {
        kind: KeyKind::Team,
        name: shown.name,
        description: shown.description,
        expires_at: None,
        owner: None,
        requests_per_minute: None,
        people: BTreeSet::new(),
        grants: Vec::new(),
        secret: NewSecret {
            key_id: shown.id,
            id: shown.secrets[0].id,
            hash: shown.secrets[0].hash,
            prefix: "kst_team_".to_owned(),
            last_four: "0000".to_owned(),
        },
    }
}

fn fresh(folder: &tempfile::TempDir) -> Replica {
    Replica::create(
        &folder.path().join("replica.db"),
        &SecretBytes::from_bytes([1; 32]),
    )
    .unwrap()
}

#[test]
fn o3_a_page_and_its_cursor_are_one() {
    let folder = tempfile::tempdir().unwrap();
    let replica = fresh(&folder);
    replica
        .apply(
            Feed::Organization,
            &page(
                vec![
                    (3, Entity::Key(view(1, "one", 1))),
                    (5, Entity::Key(view(2, "two", 1))),
                ],
                9,
                1,
            ),
        )
        .unwrap();
    assert_eq!(
        (
            replica.cursor(Feed::Organization).unwrap().sequence,
            replica.cursor(Feed::Organization).unwrap().epoch
        ),
        (5, 1)
    );

    // A page that can't be applied (two keys with one secret) leaves the copy and the cursor as they were.
    let mut twin = view(3, "three", 1);
    twin.secrets[0].id = view(1, "one", 1).secrets[0].id;
    let torn = page(
        vec![(6, Entity::Key(view(4, "four", 1))), (7, Entity::Key(twin))],
        9,
        1,
    );
    assert!(replica.apply(Feed::Organization, &torn).is_err());
    assert_eq!(names(&replica, &all()), ["one", "two"]);
    assert_eq!(replica.cursor(Feed::Organization).unwrap().sequence, 5);

    let gone = Entity::Gone {
        what: EntityRef::Key(key_id(1)),
    };
    replica
        .apply(Feed::Organization, &page(vec![(8, gone)], 9, 1))
        .unwrap();
    assert_eq!(names(&replica, &all()), ["two"]);
}

#[test]
fn o3_lost_visibility_empties_all_but_what_was_made_here() {
    let folder = tempfile::tempdir().unwrap();
    let replica = fresh(&folder);
    replica
        .apply(
            Feed::Organization,
            &page(vec![(3, Entity::Key(view(1, "one", 1)))], 3, 1),
        )
        .unwrap();
    let operation = OperationId::make(NOW, &mut Fixed(1));
    replica
        .want_key(operation, &request(2, "mine"), &view(2, "mine", 0), NOW)
        .unwrap();
    replica
        .apply_of_snapshot(&page(vec![(4, Entity::Key(view(3, "three", 1)))], 4, 2))
        .unwrap();
    assert_eq!(
        names(&replica, &all()),
        ["mine", "one", "three"],
        "nothing goes before the snapshot is whole"
    );
    assert_eq!(
        replica.cursor(Feed::Organization).unwrap().epoch,
        1,
        "a cut pull begins it anew"
    );
    let seen = [EntityRef::Key(key_id(3))].into();
    replica.finish_snapshot(Feed::Organization, &seen, 4, 2).unwrap();
    assert_eq!(names(&replica, &all()), ["mine", "three"]);
    let cursor = replica.cursor(Feed::Organization).unwrap();
    assert_eq!((cursor.sequence, cursor.epoch), (4, 2));
    assert_eq!(
        replica
            .key_by_hash(&SecretHash::from_bytes([1; 32]))
            .unwrap()
            .map(|(key, _)| key.view.id),
        None
    );
}

#[test]
fn o2_a_wish_is_kept_until_it_is_confirmed_or_dropped() {
    let folder = tempfile::tempdir().unwrap();
    let key = SecretBytes::from_bytes([1; 32]);
    let (first, second) = (
        OperationId::make(NOW, &mut Fixed(1)),
        OperationId::make(NOW, &mut Fixed(2)),
    );
    {
        let replica = fresh(&folder);
        replica
            .want_key(first, &request(1, "one"), &view(1, "one", 0), NOW)
            .unwrap();
        let revocation = Operation::RevokeKey { key_id: key_id(1) };
        replica.want(&[(second, revocation.clone())], NOW).unwrap();
        replica
            .want(&[(OperationId::make(NOW, &mut Fixed(3)), revocation)], NOW)
            .unwrap();
    }
    let replica = Replica::open(&folder.path().join("replica.db"), &key).unwrap();
    assert_eq!(
        replica.waiting().unwrap(),
        (2, 0),
        "a wish that waits is not written twice"
    );
    replica.mark_sent(first).unwrap();
    replica.confirm(first, &view(1, "one", 1)).unwrap();
    let record = replica.key(key_id(1)).unwrap().unwrap();
    assert!(!record.unconfirmed);
    assert_eq!(record.pending.len(), 1);
    replica.mark_refused(second, "no").unwrap();
    assert_eq!(replica.outbox().unwrap()[0].state, OutboxState::Refused);
    assert_eq!(replica.drop_wanted(second).unwrap().len(), 1);
    assert!(replica.outbox().unwrap().is_empty());
    assert_eq!(names(&replica, &all()), ["one"]);
}

#[test]
fn an_older_page_does_not_undo_a_confirmation() {
    let folder = tempfile::tempdir().unwrap();
    let replica = fresh(&folder);
    let mut revoked = view(1, "one", 2);
    revoked.revoked_at = Some(NOW);
    replica
        .apply(Feed::Organization, &page(vec![(4, Entity::Key(revoked))], 4, 1))
        .unwrap();
    replica
        .apply(
            Feed::Organization,
            &page(vec![(3, Entity::Key(view(1, "one", 1)))], 4, 1),
        )
        .unwrap();
    assert_eq!(replica.key(key_id(1)).unwrap().unwrap().view.version, 2);
}

#[test]
fn o1_keys_are_searched_filtered_and_sorted() {
    let folder = tempfile::tempdir().unwrap();
    let replica = fresh(&folder);
    let mut expired = view(2, "Beta deploy", 1);
    expired.expires_at = Some(NOW.plus_seconds(-1));
    let mut soon = view(3, "alpha export", 1);
    soon.expires_at = Some(NOW.plus_days(5));
    let mut revoked = view(4, "Выгрузка", 1);
    revoked.revoked_at = Some(NOW);
    let plain = view(1, "gamma deploy", 1);
    let changes = [plain, expired, soon, revoked]
        .into_iter()
        .zip(1..)
        .map(|(v, n)| (n, Entity::Key(v)))
        .collect();
    replica.apply(Feed::Organization, &page(changes, 4, 1)).unwrap();

    assert_eq!(
        names(&replica, &all()),
        ["alpha export", "Beta deploy", "gamma deploy", "Выгрузка"]
    );
    assert_eq!(
        names(
            &replica,
            &KeyQuery {
                search: "DEPLOY beta".to_owned(),
                ..all()
            }
        ),
        ["Beta deploy"]
    );
    assert_eq!(
        names(
            &replica,
            &KeyQuery {
                search: "выгр".to_owned(),
                ..all()
            }
        ),
        ["Выгрузка"]
    );
    assert_eq!(
        names(
            &replica,
            &KeyQuery {
                search: "0003".to_owned(),
                ..all()
            }
        ),
        ["alpha export"]
    );
    assert_eq!(
        names(
            &replica,
            &KeyQuery {
                search: "100%".to_owned(),
                ..all()
            }
        ),
        [""; 0]
    );
    let states = vec![KeyState::Expired, KeyState::Revoked];
    assert_eq!(
        names(&replica, &KeyQuery { states, ..all() }),
        ["Beta deploy", "Выгрузка"]
    );
    assert_eq!(
        names(
            &replica,
            &KeyQuery {
                expires_within_days: Some(30),
                ..all()
            }
        ),
        ["alpha export"]
    );
    let sort = Sort {
        by: SortBy::Expires,
        descending: false,
    };
    assert_eq!(
        names(
            &replica,
            &KeyQuery {
                sort,
                limit: 2,
                ..all()
            }
        ),
        ["Beta deploy", "alpha export"]
    );
    let (rows, total) = replica
        .keys(
            &KeyQuery {
                offset: 3,
                limit: 10,
                ..all()
            },
            NOW,
        )
        .unwrap();
    assert_eq!((rows.len(), total), (1, 4));
    let counts = replica.key_counts(NOW).unwrap();
    assert_eq!((counts.all, counts.expiring_soon, counts.unused), (4, 1, 0));
    assert_eq!(replica.key_counts(NOW.plus_days(100)).unwrap().unused, 1);
}

#[test]
fn o1_no_plaintext_and_no_other_key() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("replica.db");
    {
        let replica = fresh(&folder);
        replica
            .apply(
                Feed::Organization,
                &page(vec![(1, Entity::Key(view(1, "a-name-to-look-for", 1)))], 1, 1),
            )
            .unwrap();
        for entry in std::fs::read_dir(folder.path()).unwrap() {
            let bytes = std::fs::read(entry.unwrap().path()).unwrap();
            assert!(
                !bytes
                    .windows(10)
                    .any(|window| window == b"a-name-to-" || window == b"SQLite for")
            );
        }
    }
    let other = SecretBytes::from_bytes([2; 32]);
    assert!(matches!(
        Replica::open(&path, &other),
        Err(ReplicaError::Damaged { .. })
    ));
    assert!(matches!(
        Replica::create(&path, &other),
        Err(ReplicaError::Exists { .. })
    ));
    let right = SecretBytes::from_bytes([1; 32]);
    assert_eq!(
        names(&Replica::open(&path, &right).unwrap(), &all()),
        ["a-name-to-look-for"]
    );
}

#[test]
fn what_another_program_wrote_is_noticed() {
    let folder = tempfile::tempdir().unwrap();
    let window = fresh(&folder);
    let terminal = Replica::open(
        &folder.path().join("replica.db"),
        &SecretBytes::from_bytes([1; 32]),
    )
    .unwrap();
    window.set_synced(NOW).unwrap();
    assert!(!window.changed_elsewhere().unwrap());
    terminal.set_synced(NOW.plus_seconds(1)).unwrap();
    assert!(window.changed_elsewhere().unwrap());
    assert!(!window.changed_elsewhere().unwrap());
}

/// What a killed program left: the file, and beside it the log with everything newer.
fn left_by_a_kill(folder: &tempfile::TempDir, to: &std::path::Path) {
    let replica = fresh(folder);
    replica
        .apply(
            Feed::Organization,
            &page(vec![(1, Entity::Key(view(1, "kept", 1)))], 1, 1),
        )
        .unwrap();
    for ending in ["", "-wal"] {
        let name = format!("replica.db{ending}");
        std::fs::copy(folder.path().join(&name), to.join(&name)).unwrap();
    }
}

#[test]
fn o1_a_damaged_replica_stays_as_it_was_with_its_log() {
    for emptied in [false, true] {
        let (folder, left) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        left_by_a_kill(&folder, left.path());
        let (path, log) = (left.path().join("replica.db"), left.path().join("replica.db-wal"));
        let mut bytes = if emptied {
            vec![]
        } else {
            std::fs::read(&path).unwrap()
        };
        bytes.iter_mut().take(64).for_each(|byte| *byte ^= 0x5a);
        std::fs::write(&path, &bytes).unwrap();
        let mut wal = std::fs::read(&log).unwrap();
        // Its first frame holds the first page: damaged there, too, nothing can be read.
        wal.iter_mut().skip(56).take(64).for_each(|byte| *byte ^= 0x5a);
        std::fs::write(&log, &wal).unwrap();
        let right = SecretBytes::from_bytes([1; 32]);
        assert!(matches!(
            Replica::open(&path, &right),
            Err(ReplicaError::Damaged { .. })
        ));
        assert!(
            std::fs::read(&path).unwrap() == bytes,
            "the file stays, emptied: {emptied}"
        );
        assert!(
            std::fs::read(&log).unwrap() == wal,
            "the log stays, emptied: {emptied}"
        );
    }
}

#[test]
fn o1_another_key_leaves_file_and_log_alone() {
    let (folder, left) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    left_by_a_kill(&folder, left.path());
    let (path, log) = (left.path().join("replica.db"), left.path().join("replica.db-wal"));
    let before = (std::fs::read(&path).unwrap(), std::fs::read(&log).unwrap());
    assert!(Replica::open(&path, &SecretBytes::from_bytes([2; 32])).is_err());
    let after = (std::fs::read(&path).unwrap(), std::fs::read(&log).unwrap());
    assert!(before == after, "file and log stay");
    let right = Replica::open(&path, &SecretBytes::from_bytes([1; 32])).unwrap();
    assert_eq!(names(&right, &all()), ["kept"]);
}

fn fields(name: &str, description: &str) -> KeyFields {
    KeyFields {
        name: KeyName::parse(name).unwrap(),
        description: Description::parse(description).unwrap(),
        requests_per_minute: None,
        people: BTreeSet::new(),
        grants: Vec::new(),
    }
}

fn operation(number: u8) -> OperationId {
    OperationId::make(NOW, &mut Fixed(number))
}

/// A copy with one key named "one".
fn with_a_key(folder: &tempfile::TempDir) -> Replica {
    let replica = fresh(folder);
    replica
        .apply(
            Feed::Organization,
            &page(vec![(1, Entity::Key(view(1, "one", 1)))], 1, 1),
        )
        .unwrap();
    replica
}

#[test]
fn o2_an_edit_is_shown_as_it_is_wanted_and_found_by_it() {
    let folder = tempfile::tempdir().unwrap();
    let replica = with_a_key(&folder);
    replica
        .want_edit(
            operation(1),
            key_id(1),
            (&fields("one", ""), &fields("uno", "numero")),
            false,
            NOW,
        )
        .unwrap();
    assert_eq!(
        names(&replica, &all()),
        ["one"],
        "the server's word stays beside it"
    );
    let found = |search: &str| {
        let query = KeyQuery {
            search: search.to_owned(),
            ..all()
        };
        let (keys, _) = replica.keys(&query, NOW).unwrap();
        keys.into_iter()
            .map(|key| key.shown.name.to_string())
            .collect::<Vec<_>>()
    };
    assert_eq!(found("numero"), ["uno"]);
    assert!(found("one").is_empty());

    // The server changed it meanwhile: what is shown stays as wanted, until it is refused.
    replica
        .apply(
            Feed::Organization,
            &page(vec![(2, Entity::Key(view(1, "ein", 2)))], 2, 1),
        )
        .unwrap();
    assert_eq!(found("uno"), ["uno"]);
    replica.mark_refused(operation(1), "no").unwrap();
    assert_eq!((found("uno").len(), found("ein").len()), (0, 1));
    assert_eq!(replica.waiting().unwrap(), (0, 1));
    assert!(replica.want_retry(operation(1)).unwrap());
    assert_eq!(found("uno"), ["uno"]);
    replica.drop_wanted(operation(1)).unwrap();
    assert_eq!(found("ein"), ["ein"]);
}

#[test]
fn o2_what_was_not_sent_takes_the_next_edit_in() {
    let folder = tempfile::tempdir().unwrap();
    let replica = with_a_key(&folder);
    let edit = |number, base: &KeyFields, mine: &KeyFields| {
        replica
            .want_edit(operation(number), key_id(1), (base, mine), false, NOW)
            .unwrap();
    };
    edit(1, &fields("one", ""), &fields("uno", ""));
    edit(2, &fields("uno", ""), &fields("uno", "numero"));
    let outbox = replica.outbox().unwrap();
    assert_eq!(outbox.len(), 1);
    let Operation::EditKey(wanted) = &outbox[0].operation else {
        panic!("an edit");
    };
    assert_eq!(
        (&wanted.base, &wanted.mine),
        (&fields("one", ""), &fields("uno", "numero"))
    );
    edit(3, &fields("uno", "numero"), &fields("one", ""));
    assert!(
        replica.outbox().unwrap().is_empty(),
        "back at the start, nothing is wanted"
    );

    // One that may have arrived is never changed: the next one stands behind it.
    edit(4, &fields("one", ""), &fields("uno", ""));
    let sent = SentEdit {
        version: 1,
        request: fields("uno", "").since(&fields("one", "")),
    };
    replica.mark_edit_sent(operation(4), &sent).unwrap();
    edit(5, &fields("uno", ""), &fields("ein", ""));
    let outbox = replica.outbox().unwrap();
    assert_eq!(
        outbox.iter().map(|entry| entry.operation_id).collect::<Vec<_>>(),
        [operation(4), operation(5)]
    );
    let Operation::EditKey(first) = &outbox[0].operation else {
        panic!("an edit");
    };
    assert_eq!(first.sent.as_ref(), Some(&sent));
}

#[test]
fn o2_a_key_that_is_not_made_yet_is_made_as_edited() {
    let folder = tempfile::tempdir().unwrap();
    let replica = fresh(&folder);
    replica
        .want_key(operation(1), &request(1, "one"), &view(1, "one", 0), NOW)
        .unwrap();
    replica
        .want_edit(
            operation(2),
            key_id(1),
            (&fields("one", ""), &fields("uno", "")),
            false,
            NOW,
        )
        .unwrap();
    let outbox = replica.outbox().unwrap();
    assert_eq!(outbox.len(), 1);
    let Operation::CreateKey(request) = &outbox[0].operation else {
        panic!("the making");
    };
    assert_eq!(request.name.as_str(), "uno");
    assert_eq!(names(&replica, &all()), ["uno"]);
}

/// What was meant after an edit that was decided, or dropped, goes on from what became of that one.
#[test]
fn o4_what_was_meant_later_stands_upon_the_decision() {
    let folder = tempfile::tempdir().unwrap();
    let replica = with_a_key(&folder);
    let sent = SentEdit {
        version: 1,
        request: fields("uno", "").since(&fields("one", "")),
    };
    replica
        .want_edit(
            operation(1),
            key_id(1),
            (&fields("one", ""), &fields("uno", "")),
            false,
            NOW,
        )
        .unwrap();
    replica.mark_edit_sent(operation(1), &sent).unwrap();
    replica
        .want_edit(
            operation(2),
            key_id(1),
            (&fields("uno", ""), &fields("uno", "later")),
            false,
            NOW,
        )
        .unwrap();
    replica
        .apply(
            Feed::Organization,
            &page(vec![(2, Entity::Key(view(1, "ein", 2)))], 2, 1),
        )
        .unwrap();
    replica.mark_conflict(operation(1), "both").unwrap();
    let edits = |replica: &Replica| -> Vec<(KeyFields, KeyFields)> {
        let outbox = replica.outbox().unwrap();
        outbox
            .into_iter()
            .filter_map(|entry| match entry.operation {
                Operation::EditKey(edit) => Some((edit.base, edit.mine)),
                _ => None,
            })
            .collect()
    };
    // Decided for a third wording: it goes first, and the later edit upon it.
    replica
        .want_edit(
            operation(3),
            key_id(1),
            (&fields("ein", ""), &fields("un", "")),
            false,
            NOW,
        )
        .unwrap();
    assert_eq!(
        edits(&replica),
        [
            (fields("ein", ""), fields("un", "")),
            (fields("un", ""), fields("un", "later"))
        ]
    );
    assert_eq!(replica.waiting().unwrap(), (2, 0));
    // Refused, and mended by an edit of what is shown, which holds the later one: that one stays.
    replica.mark_refused(operation(1), "no").unwrap();
    replica
        .want_edit(
            operation(4),
            key_id(1),
            (&fields("ein", "later"), &fields("en", "later")),
            false,
            NOW,
        )
        .unwrap();
    assert_eq!(
        edits(&replica),
        [
            (fields("ein", ""), fields("en", "")),
            (fields("en", ""), fields("en", "later"))
        ]
    );
    // Dropped: the later one stands upon what is in force.
    replica.drop_wanted(operation(1)).unwrap();
    assert_eq!(edits(&replica), [(fields("ein", ""), fields("ein", "later"))]);
}

/// The two feeds of a copy have a cursor each, and a snapshot of one leaves what the other brought.
#[test]
fn o3_the_account_has_a_feed_of_its_own() {
    let folder = tempfile::tempdir().unwrap();
    let replica = fresh(&folder);
    let (ada, organization) = (
        AccountId::make(NOW, &mut Fixed(1)),
        OrganizationId::make(NOW, &mut Fixed(2)),
    );
    let profile = ProfileView {
        id: ada,
        email: EmailAddress::parse("ada@example.org").unwrap(),
        username: Username::parse("ada").unwrap(),
        display_name: DisplayName::parse("Ada").unwrap(),
        created_at: NOW,
    };
    let membership = MembershipView {
        id: MemberId::make(NOW, &mut Fixed(3)),
        organization_id: organization,
        organization_name: OrganizationName::parse("Engines").unwrap(),
        role: Role::Admin,
    };
    let session = |number| SessionView {
        id: SessionId::make(NOW, &mut Fixed(number)),
        account_id: ada,
        client: "a desktop".to_owned(),
        address: None,
        created_at: NOW,
        last_seen_at: NOW,
        expires_at: NOW,
    };
    replica
        .apply(
            Feed::Organization,
            &page(vec![(9, Entity::Key(view(1, "one", 1)))], 9, 1),
        )
        .unwrap();
    let changes = vec![
        (1, Entity::Profile(profile.clone())),
        (2, Entity::Membership(membership.clone())),
        (3, Entity::Session(session(4))),
        (4, Entity::Session(session(5))),
    ];
    let topics = replica.apply(Feed::Account, &page(changes, 4, 1)).unwrap();
    assert_eq!(topics, [replica::Topic::Account].into());
    assert_eq!(replica.profile().unwrap(), Some(profile.clone()));
    assert_eq!(replica.membership(organization).unwrap(), Some(membership));
    assert_eq!(replica.sessions().unwrap(), [session(4), session(5)]);
    assert_eq!(replica.cursor(Feed::Account).unwrap().sequence, 4);
    assert_eq!(replica.cursor(Feed::Organization).unwrap().sequence, 9);

    let ended = Entity::Gone {
        what: EntityRef::Session(session(4).id),
    };
    replica
        .apply(Feed::Account, &page(vec![(5, ended)], 5, 1))
        .unwrap();
    assert_eq!(replica.sessions().unwrap(), [session(5)]);

    // A snapshot without the membership: it is gone, the key is not.
    let seen = [EntityRef::Profile(ada), EntityRef::Session(session(5).id)].into();
    replica.finish_snapshot(Feed::Account, &seen, 6, 2).unwrap();
    assert_eq!(replica.membership(organization).unwrap(), None);
    assert_eq!(replica.profile().unwrap(), Some(profile));
    assert!(replica.key(key_id(1)).unwrap().is_some());
}

/// A key that was refused, edited after it was sent, and then mended, is made as it was last wanted.
#[test]
fn o2_mending_a_refused_key_takes_in_what_was_meant_after_it() {
    let folder = tempfile::tempdir().unwrap();
    let replica = fresh(&folder);
    let operation = |number| OperationId::make(NOW, &mut Fixed(number));
    let fields = |name: &str, description: &str| KeyFields {
        name: KeyName::parse(name).unwrap(),
        description: Description::parse(description).unwrap(),
        requests_per_minute: None,
        people: BTreeSet::new(),
        grants: Vec::new(),
    };
    let wanted = request(1, "a");
    replica
        .want_key(operation(1), &wanted, &view(1, "a", 0), NOW)
        .unwrap();
    replica.mark_sent(operation(1)).unwrap();
    replica
        .want_edit(
            operation(2),
            key_id(1),
            (&fields("a", ""), &fields("b", "later")),
            false,
            NOW,
        )
        .unwrap();
    assert_eq!(replica.outbox().unwrap().len(), 2);
    replica.mark_refused(operation(1), "no").unwrap();
    replica
        .want_edit(
            operation(3),
            key_id(1),
            (&fields("b", "later"), &fields("c", "later")),
            false,
            NOW,
        )
        .unwrap();
    let outbox = replica.outbox().unwrap();
    let [only] = &outbox[..] else { panic!("{outbox:?}") };
    let Operation::CreateKey(made) = &only.operation else {
        panic!("{only:?}")
    };
    assert_eq!(
        (made.fields(), only.state),
        (fields("c", "later"), OutboxState::Waiting)
    );
    assert_eq!(
        replica.key(key_id(1)).unwrap().unwrap().shown,
        fields("c", "later")
    );
}

/// A change of a key that brings another secret, or takes one away, is followed; one that brings neither touches none.
#[test]
fn k7_the_secrets_of_a_key_are_those_of_its_last_change() {
    let folder = tempfile::tempdir().unwrap();
    let replica = fresh(&folder);
    let hash = |number| SecretHash::from_bytes([number; 32]);
    let knows = |number| replica.key_by_hash(&hash(number)).unwrap().is_some();
    let mut key = view(1, "one", 1);
    let put = |key: &KeyView, sequence| {
        let changes = vec![(sequence, Entity::Key(key.clone()))];
        replica
            .apply(Feed::Organization, &page(changes, sequence, 1))
            .unwrap();
    };
    put(&key, 1);
    key.version = 2;
    key.secrets.push(view(2, "two", 1).secrets.remove(0));
    put(&key, 2);
    put(&key, 3);
    assert_eq!((knows(1), knows(2)), (true, true));
    key.version = 3;
    key.secrets.remove(0);
    put(&key, 4);
    assert_eq!((knows(1), knows(2)), (false, true));
}

#[test]
fn b7_the_catalog_is_kept_until_another_takes_its_place() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("replica.db");
    let catalog = |currency: &str| domain::catalog::Catalog {
        currency: currency.parse().unwrap(),
        services: Vec::new(),
    };
    let key = || SecretBytes::mint(&mut Fixed(7));
    {
        let replica = Replica::create(&path, &key()).unwrap();
        assert_eq!(
            (replica.catalog().unwrap(), replica.catalog_tag().unwrap()),
            (None, None)
        );
        replica.put_catalog("one", &catalog("EUR")).unwrap();
    }
    let replica = Replica::open(&path, &key()).unwrap();
    assert_eq!(replica.catalog().unwrap(), Some(catalog("EUR")));
    replica.put_catalog("two", &catalog("CHF")).unwrap();
    assert_eq!(replica.catalog().unwrap(), Some(catalog("CHF")));
    assert_eq!(replica.catalog_tag().unwrap().as_deref(), Some("two"));
}

#[test]
fn p10_the_copy_of_an_organization_that_was_left_is_emptied() {
    let folder = tempfile::tempdir().unwrap();
    let replica = fresh(&folder);
    let key = view(1, "one", 1);
    let secret = key.secrets[0].id;
    replica
        .apply(Feed::Organization, &page(vec![(3, Entity::Key(key))], 3, 2))
        .unwrap();
    let wish = Operation::RevokeKey { key_id: key_id(1) };
    replica
        .want(&[(OperationId::make(NOW, &mut Fixed(3)), wish)], NOW)
        .unwrap();
    assert!(replica.empty_organization().unwrap());
    assert!(names(&replica, &all()).is_empty());
    assert!(replica.outbox().unwrap().is_empty());
    let cursor = replica.cursor(Feed::Organization).unwrap();
    assert_eq!((cursor.sequence, cursor.epoch), (0, 0));
    // The keychain may still hold it: whoever removes the connection has to know.
    assert_eq!(replica.secret_ids().unwrap(), [secret]);
    assert!(!replica.empty_organization().unwrap(), "there was nothing left");
}
