//! The secrets that were verified lately, so that the next request with one need not ask the database (K14).
//!
//! What is kept is what the database said, never what followed from it: state, expiry and the end of a rotation are
//! computed from the stored times at each request. [`Store::holds`] says each time whether it is still so. Only secrets
//! that exist are kept, so nobody fills this by asking, and a key that is made is good at once.

use std::sync::Arc;

use crypto::token::SecretHash;
use domain::clock::Timestamp;
use quick_cache::sync::Cache;
use store::secret::{self, Known};
use store::{Mark, Store, StoreError};

/// The most secrets that are kept: some 40 MB when all are. More push out those that are asked for least.
pub(crate) const MOST: usize = 100_000;
/// What nobody announces, an operator's own SQL or a restored backup, is noticed after this time.
const OLDEST_SECONDS: i64 = 60;
/// Room is made for so many, and more when they come.
const FIRST: usize = 256;

/// A secret as the database had it.
pub(crate) struct Seen {
    pub(crate) known: Known,
    mark: Mark,
    at: Timestamp,
}

impl Seen {
    fn holds(&self, store: &Store, now: Timestamp) -> bool {
        (0..OLDEST_SECONDS * 1_000_000).contains(&now.micros_since(self.at))
            && store.holds(self.mark, (self.known.organization, self.known.key), now)
    }
}

/// Secrets by their hash.
pub(crate) struct KnownSecrets(Cache<SecretHash, Arc<Seen>>);

impl Default for KnownSecrets {
    fn default() -> Self {
        Self::with_room_for(MOST)
    }
}

impl KnownSecrets {
    fn with_room_for(most: usize) -> Self {
        Self(Cache::with(
            FIRST.min(most),
            u64::try_from(most).unwrap_or(u64::MAX),
            quick_cache::UnitWeighter,
            quick_cache::DefaultHashBuilder::default(),
            quick_cache::sync::DefaultLifecycle::default(),
        ))
    }

    /// The secret with this hash: as it was seen, where that still holds, else as the database has it.
    pub(crate) async fn find(
        &self,
        store: &Store,
        hash: &SecretHash,
        now: Timestamp,
    ) -> Result<Option<Arc<Seen>>, StoreError> {
        if let Some(seen) = self.0.get(hash)
            && seen.holds(store, now)
        {
            return Ok(Some(seen));
        }
        // Before the question: a change that commits while it is answered is later than this.
        let mark = store.mark();
        let Some(known) = secret::by_hash(&mut store.direct().await?, hash).await? else {
            self.0.remove(hash);
            return Ok(None);
        };
        Ok(Some(self.keep(hash, known, mark, now)))
    }

    fn keep(&self, hash: &SecretHash, known: Known, mark: Mark, at: Timestamp) -> Arc<Seen> {
        let seen = Arc::new(Seen { known, mark, at });
        self.0.insert(*hash, seen.clone());
        seen
    }

    /// How many are kept.
    #[cfg(test)]
    fn len(&self) -> usize {
        self.0.len()
    }
}

#[cfg(test)]
mod tests {
    use domain::activity::{Actor, Event, Scope};
    use domain::id::{AccountId, EventId, KeyId, OrganizationId};
    use protocol::change::EntityRef;
    use store::testing::{Database, execute, fill_as_first_version};
    use store::{Changed, Kind, Record, key};

    use super::*;
    use crate::chance::Counted;

    const NOON: Timestamp = Timestamp::from_micros(1_773_312_127_000_000);
    const HASH: SecretHash = SecretHash::from_bytes([7; 32]);

    /// A database with one key, whose secret has [`HASH`].
    async fn one_key() -> (Database, Store, Scope, AccountId, KeyId) {
        let database = Database::fresh(Kind::Sqlite).await.unwrap();
        let [account, organization, ..] = fill_as_first_version(&database.url, NOON).await.unwrap();
        let store = Store::connect(&database.url, NOON).await.unwrap();
        for sql in [
            "INSERT INTO key (id, organization_id, kind, free, name, description, version, created_at, created_by) \
             SELECT x'00000000000070008000000000000009', o.id, 'team', 0, 'ci', '', 1, 1, a.id \
             FROM organization o, account a",
            "INSERT INTO secret (id, key_id, organization_id, hash, prefix, last_four, created_at, use_count) \
             SELECT id, id, organization_id, \
             x'0707070707070707070707070707070707070707070707070707070707070707', 'kst_team_', 'abcd', 1, 0 FROM key",
        ] {
            execute(&store, sql).await.unwrap();
        }
        let scope = Scope::Organization(OrganizationId::from_uuid(organization));
        let known = secret::by_hash(&mut store.direct().await.unwrap(), &HASH)
            .await
            .unwrap();
        (
            database,
            store,
            scope,
            AccountId::from_uuid(account),
            known.unwrap().key,
        )
    }

    async fn revoke(store: &Store, scope: Scope, by: AccountId, id: KeyId) {
        let Scope::Organization(organization) = scope else {
            panic!("an organization's key");
        };
        let mut write = store.write(scope, NOON).await.unwrap().unwrap();
        key::revoke(&mut write, organization, id, by).await.unwrap();
        let record = Record {
            id: EventId::make(NOON, &mut Counted::default()),
            scope,
            actor: Actor::Account(by),
            event: Event::KeyRevoked {
                key: id,
                name: "ci".to_owned(),
            },
            changed: vec![Changed::Here(EntityRef::Key(id))],
        };
        write.commit([record]).await.unwrap();
    }

    #[tokio::test]
    async fn k14_what_was_read_before_a_revocation_and_kept_after_it_lets_nobody_in() {
        let (_database, store, scope, by, id) = one_key().await;
        let known = KnownSecrets::default();
        // A request that asked the database, and was slow to keep the answer.
        let mark = store.mark();
        let read = secret::by_hash(&mut store.direct().await.unwrap(), &HASH)
            .await
            .unwrap();
        revoke(&store, scope, by, id).await;
        known.keep(&HASH, read.unwrap(), mark, NOON);
        let found = known.find(&store, &HASH, NOON).await.unwrap().unwrap();
        assert_eq!(found.known.life.revoked_at, Some(NOON));
        // What was read since is kept.
        let again = known.find(&store, &HASH, NOON).await.unwrap().unwrap();
        assert!(Arc::ptr_eq(&found, &again));
        store.close().await;
    }

    #[tokio::test]
    async fn k14_what_nobody_announces_is_noticed_within_a_minute() {
        let (_database, store, ..) = one_key().await;
        let known = KnownSecrets::default();
        let first = known.find(&store, &HASH, NOON).await.unwrap().unwrap();
        let later = known
            .find(&store, &HASH, NOON.plus_seconds(59))
            .await
            .unwrap()
            .unwrap();
        assert!(Arc::ptr_eq(&first, &later));
        let anew = known
            .find(&store, &HASH, NOON.plus_seconds(60))
            .await
            .unwrap()
            .unwrap();
        assert!(!Arc::ptr_eq(&first, &anew));
        let back = known.find(&store, &HASH, NOON).await.unwrap().unwrap();
        assert!(!Arc::ptr_eq(&anew, &back), "the clock went back");
        store.close().await;
    }

    #[tokio::test]
    async fn k14_nobody_fills_the_memory_by_asking() {
        let (_database, store, ..) = one_key().await;
        let known = KnownSecrets::default();
        for number in 0..1_000u32 {
            let mut bytes = [1; 32];
            bytes[..4].copy_from_slice(&number.to_be_bytes());
            let found = known
                .find(&store, &SecretHash::from_bytes(bytes), NOON)
                .await
                .unwrap();
            assert!(found.is_none());
        }
        assert_eq!(known.len(), 0, "what is not there is not kept");
        // Nor by having many keys.
        let few = KnownSecrets::with_room_for(100);
        let found = secret::by_hash(&mut store.direct().await.unwrap(), &HASH)
            .await
            .unwrap()
            .unwrap();
        for number in 0..10_000u32 {
            let mut bytes = [1; 32];
            bytes[..4].copy_from_slice(&number.to_be_bytes());
            few.keep(&SecretHash::from_bytes(bytes), found.clone(), store.mark(), NOON);
        }
        assert!(few.len() <= 100, "{}", few.len());
        store.close().await;
    }
}
