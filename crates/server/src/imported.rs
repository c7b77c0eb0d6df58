//! Which secrets of another system may be known here, without asking the database.
//!
//! A secret of ours says by its form and checksum that it is one, so junk never reaches the database. One of another
//! system says nothing. So the hashes of those that were imported are held here, cut to eight bytes: what is none of
//! them is junk (but for one in 2⁶⁴ for each) and is answered as such. Whoever sends junk can cost the database one
//! look a second, for those that other nodes imported meanwhile; without anything imported, that look is an empty index.

use std::collections::HashSet;
use std::sync::{PoisonError, RwLock};

use crypto::secret::Secret;
use crypto::token::{BRAND, SecretHash};
use domain::clock::Timestamp;
use domain::import::may_be_foreign;
use store::{Store, StoreError, import};

/// The least time between two looks into the database, in seconds.
const LOOK_EVERY_SECONDS: i64 = 1;
/// What was written so long before the last look may have come to light after it: a write that took its time, or a
/// node whose clock is behind. In seconds.
const OVERLAP_SECONDS: i64 = 300;

/// Cheap to ask.
#[derive(Default)]
pub(crate) struct ImportedSecrets {
    known: RwLock<HashSet<u64>>,
    looked_at: tokio::sync::Mutex<Option<Timestamp>>,
}

fn short(hash: &SecretHash) -> u64 {
    let [a, b, c, d, e, f, g, h, ..] = *hash.as_bytes();
    u64::from_be_bytes([a, b, c, d, e, f, g, h])
}

impl ImportedSecrets {
    /// Takes up what was imported here: it is verified from the very next request on.
    pub(crate) fn add<'a>(&self, hashes: impl IntoIterator<Item = &'a SecretHash>) {
        self.known
            .write()
            .unwrap_or_else(PoisonError::into_inner)
            .extend(hashes.into_iter().map(short));
    }

    fn has(&self, hash: u64) -> bool {
        self.known
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .contains(&hash)
    }

    /// Whether a text of no form of ours may be a secret that was imported, so that it is worth a look-up.
    pub(crate) async fn may_have(
        &self,
        store: &Store,
        secret: &Secret,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        // What begins like one of ours is one of ours that is cut or mistyped, and never looked up.
        if secret.expose().starts_with(BRAND) || !may_be_foreign(secret.expose()) {
            return Ok(false);
        }
        let hash = short(&SecretHash::of(secret.expose()));
        if self.has(hash) {
            return Ok(true);
        }
        // One looks, and the others wait for what it finds.
        let mut looked_at = self.looked_at.lock().await;
        let since = match *looked_at {
            Some(at) if now < at.plus_seconds(LOOK_EVERY_SECONDS) => return Ok(self.has(hash)),
            Some(at) => at.plus_seconds(-OVERLAP_SECONDS),
            None => Timestamp::from_micros(0),
        };
        let fresh = import::hashes(&mut store.direct().await?, since).await?;
        self.add(&fresh);
        *looked_at = Some(now);
        Ok(self.has(hash))
    }
}
