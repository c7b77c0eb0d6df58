//! Whether what was read of a key still holds, so that verify need not read it again (K14).
//!
//! Every change of a key that is heard takes a number. Whoever reads takes the number there is *before* reading
//! ([`Store::mark`]); what was read holds as long as no change of that key has a greater one. So a read that began before
//! a change committed can be kept by whoever likes, and however late: it never holds. Keys share a fixed number of
//! places; sharing one costs a needless read and nothing else. What changes many keys of an organization at once, like its
//! token policy or the role of a member, takes a number for all of them, in places that organizations share.
//!
//! On SQLite this process makes every change, and says so before the change is answered. On PostgreSQL other nodes
//! tell of theirs through the notice channel, which may be cut without a word. There, what was read holds only while the
//! channel is known to be open: a question was asked over it, and answered, less than [`PROOF_HOLDS`] ago. PostgreSQL
//! signals a notice before it answers the commit, and delivers it before the answer to a question asked later; so a
//! proof covers every change that was answered before its question was asked.

use std::fmt;
use std::sync::Arc;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::time::Duration;

use domain::clock::{Clock, Timestamp};
use domain::id::{KeyId, OrganizationId};

use uuid::Uuid;

use crate::open::Store;

/// So long after it was asked for, a proof that the channel is open holds: what another node answered is known here
/// after this time at the latest.
pub(crate) const PROOF_HOLDS: Duration = Duration::from_millis(600);
const PLACES: usize = 4_096;
const ORGANIZATIONS: usize = 1_024;
const NEVER: i64 = i64::MIN;

/// The number of changes heard before a read began.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Mark(u64);

pub(crate) struct Fresh {
    /// The number of the latest change heard.
    heard: AtomicU64,
    /// What was read before this number holds no more, of whichever key.
    floor: AtomicU64,
    /// The number of the latest change of the keys of each place.
    places: Box<[AtomicU64]>,
    /// The number of the latest change of everything of the organizations of each place.
    organizations: Box<[AtomicU64]>,
    channel: Channel,
}

enum Channel {
    /// Only this process changes the database.
    None,
    /// Others do, and tell of it.
    Open {
        /// When the latest proof was asked for, by `clock`.
        proven_at: AtomicI64,
        clock: OnceLock<Arc<dyn Clock>>,
    },
}

impl fmt::Debug for Fresh {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Fresh")
            .field("heard", &self.heard)
            .finish_non_exhaustive()
    }
}

/// The end of an id is chance.
fn end_of(id: Uuid) -> usize {
    let bytes = id.into_bytes();
    usize::from(u16::from_be_bytes([bytes[14], bytes[15]]))
}

fn place(key: KeyId) -> usize {
    end_of(key.as_uuid()) % PLACES
}

fn place_of_all(organization: OrganizationId) -> usize {
    end_of(organization.as_uuid()) % ORGANIZATIONS
}

impl Fresh {
    fn new(channel: Channel) -> Self {
        Self {
            heard: AtomicU64::new(0),
            floor: AtomicU64::new(0),
            places: (0..PLACES).map(|_| AtomicU64::new(0)).collect(),
            organizations: (0..ORGANIZATIONS).map(|_| AtomicU64::new(0)).collect(),
            channel,
        }
    }

    /// For a database only this process changes.
    pub(crate) fn alone() -> Self {
        Self::new(Channel::None)
    }

    /// For a database that several nodes change. Nothing holds until a proof came.
    pub(crate) fn shared() -> Self {
        Self::new(Channel::Open {
            proven_at: AtomicI64::new(NEVER),
            clock: OnceLock::new(),
        })
    }

    /// A key changed: what was read of it until now holds no more.
    pub(crate) fn changed(&self, key: KeyId) {
        let number = self.heard.fetch_add(1, Ordering::SeqCst) + 1;
        self.places[place(key)].fetch_max(number, Ordering::SeqCst);
    }

    /// Something changed that every key of an organization may depend on.
    pub(crate) fn changed_all(&self, organization: OrganizationId) {
        let number = self.heard.fetch_add(1, Ordering::SeqCst) + 1;
        self.organizations[place_of_all(organization)].fetch_max(number, Ordering::SeqCst);
    }

    /// Changes may have been missed: nothing that was read until now holds, nor what is read before the next proof.
    pub(crate) fn lost(&self) {
        if let Channel::Open { proven_at, .. } = &self.channel {
            proven_at.store(NEVER, Ordering::SeqCst);
        }
        let number = self.heard.fetch_add(1, Ordering::SeqCst) + 1;
        self.floor.fetch_max(number, Ordering::SeqCst);
    }

    /// The clock that proofs are dated by; without one there are none.
    pub(crate) fn clock(&self) -> Option<&Arc<dyn Clock>> {
        match &self.channel {
            Channel::None => None,
            Channel::Open { clock, .. } => clock.get(),
        }
    }

    fn go_by(&self, by: Arc<dyn Clock>) {
        if let Channel::Open { clock, .. } = &self.channel {
            // The first one stays.
            let _known = clock.set(by);
        }
    }

    /// The channel answered a question that was asked at `asked`, and everything it said before is heard.
    pub(crate) fn proven(&self, asked: Timestamp) {
        if let Channel::Open { proven_at, .. } = &self.channel {
            proven_at.store(asked.as_micros(), Ordering::SeqCst);
        }
    }

    fn is_open(&self, now: Timestamp) -> bool {
        match &self.channel {
            Channel::None => true,
            Channel::Open { proven_at, .. } => match proven_at.load(Ordering::SeqCst) {
                NEVER => false,
                at => {
                    // A clock that went back proves nothing.
                    let age = u128::try_from(now.micros_since(Timestamp::from_micros(at)));
                    age.is_ok_and(|age| age < PROOF_HOLDS.as_micros())
                }
            },
        }
    }

    pub(crate) fn mark(&self) -> Mark {
        Mark(self.heard.load(Ordering::SeqCst))
    }

    pub(crate) fn holds(
        &self,
        Mark(mark): Mark,
        (organization, key): (OrganizationId, KeyId),
        now: Timestamp,
    ) -> bool {
        self.is_open(now)
            && self.places[place(key)].load(Ordering::SeqCst) <= mark
            && self.organizations[place_of_all(organization)].load(Ordering::SeqCst) <= mark
            && self.floor.load(Ordering::SeqCst) <= mark
    }
}

impl Store {
    /// Taken before reading a key: the number by which [`Store::holds`] knows later what has changed since.
    #[must_use]
    pub fn mark(&self) -> Mark {
        self.notices.fresh().mark()
    }

    /// Whether what was read of a key of an organization after `mark` was taken is still so. `false` also when that can't be
    /// known now.
    #[must_use]
    pub fn holds(&self, mark: Mark, of: (OrganizationId, KeyId), now: Timestamp) -> bool {
        self.notices.fresh().holds(mark, of, now)
    }

    /// Lets what was read hold for a time. Without a clock, on PostgreSQL, nothing ever does.
    pub fn trust_by(&self, clock: Arc<dyn Clock>) {
        self.notices.fresh().go_by(clock);
    }
}

#[cfg(test)]
mod tests {
    use domain::entropy::Entropy;

    use super::*;

    struct Same(u8);
    impl Entropy for Same {
        fn fill(&mut self, bytes: &mut [u8]) {
            bytes.fill(self.0);
        }
    }

    const NOON: Timestamp = Timestamp::from_micros(1_773_312_127_000_000);

    fn key(number: u8) -> (OrganizationId, KeyId) {
        (
            OrganizationId::make(NOON, &mut Same(9)),
            KeyId::make(NOON, &mut Same(number)),
        )
    }

    fn after(milliseconds: i64) -> Timestamp {
        Timestamp::from_micros(NOON.as_micros() + milliseconds * 1_000)
    }

    #[test]
    fn k14_what_was_read_before_a_change_never_holds() {
        let fresh = Fresh::alone();
        let before = fresh.mark();
        assert!(fresh.holds(before, key(1), NOON));
        // Read before the change, kept after it.
        fresh.changed(key(1).1);
        assert!(!fresh.holds(before, key(1), NOON));
        assert!(fresh.holds(before, key(2), NOON), "another key's");
        assert!(fresh.holds(fresh.mark(), key(1), NOON), "read since");
        fresh.lost();
        assert!(!fresh.holds(before, key(2), NOON));
    }

    #[test]
    fn k11_what_was_read_before_a_change_of_the_whole_organization_never_holds() {
        let fresh = Fresh::alone();
        let before = fresh.mark();
        let elsewhere = (OrganizationId::make(NOON, &mut Same(8)), key(1).1);
        fresh.changed_all(key(1).0);
        assert!(!fresh.holds(before, key(1), NOON) && !fresh.holds(before, key(2), NOON));
        assert!(fresh.holds(before, elsewhere, NOON), "another organization's");
        assert!(fresh.holds(fresh.mark(), key(1), NOON), "read since");
    }

    #[test]
    fn k14_without_a_recent_proof_nothing_holds() {
        let fresh = Fresh::shared();
        let mark = fresh.mark();
        assert!(!fresh.holds(mark, key(1), NOON), "never proven");
        fresh.proven(NOON);
        assert!(fresh.holds(mark, key(1), NOON));
        assert!(fresh.holds(mark, key(1), after(599)));
        assert!(!fresh.holds(mark, key(1), after(600)), "silent too long");
        assert!(!fresh.holds(mark, key(1), after(-1)), "the clock went back");
        fresh.lost();
        fresh.proven(after(700));
        assert!(!fresh.holds(mark, key(1), after(700)), "read before it was lost");
        assert!(fresh.holds(fresh.mark(), key(1), after(700)));
    }
}
