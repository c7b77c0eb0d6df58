//! How often something may be tried.
//!
//! Each key has a bucket of attempts that refills evenly. Counting goes by the clock that is a parameter, so a test
//! can let a quarter of an hour pass. Buckets live in memory: a restart forgets them, and several nodes count apart.
//!
//! For signing in there are two: one for an address together with an email, and a wider one for the address alone. A
//! stranger who guesses at somebody's password therefore locks out themselves and whoever shares their address, never
//! the owner at another address; and neither answer depends on whether the account exists.

use std::collections::HashMap;
use std::hash::Hash;
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};

use domain::clock::Timestamp;
use domain::email::EmailAddress;
use domain::id::AccountId;

use crate::config::Config;

/// Buckets kept before those that are full again are dropped.
const MANY: usize = 50_000;
const QUARTER_HOUR: i64 = 15 * 60;
const HOUR: i64 = 60 * 60;
/// Issuers one account may have asked in an hour: each makes the server ask an address of the account's choice.
const ISSUERS_PER_HOUR: u32 = 60;

/// Buckets of one size: for each key, when its bucket will be full again.
struct Buckets<K> {
    most: i64,
    /// Microseconds in which one attempt comes back.
    each: i64,
    full_at: Mutex<HashMap<K, i64>>,
}

impl<K: Eq + Hash> Buckets<K> {
    fn new(most: u32, window_seconds: i64) -> Self {
        let most = i64::from(most.max(1));
        Self {
            most,
            each: window_seconds * 1_000_000 / most,
            full_at: Mutex::new(HashMap::new()),
        }
    }

    /// Takes one attempt, or says in how many seconds there is one.
    fn take(&self, key: K, now: Timestamp) -> Result<(), u32> {
        let now = now.as_micros();
        let mut full_at = self.full_at.lock().unwrap_or_else(PoisonError::into_inner);
        if full_at.len() >= MANY {
            full_at.retain(|_, at| *at > now);
        }
        let at = full_at.entry(key).or_insert(now);
        let next = (*at).max(now) + self.each;
        let over = next - (now + self.most * self.each);
        if over > 0 {
            return Err(u32::try_from((over + 999_999) / 1_000_000).unwrap_or(u32::MAX));
        }
        *at = next;
        Ok(())
    }

    /// Gives one attempt back.
    fn give_back(&self, key: &K) {
        let mut full_at = self.full_at.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(at) = full_at.get_mut(key) {
            *at -= self.each;
        }
    }
}

/// All that is counted.
pub(crate) struct Attempts {
    email_and_address: Buckets<(EmailAddress, IpAddr)>,
    address: Buckets<IpAddr>,
    sign_ups: Buckets<IpAddr>,
    invitations: Buckets<IpAddr>,
    issuers: Buckets<AccountId>,
}

impl Attempts {
    pub(crate) fn new(config: &Config) -> Self {
        Self {
            email_and_address: Buckets::new(config.sign_in_attempts, QUARTER_HOUR),
            address: Buckets::new(config.sign_in_attempts_per_address, QUARTER_HOUR),
            sign_ups: Buckets::new(config.sign_ups_per_hour, HOUR),
            invitations: Buckets::new(config.sign_in_attempts_per_address, QUARTER_HOUR),
            issuers: Buckets::new(ISSUERS_PER_HOUR, HOUR),
        }
    }

    /// Before a password is looked at. Taken first and given back after a success, so that many at once don't slip
    /// through together.
    pub(crate) fn sign_in(&self, email: &EmailAddress, from: IpAddr, now: Timestamp) -> Result<(), u32> {
        self.address.take(from, now)?;
        self.email_and_address
            .take((email.clone(), from), now)
            .inspect_err(|_| self.address.give_back(&from))
    }

    /// After a success: only failures count.
    pub(crate) fn signed_in(&self, email: &EmailAddress, from: IpAddr) {
        self.address.give_back(&from);
        self.email_and_address.give_back(&(email.clone(), from));
    }

    /// Before a code of an invitation is looked up; given back where it opens something.
    pub(crate) fn invitation(&self, from: IpAddr, now: Timestamp) -> Result<(), u32> {
        self.invitations.take(from, now)
    }

    /// After a success: only failures count.
    pub(crate) fn invited(&self, from: IpAddr) {
        self.invitations.give_back(&from);
    }

    /// Before an issuer is asked for somebody.
    pub(crate) fn issuer(&self, by: AccountId, now: Timestamp) -> Result<(), u32> {
        self.issuers.take(by, now)
    }

    pub(crate) fn sign_up(&self, from: IpAddr, now: Timestamp) -> Result<(), u32> {
        self.sign_ups.take(from, now)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::from_micros(1_000_000_000);

    #[test]
    fn a_bucket_empties_and_refills_evenly() {
        let buckets = Buckets::new(3, 30);
        for _ in 0..3 {
            assert_eq!(buckets.take("a", NOW), Ok(()));
        }
        assert_eq!(buckets.take("a", NOW), Err(10));
        assert_eq!(buckets.take("b", NOW), Ok(()));
        assert_eq!(buckets.take("a", NOW.plus_seconds(9)), Err(1));
        assert_eq!(buckets.take("a", NOW.plus_seconds(10)), Ok(()));
        assert_eq!(buckets.take("a", NOW.plus_seconds(10)), Err(10));
    }

    #[test]
    fn what_is_given_back_can_be_taken_again() {
        let buckets = Buckets::new(1, 30);
        assert_eq!(buckets.take("a", NOW), Ok(()));
        buckets.give_back(&"a");
        assert_eq!(buckets.take("a", NOW), Ok(()));
        assert_eq!(buckets.take("a", NOW), Err(30));
    }

    #[test]
    fn an_attempt_that_was_refused_costs_nothing() {
        let buckets = Buckets::new(1, 30);
        assert_eq!(buckets.take("a", NOW), Ok(()));
        for _ in 0..100 {
            assert_eq!(buckets.take("a", NOW), Err(30));
        }
        assert_eq!(buckets.take("a", NOW.plus_seconds(30)), Ok(()));
    }
}
