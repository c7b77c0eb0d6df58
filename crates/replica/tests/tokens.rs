//! Suspended is computed in the listing, and follows what suspends (K10, K11).
#![expect(clippy::unwrap_used, reason = "a test that can't go on has failed")]

use crypto::secret::SecretBytes;
use crypto::token::SecretHash;
use domain::clock::Timestamp;
use domain::email::EmailAddress;
use domain::entropy::Entropy;
use domain::id::{AccountId, KeyId, MemberId, OrganizationId, SecretId, ServiceAccountId};
use domain::key::{KeyKind, KeyState};
use domain::name::{Description, DisplayName, KeyName, OrganizationName, ServiceAccountName};
use domain::policy::{Suspension, TokenPolicy};
use domain::principal::Principal;
use domain::role::Role;
use protocol::change::{Change, ChangesPage, Entity, EntityRef};
use protocol::key::{KeyView, SecretView};
use protocol::organization::{MemberView, OrganizationView};
use protocol::service_account::ServiceAccountView;
use replica::{Feed, KeyQuery, Replica};

const NOW: Timestamp = Timestamp::from_micros(1_773_312_127_000_000);

struct Fixed(u8);
impl Entropy for Fixed {
    fn fill(&mut self, bytes: &mut [u8]) {
        bytes.fill(self.0);
    }
}

fn member() -> MemberId {
    MemberId::make(NOW, &mut Fixed(1))
}

fn account() -> ServiceAccountId {
    ServiceAccountId::make(NOW, &mut Fixed(2))
}

fn key(number: u8, name: &str, owner: Option<Principal>) -> Entity {
    Entity::Key(KeyView {
        id: KeyId::make(NOW, &mut Fixed(number)),
        kind: if owner.is_some() {
            KeyKind::Personal
        } else {
            KeyKind::Team
        },
        free: false,
        name: KeyName::parse(name).unwrap(),
        description: Description::parse("").unwrap(),
        version: 1,
        created_at: NOW,
        created_by: AccountId::make(NOW, &mut Fixed(9)),
        expires_at: None,
        requests_per_minute: None,
        grants: Vec::new(),
        people: std::collections::BTreeSet::new(),
        owner,
        revoked_at: None,
        revoked_by: None,
        paused_at: None,
        paused_by: None,
        secrets: vec![SecretView {
            id: SecretId::make(NOW, &mut Fixed(number)),
            hash: SecretHash::from_bytes([number; 32]),
            prefix: "kst_pat_".to_owned(),
            last_four: "abcd".to_owned(),
            created_at: NOW,
            last_used_at: None,
            last_used_from: None,
            use_count: 0,
            retires_at: None,
            retired_at: None,
            member: None,
        }],
    })
}

fn organization(token_policy: TokenPolicy) -> Entity {
    Entity::Organization(OrganizationView {
        id: OrganizationId::make(NOW, &mut Fixed(3)),
        name: OrganizationName::parse("Northwind").unwrap(),
        version: 1,
        created_at: NOW,
        token_policy,
    })
}

fn ada(role: Role) -> Entity {
    Entity::Member(MemberView {
        id: member(),
        account_id: AccountId::make(NOW, &mut Fixed(9)),
        display_name: DisplayName::parse("Ada").unwrap(),
        email: EmailAddress::parse("ada@northwind.example").unwrap(),
        role,
        version: 1,
        created_at: NOW,
    })
}

fn robot(name: &str, disabled: bool) -> Entity {
    Entity::ServiceAccount(ServiceAccountView {
        id: account(),
        name: ServiceAccountName::parse(name).unwrap(),
        description: Description::parse("").unwrap(),
        role: Role::Editor,
        version: 1,
        created_at: NOW,
        created_by: AccountId::make(NOW, &mut Fixed(9)),
        disabled_at: disabled.then_some(NOW),
    })
}

fn tell(replica: &Replica, entities: Vec<Entity>) {
    let head = replica.cursor(Feed::Organization).unwrap().sequence + 1;
    let page = ChangesPage {
        changes: entities
            .into_iter()
            .map(|entity| Change {
                sequence: head,
                entity,
            })
            .collect(),
        next: head,
        head,
        remaining: 0,
        epoch: 1,
    };
    replica.apply(Feed::Organization, &page).unwrap();
}

fn listed(replica: &Replica, query: &KeyQuery) -> Vec<String> {
    let (records, total) = replica.keys(query, NOW).unwrap();
    assert_eq!(records.len(), usize::try_from(total).unwrap());
    records
        .into_iter()
        .map(|record| record.view.name.to_string())
        .collect()
}

fn suspended(replica: &Replica) -> Vec<String> {
    let query = KeyQuery {
        states: vec![KeyState::Suspended],
        ..KeyQuery::by_name(10)
    };
    listed(replica, &query)
}

#[test]
fn k10_suspended_follows_policy_role_and_service_account() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("replica.db");
    let secret = SecretBytes::from_bytes([1; 32]);
    let replica = Replica::create(&path, &secret).unwrap();
    let (adas, robots) = (Principal::Member(member()), Principal::ServiceAccount(account()));
    tell(
        &replica,
        vec![
            organization(TokenPolicy::All),
            ada(Role::Editor),
            // Told after its token, as after an edit.
            key(21, "nightly", Some(robots)),
            key(22, "notebook", Some(adas)),
            key(23, "shared", None),
            robot("Deployer", false),
        ],
    );
    // The listing is read before anything is suspended, and follows.
    assert!(suspended(&replica).is_empty());
    tell(&replica, vec![organization(TokenPolicy::Nobody)]);
    assert_eq!(suspended(&replica), ["nightly", "notebook"]);
    let counted = replica.key_counts(NOW.plus_days(100)).unwrap();
    assert_eq!(
        counted.unused, 1,
        "what is suspended works not, and is not unused"
    );
    tell(
        &replica,
        vec![organization(TokenPolicy::All), robot("Deployer", true)],
    );
    assert_eq!(suspended(&replica), ["nightly"]);
    let found = replica.key(KeyId::make(NOW, &mut Fixed(21))).unwrap().unwrap();
    assert_eq!(found.suspension, Some(Suspension::Disabled));
    assert_eq!(found.owner_name.as_deref(), Some("Deployer"));
    tell(&replica, vec![robot("Night shift", false), ada(Role::Viewer)]);
    assert_eq!(suspended(&replica), ["notebook"]);
    tell(&replica, vec![ada(Role::Billing)]);
    assert!(suspended(&replica).is_empty());

    // Found by their owner, and by the name the owner has since.
    let query = KeyQuery {
        owner: Some(robots),
        ..KeyQuery::by_name(10)
    };
    assert_eq!(listed(&replica, &query), ["nightly"]);
    let query = KeyQuery {
        search: "night shift".to_owned(),
        ..KeyQuery::by_name(10)
    };
    assert_eq!(listed(&replica, &query), ["nightly"]);
    assert_eq!(replica.count_tokens(robots).unwrap(), 1);
    tell(
        &replica,
        vec![Entity::Gone {
            what: EntityRef::ServiceAccount(account()),
        }],
    );
    assert!(replica.service_accounts().unwrap().is_empty());
    let found = replica.key(KeyId::make(NOW, &mut Fixed(21))).unwrap().unwrap();
    assert_eq!(found.owner_name, None);
    assert!(replica.empty_organization().unwrap());
    assert!(replica.groups().unwrap().is_empty());
}
