//! What the stories begin with: a database, an exact clock, seeded chance, and Ada's organization.

use std::sync::atomic::{AtomicU64, Ordering};

use crypto::token::SecretHash;
use domain::activity::{Actor, Event, Scope};
use domain::clock::Timestamp;
use domain::email::EmailAddress;
use domain::entropy::Entropy;
use domain::id::{AccountId, EventId, KeyId, MemberId, OperationId, OrganizationId, SecretId, SessionId};
use domain::key::KeyKind;
use domain::name::{Description, DisplayName, KeyName, OrganizationName, Username};
use domain::role::Role;
use protocol::change::EntityRef;
use protocol::key::NewSecret;
use store::account::NewAccount;
use store::key::NewKey;
use store::member::NewMember;
use store::session::NewSession;
use store::testing::Database;
use store::{Changed, Kind, Record, Store, StoreError, Write, account, key, member, organization, session};

pub(crate) const NOW: Timestamp = Timestamp::from_micros(1_773_312_127_000_250);

static CHANCE: AtomicU64 = AtomicU64::new(1);

/// Never the same twice in a process, always the same in the next.
struct Counting;

impl Entropy for Counting {
    fn fill(&mut self, bytes: &mut [u8]) {
        for chunk in bytes.chunks_mut(8) {
            let count = CHANCE.fetch_add(1, Ordering::Relaxed).to_be_bytes();
            chunk.copy_from_slice(&count[8 - chunk.len()..]);
        }
    }
}

pub(crate) fn make<I>(make: fn(Timestamp, &mut dyn Entropy) -> I) -> I {
    make(NOW, &mut Counting)
}

pub(crate) struct Given {
    pub(crate) database: Database,
    pub(crate) store: Store,
    pub(crate) ada: AccountId,
    pub(crate) organization: OrganizationId,
    pub(crate) free_key: KeyId,
}

/// Tells a story on a fresh database; on PostgreSQL only where there is one.
pub(crate) async fn tell(kind: Kind, story: impl AsyncFnOnce(Given)) {
    let Some(database) = Database::fresh(kind).await else {
        return;
    };
    let store = Store::connect(&database.url, NOW).await.unwrap();
    assert_eq!(store.kind(), kind);
    let (ada, organization, free_key) = sign_up(&store, "ada").await;
    story(Given {
        database,
        store: store.clone(),
        ada,
        organization,
        free_key,
    })
    .await;
    store.close().await;
}

pub(crate) fn secret_of(key: KeyId) -> NewSecret {
    let id = make(SecretId::make);
    NewSecret {
        key_id: key,
        id,
        hash: SecretHash::of(&id.to_string()),
        prefix: "kst_team_".to_owned(),
        last_four: "Qw9z".to_owned(),
    }
}

pub(crate) fn record(scope: Scope, actor: AccountId, event: Event, changed: Vec<EntityRef>) -> Record {
    Record {
        id: make(EventId::make),
        scope,
        actor: Actor::Account(actor),
        event,
        changed: changed.into_iter().map(Changed::Here).collect(),
    }
}

pub(crate) async fn sign_up(store: &Store, name: &str) -> (AccountId, OrganizationId, KeyId) {
    let (ada, org, mem) = (
        make(AccountId::make),
        make(OrganizationId::make),
        make(MemberId::make),
    );
    let mut write = store.found(NOW).await.unwrap();
    account::count_one_more(&mut write).await.unwrap();
    write.open_new(Scope::Account(ada)).await.unwrap();
    write.open_new(Scope::Organization(org)).await.unwrap();
    let new = NewAccount {
        id: ada,
        email: &EmailAddress::parse(&format!("{name}@example.org")).unwrap(),
        username: &Username::parse(name).unwrap(),
        display_name: &DisplayName::parse(name).unwrap(),
        password_hash: "$argon2id$",
    };
    account::insert(&mut write, &new).await.unwrap();
    organization::insert(&mut write, org, &OrganizationName::parse("Engines").unwrap())
        .await
        .unwrap();
    let new = NewMember {
        id: mem,
        organization: org,
        account: ada,
        role: Role::Owner,
    };
    member::insert(&mut write, new).await.unwrap();
    let free_key = make(KeyId::make);
    insert_key(&mut write, org, ada, true, &secret_of(free_key))
        .await
        .unwrap();
    let created = Event::AccountCreated {
        email: format!("{name}@example.org"),
        username: name.to_owned(),
    };
    let founded = Event::OrganizationCreated {
        name: "Engines".to_owned(),
        owner: ada,
        role: Role::Owner,
        free_key,
    };
    let changed = vec![
        EntityRef::Organization(org),
        EntityRef::Member(mem),
        EntityRef::Key(free_key),
    ];
    write
        .commit([
            record(
                Scope::Account(ada),
                ada,
                created,
                vec![EntityRef::Profile(ada), EntityRef::Membership(mem)],
            ),
            record(Scope::Organization(org), ada, founded, changed),
        ])
        .await
        .unwrap();
    (ada, org, free_key)
}

pub(crate) async fn insert_key(
    write: &mut Write,
    organization: OrganizationId,
    by: AccountId,
    free: bool,
    secret: &NewSecret,
) -> Result<(), StoreError> {
    let new = NewKey {
        owner: None,
        organization,
        kind: if free { KeyKind::Service } else { KeyKind::Team },
        free,
        name: &KeyName::parse("ci").unwrap(),
        description: &Description::parse("").unwrap(),
        expires_at: None,
        requests_per_minute: None,
        grants: &[],
        by,
        secret,
    };
    key::insert(write, &new).await
}

pub(crate) fn created(key: KeyId, secret: SecretId) -> Event {
    Event::KeyCreated {
        owner: None,
        key,
        secret,
        kind: KeyKind::Team,
        name: "ci".to_owned(),
        expires_at: None,
        requests_per_minute: None,
        people: Vec::new(),
        grants: Vec::new(),
    }
}

impl Given {
    pub(crate) fn scope(&self) -> Scope {
        Scope::Organization(self.organization)
    }

    pub(crate) async fn write(&self) -> Write {
        self.store.write(self.scope(), NOW).await.unwrap().unwrap()
    }

    /// Makes a team key, whole.
    pub(crate) async fn create_key(&self) -> (KeyId, NewSecret) {
        create_key(&self.store, self.organization, self.ada).await
    }

    /// Signs Ada in, whole.
    pub(crate) async fn begin_session(&self, client: &str, expires_at: Timestamp) -> SessionId {
        let scope = Scope::Account(self.ada);
        let id = make(SessionId::make);
        let mut write = self.store.write(scope, NOW).await.unwrap().unwrap();
        let new = NewSession {
            id,
            hash: SecretHash::of(&id.to_string()),
            account: self.ada,
            client,
            address: std::net::Ipv4Addr::LOCALHOST.into(),
            expires_at,
        };
        session::insert(&mut write, &new).await.unwrap();
        let event = Event::SessionStarted {
            session: id,
            client: client.to_owned(),
        };
        write
            .commit([record(scope, self.ada, event, vec![EntityRef::Session(id)])])
            .await
            .unwrap();
        id
    }

    /// Signs Ada out, whole.
    pub(crate) async fn end_session(&self, id: SessionId) {
        let scope = Scope::Account(self.ada);
        let mut write = self.store.write(scope, NOW).await.unwrap().unwrap();
        assert!(session::end(&mut write, id).await.unwrap());
        let mut record = record(scope, self.ada, Event::SessionEnded { session: id }, vec![]);
        record.changed = vec![Changed::Gone(EntityRef::Session(id))];
        write.commit([record]).await.unwrap();
    }

    pub(crate) async fn head(&self) -> i64 {
        store::change::head(&mut self.store.direct().await.unwrap(), self.scope())
            .await
            .unwrap()
            .unwrap()
    }
}

pub(crate) async fn create_key(
    store: &Store,
    organization: OrganizationId,
    by: AccountId,
) -> (KeyId, NewSecret) {
    let scope = Scope::Organization(organization);
    let (id, secret) = (make(KeyId::make), make(KeyId::make));
    let secret = NewSecret {
        key_id: id,
        ..secret_of(secret)
    };
    let mut write = store.write(scope, NOW).await.unwrap().unwrap();
    insert_key(&mut write, organization, by, false, &secret)
        .await
        .unwrap();
    let event = created(id, secret.id);
    write
        .commit([record(scope, by, event, vec![EntityRef::Key(id)])])
        .await
        .unwrap();
    (id, secret)
}

pub(crate) fn operation_id() -> OperationId {
    make(OperationId::make)
}
