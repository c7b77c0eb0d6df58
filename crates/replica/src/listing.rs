//! The list of all keys, in memory: what it takes to search, filter and sort 100,000 of them between two key presses.
//!
//! It holds no more than the narrow columns, is read from the file once, and follows each transaction that commits. It
//! is derived: the file is the truth, and a listing that can't follow is thrown away and read anew.

use std::cmp::Ordering;
use std::collections::HashSet;
use std::ops::Range;

use domain::clock::Timestamp;
use domain::id::KeyId;
use domain::key::{KeyKind, KeyState, Life};
use domain::principal::Principal;
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
    owner: Option<Principal>,
    /// Where its text lies among the texts of all.
    text: Range<u32>,
}

impl Entry {
    fn state(&self, rules: &Rules, now: Timestamp) -> KeyState {
        self.life.state_under(rules.suspend(self.kind, self.owner), now)
    }
}

/// All keys, by name, and what suspends some of them.
pub(crate) struct Listing {
    entries: Vec<Entry>,
    /// What is searched of each key, in the order of the entries: one text is looked through many times faster than
    /// 100,000 of their own. Each ends with [`END`].
    texts: Vec<u8>,
    rules: Rules,
}

/// What ends the text of a key: no word that is searched has it.
const END: u8 = b'\n';

/// An entry that has not found its place yet, and its text.
struct Loose {
    entry: Entry,
    text: Box<str>,
}

const COLUMNS: &str = "id, name, kind, created_at, expires_at, revoked_at, last_used_at, haystack, \
                       paused_at, rotates_until, known_at, owner";

fn loose(row: &Row<'_>) -> Result<Loose, ReplicaError> {
    let damaged = |what: &str| ReplicaError::Row(serde::de::Error::custom(what));
    let time = |at: usize| -> rusqlite::Result<Option<Timestamp>> {
        Ok(row.get::<_, Option<i64>>(at)?.map(Timestamp::from_micros))
    };
    let text = |at: usize| -> rusqlite::Result<&str> { Ok(row.get_ref(at)?.as_str()?) };
    let entry = Entry {
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
            .and_then(Principal::from_text),
        text: 0..0,
    };
    Ok(Loose {
        entry,
        text: text(7)?.into(),
    })
}

fn by_name(one: &Entry, other: &Entry) -> Ordering {
    one.name.cmp(&other.name).then_with(|| one.id.cmp(&other.id))
}

/// What is missing comes last, whichever way the rest runs.
fn missing_last<T: Ord>(one: Option<&T>, other: Option<&T>, descending: bool) -> Ordering {
    match (one, other) {
        (Some(one), Some(other)) if descending => other.cmp(one),
        (Some(one), Some(other)) => one.cmp(other),
        (Some(_), None) => Ordering::Less,
        (None, Some(_)) => Ordering::Greater,
        (None, None) => Ordering::Equal,
    }
}

impl Listing {
    /// Reads all keys.
    pub(crate) fn read(connection: &Connection) -> Result<Self, ReplicaError> {
        let mut fresh = Vec::new();
        let mut statement = connection.prepare_cached(&format!("SELECT {COLUMNS} FROM key"))?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            fresh.push(loose(row)?);
        }
        let mut listing = Self {
            entries: Vec::new(),
            texts: Vec::new(),
            rules: Rules::read(connection)?,
        };
        listing.take_in(fresh, &HashSet::new());
        Ok(listing)
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
                fresh.push(loose(row)?);
            }
        }
        self.take_in(fresh, ids);
        Ok(())
    }

    /// Puts fresh entries where they belong by name; those of `ids` that were there go.
    fn take_in(&mut self, mut fresh: Vec<Loose>, ids: &HashSet<KeyId>) {
        fresh.sort_unstable_by(|one, other| by_name(&one.entry, &other.entry));
        let length: usize = fresh.iter().map(|loose| loose.text.len() + 1).sum();
        let old = std::mem::take(&mut self.texts);
        self.texts.reserve_exact(old.len() + length);
        let before = std::mem::take(&mut self.entries);
        self.entries.reserve_exact(before.len() + fresh.len());
        let mut fresh = fresh.into_iter().peekable();
        for entry in before {
            if ids.contains(&entry.id) {
                continue;
            }
            while let Some(earlier) = fresh.next_if(|fresh| by_name(&fresh.entry, &entry) == Ordering::Less) {
                self.push(earlier.entry, earlier.text.as_bytes());
            }
            let text = text_of(&old, &entry);
            self.push(entry, text);
        }
        for last in fresh {
            self.push(last.entry, last.text.as_bytes());
        }
    }

    fn push(&mut self, mut entry: Entry, text: &[u8]) {
        let place = |length: usize| u32::try_from(length).unwrap_or(u32::MAX);
        let start = place(self.texts.len());
        self.texts
            .extend(text.iter().map(|byte| if *byte == END { b' ' } else { *byte }));
        entry.text = start..place(self.texts.len());
        self.texts.push(END);
        self.entries.push(entry);
    }

    /// Reads anew what suspends keys.
    pub(crate) fn follow_rules(&mut self, connection: &Connection) -> Result<(), ReplicaError> {
        self.rules = Rules::read(connection)?;
        Ok(())
    }

    /// The ids of one window of the keys that fit, and how many fit in all.
    pub(crate) fn select(&self, query: &KeyQuery, now: Timestamp) -> (Vec<KeyId>, u32) {
        let latest = query
            .expires_within_days
            .map(|days| now.plus_days(i64::from(days)));
        let stale = query.unused_for_days.map(|days| now.plus_days(-i64::from(days)));
        let mut fitting = self.with_words(&query.search.to_lowercase());
        fitting.retain(|entry| {
            (query.kinds.is_empty() || query.kinds.contains(&entry.kind))
                && (query.states.is_empty() || query.states.contains(&entry.state(&self.rules, now)))
                && query.owner.is_none_or(|owner| entry.owner == Some(owner))
                && latest.is_none_or(|latest| expires_by(entry, now, latest))
                && stale
                    .is_none_or(|stale| entry.state(&self.rules, now).lets_in() && is_unused(entry, stale))
        });
        let total = u32::try_from(fitting.len()).unwrap_or(u32::MAX);
        let last = (query.offset as usize).saturating_add(query.limit as usize);
        let window = self.arrange(fitting, query.sort, now, last);
        let window = window
            .into_iter()
            .skip(query.offset as usize)
            .take(query.limit as usize);
        (window.map(|entry| entry.id).collect(), total)
    }

    /// The entries whose texts have every word, in the order of their names.
    fn with_words(&self, search: &str) -> Vec<&Entry> {
        let mut words: Vec<&str> = search.split_whitespace().collect();
        // The longest is looked for in all, the rest only where it was found.
        words.sort_by_key(|word| std::cmp::Reverse(word.len()));
        let Some((first, rest)) = words.split_first() else {
            return self.entries.iter().collect();
        };
        let first = Finder::new(first);
        let rest: Vec<Finder<'_>> = rest.iter().map(Finder::new).collect();
        let mut found = Vec::new();
        let mut ahead = self.entries.iter();
        let mut from = 0;
        while let Some(at) = self.texts.get(from..).and_then(|texts| first.find(texts)) {
            let Some(entry) = ahead.find(|entry| entry.text.end as usize > from + at) else {
                break;
            };
            from = entry.text.end as usize;
            let text = text_of(&self.texts, entry);
            if rest.iter().all(|word| word.find(text).is_some()) {
                found.push(entry);
            }
        }
        found
    }

    /// The first `last` of entries that stand in the order of their names, in the order that is asked for; equals stay in
    /// the order of their names. More may follow, in any order: nobody sees them.
    fn arrange<'a>(
        &self,
        fitting: Vec<&'a Entry>,
        sort: Sort,
        now: Timestamp,
        last: usize,
    ) -> Vec<&'a Entry> {
        let way = (sort.descending, last);
        match sort.by {
            SortBy::Name if sort.descending => fitting.into_iter().rev().collect(),
            SortBy::Name => fitting,
            SortBy::Kind => first(fitting, way, |entry| Some(entry.kind.as_str())),
            SortBy::State => first(fitting, way, |entry| Some(entry.state(&self.rules, now))),
            SortBy::Expires => first(fitting, way, |entry| entry.life.expires_at),
            SortBy::LastUsed => first(fitting, way, |entry| entry.last_used_at),
            SortBy::Created => first(fitting, way, |entry| Some(entry.created_at)),
        }
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

/// The first `last` by what `key` says of each; what it says is read once, so that comparing touches no entry.
fn first<'a, K: Ord>(
    entries: Vec<&'a Entry>,
    (descending, last): (bool, usize),
    key: impl Fn(&'a Entry) -> Option<K>,
) -> Vec<&'a Entry> {
    let mut placed: Vec<(Option<K>, usize, &Entry)> = entries
        .into_iter()
        .enumerate()
        .map(|(at, entry)| (key(entry), at, entry))
        .collect();
    let order = |one: &(Option<K>, usize, &Entry), other: &(Option<K>, usize, &Entry)| {
        missing_last(one.0.as_ref(), other.0.as_ref(), descending).then_with(|| one.1.cmp(&other.1))
    };
    if (1..placed.len()).contains(&last) {
        placed.select_nth_unstable_by(last - 1, order);
        placed.truncate(last);
    }
    placed.sort_unstable_by(order);
    placed.into_iter().map(|(_, _, entry)| entry).collect()
}

/// The text of an entry among those of all.
fn text_of<'a>(texts: &'a [u8], entry: &Entry) -> &'a [u8] {
    texts
        .get(entry.text.start as usize..entry.text.end as usize)
        .unwrap_or_default()
}
