//! The list of all keys, in memory: what it takes to search, filter and sort 100,000 of them between two key presses.
//!
//! It holds no more than the narrow columns, is read from the file once, and follows each transaction that commits. It
//! is derived: the file is the truth, and a listing that can't follow is thrown away and read anew.

use std::cmp::Ordering;
use std::collections::HashSet;

use domain::clock::Timestamp;
use domain::id::KeyId;
use domain::key::{KeyKind, KeyState, Life};
use domain::token::TokenOwner;
use memchr::memmem::Finder;
use rusqlite::{Connection, Row};

use crate::ReplicaError;
use crate::key::{KeyCounts, KeyQuery, Sort, SortBy};
use crate::rules::Rules;

/// Keys expiring within this many days are counted as expiring soon (K16).
const SOON_DAYS: i64 = 30;
/// Keys not used for this many days are counted as unused (K16).
const UNUSED_DAYS: i64 = 90;

struct Entry {
    /// The name in lower case: what names are sorted by.
    name: Box<str>,
    id: KeyId,
    kind: KeyKind,
    created_at: Timestamp,
    life: Life,
    last_used_at: Option<Timestamp>,
    /// Since when the server knows it: an imported key may be older.
    known_at: Option<Timestamp>,
    owner: Option<TokenOwner>,
    haystack: Box<str>,
}

impl Entry {
    fn state(&self, rules: &Rules, now: Timestamp) -> KeyState {
        self.life.state_under(rules.suspend(self.kind, self.owner), now)
    }
}

/// All keys, by name, and what suspends some of them.
pub(crate) struct Listing {
    entries: Vec<Entry>,
    rules: Rules,
}

const COLUMNS: &str = "id, name, kind, created_at, expires_at, revoked_at, last_used_at, haystack, \
                       paused_at, rotates_until, known_at, owner";

fn entry(row: &Row<'_>) -> Result<Entry, ReplicaError> {
    let damaged = |what: &str| ReplicaError::Row(serde::de::Error::custom(what));
    let time = |at: usize| -> rusqlite::Result<Option<Timestamp>> {
        Ok(row.get::<_, Option<i64>>(at)?.map(Timestamp::from_micros))
    };
    let text = |at: usize| -> rusqlite::Result<&str> { Ok(row.get_ref(at)?.as_str()?) };
    Ok(Entry {
        id: text(0)?.parse().map_err(|_| damaged("the id of a key"))?,
        name: text(1)?.to_lowercase().into(),
        kind: KeyKind::from_name(text(2)?).ok_or_else(|| damaged("the kind of a key"))?,
        created_at: Timestamp::from_micros(row.get(3)?),
        life: Life {
            expires_at: time(4)?,
            revoked_at: time(5)?,
            paused_at: time(8)?,
            rotates_until: time(9)?,
        },
        last_used_at: time(6)?,
        known_at: time(10)?,
        owner: row
            .get_ref(11)?
            .as_str_or_null()
            .map_err(rusqlite::Error::from)?
            .and_then(TokenOwner::from_text),
        haystack: text(7)?.into(),
    })
}

fn by_name(one: &Entry, other: &Entry) -> Ordering {
    one.name.cmp(&other.name).then_with(|| one.id.cmp(&other.id))
}

/// What is missing comes last, whichever way the rest runs.
fn missing_last(one: Option<Timestamp>, other: Option<Timestamp>, descending: bool) -> Ordering {
    match (one, other) {
        (Some(one), Some(other)) if descending => other.cmp(&one),
        (Some(one), Some(other)) => one.cmp(&other),
        (Some(_), None) => Ordering::Less,
        (None, Some(_)) => Ordering::Greater,
        (None, None) => Ordering::Equal,
    }
}

impl Listing {
    /// Reads all keys.
    pub(crate) fn read(connection: &Connection) -> Result<Self, ReplicaError> {
        let mut entries = Vec::new();
        let mut statement = connection.prepare_cached(&format!("SELECT {COLUMNS} FROM key"))?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            entries.push(entry(row)?);
        }
        entries.sort_unstable_by(by_name);
        let rules = Rules::read(connection)?;
        Ok(Self { entries, rules })
    }

    /// Reads the keys of these ids anew, whether they are new, changed or gone.
    pub(crate) fn follow(
        &mut self,
        connection: &Connection,
        ids: &HashSet<KeyId>,
    ) -> Result<(), ReplicaError> {
        let mut statement = connection.prepare_cached(&format!("SELECT {COLUMNS} FROM key WHERE id = ?1"))?;
        let mut fresh = Vec::with_capacity(ids.len());
        for id in ids {
            let mut rows = statement.query([id.to_string()])?;
            if let Some(row) = rows.next()? {
                fresh.push(entry(row)?);
            }
        }
        fresh.sort_unstable_by(by_name);
        let kept = std::mem::take(&mut self.entries)
            .into_iter()
            .filter(|entry| !ids.contains(&entry.id));
        self.entries = merge(kept, fresh);
        Ok(())
    }

    /// Reads anew what suspends keys.
    pub(crate) fn follow_rules(&mut self, connection: &Connection) -> Result<(), ReplicaError> {
        self.rules = Rules::read(connection)?;
        Ok(())
    }

    /// The ids of one window of the keys that fit, and how many fit in all.
    pub(crate) fn select(&self, query: &KeyQuery, now: Timestamp) -> (Vec<KeyId>, u32) {
        let search = query.search.to_lowercase();
        let words: Vec<Finder<'_>> = search.split_whitespace().map(Finder::new).collect();
        let latest = query
            .expires_within_days
            .map(|days| now.plus_days(i64::from(days)));
        let stale = query.unused_for_days.map(|days| now.plus_days(-i64::from(days)));
        let fits = |entry: &&Entry| {
            (query.kinds.is_empty() || query.kinds.contains(&entry.kind))
                && (query.states.is_empty() || query.states.contains(&entry.state(&self.rules, now)))
                && query.owner.is_none_or(|owner| entry.owner == Some(owner))
                && latest.is_none_or(|latest| expires_by(entry, now, latest))
                && stale
                    .is_none_or(|stale| entry.state(&self.rules, now).lets_in() && is_unused(entry, stale))
                && words
                    .iter()
                    .all(|word| word.find(entry.haystack.as_bytes()).is_some())
        };
        let mut fitting: Vec<&Entry> = self.entries.iter().filter(fits).collect();
        let total = u32::try_from(fitting.len()).unwrap_or(u32::MAX);
        let last = (query.offset as usize).saturating_add(query.limit as usize);
        arrange(&mut fitting, query.sort, (&self.rules, now), last);
        let window = fitting
            .into_iter()
            .skip(query.offset as usize)
            .take(query.limit as usize);
        (window.map(|entry| entry.id).collect(), total)
    }

    /// Counts over all keys.
    pub(crate) fn counts(&self, now: Timestamp) -> KeyCounts {
        let (soon, stale) = (now.plus_days(SOON_DAYS), now.plus_days(-UNUSED_DAYS));
        let mut counts = KeyCounts {
            all: u32::try_from(self.entries.len()).unwrap_or(u32::MAX),
            expiring_soon: 0,
            unused: 0,
        };
        let lets_in = |entry: &&Entry| entry.state(&self.rules, now).lets_in();
        for entry in self.entries.iter().filter(lets_in) {
            counts.expiring_soon += u32::from(expires_by(entry, now, soon));
            counts.unused += u32::from(is_unused(entry, stale));
        }
        counts
    }
}

/// Whether nothing was heard of a key since `stale`: no use, nor that it was made or imported.
fn is_unused(entry: &Entry, stale: Timestamp) -> bool {
    let known = entry
        .known_at
        .map_or(entry.created_at, |at| at.max(entry.created_at));
    entry.last_used_at.map_or(known, |used| used.max(known)) <= stale
}

fn expires_by(entry: &Entry, now: Timestamp, latest: Timestamp) -> bool {
    entry.life.revoked_at.is_none()
        && entry
            .life
            .expires_at
            .is_some_and(|end| end > now && end <= latest)
}

/// Puts the first `last` of what is sorted by name already into their order; equals stay in the order of their names.
/// The rest is left unsorted: nobody sees it.
fn arrange(entries: &mut Vec<&Entry>, sort: Sort, (rules, now): (&Rules, Timestamp), last: usize) {
    if sort.by == SortBy::Name {
        if sort.descending {
            entries.reverse();
        }
        return;
    }
    let turn = |order: Ordering| if sort.descending { order.reverse() } else { order };
    let by = |one: &Entry, other: &Entry| match sort.by {
        SortBy::Name => Ordering::Equal,
        SortBy::Kind => turn(one.kind.as_str().cmp(other.kind.as_str())),
        SortBy::State => turn(one.state(rules, now).cmp(&other.state(rules, now))),
        SortBy::Expires => missing_last(one.life.expires_at, other.life.expires_at, sort.descending),
        SortBy::LastUsed => missing_last(one.last_used_at, other.last_used_at, sort.descending),
        SortBy::Created => turn(one.created_at.cmp(&other.created_at)),
    };
    let mut placed: Vec<(usize, &Entry)> = std::mem::take(entries).into_iter().enumerate().collect();
    let order =
        |one: &(usize, &Entry), other: &(usize, &Entry)| by(one.1, other.1).then_with(|| one.0.cmp(&other.0));
    if (1..placed.len()).contains(&last) {
        placed.select_nth_unstable_by(last - 1, order);
        placed.truncate(last);
    }
    placed.sort_unstable_by(order);
    entries.extend(placed.into_iter().map(|(_, entry)| entry));
}

/// Two lists by name, as one.
fn merge(kept: impl Iterator<Item = Entry>, fresh: Vec<Entry>) -> Vec<Entry> {
    let mut merged = Vec::with_capacity(kept.size_hint().1.unwrap_or(0) + fresh.len());
    let mut fresh = fresh.into_iter().peekable();
    for entry in kept {
        while let Some(earlier) = fresh.next_if(|fresh| by_name(fresh, &entry) == Ordering::Less) {
            merged.push(earlier);
        }
        merged.push(entry);
    }
    merged.extend(fresh);
    merged
}
