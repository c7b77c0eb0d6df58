//! Keys and their secrets: what is listed, searched, sorted and recognised offline.

use crypto::token::SecretHash;
use domain::clock::Timestamp;
use domain::id::{KeyId, SecretId};
use domain::key::{KeyKind, KeyState};
use domain::policy::Suspension;
use domain::principal::Principal;
use protocol::key::{CreateKeyRequest, KeyFields, KeyView};
use rusqlite::{Connection, OptionalExtension as _, Row, params};
use serde::{Deserialize, Serialize};

use crate::outbox::{self, OutboxEntry};
use crate::{Change, Replica, ReplicaError, groups, rules};

/// What to list.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[serde(rename_all = "camelCase")]
pub struct KeyQuery {
    /// Words that all have to occur, in any case.
    pub search: String,
    /// Kinds to show; empty for all.
    pub kinds: Vec<KeyKind>,
    /// States to show; empty for all.
    pub states: Vec<KeyState>,
    /// Only the personal tokens of this owner.
    #[serde(default)]
    pub owner: Option<Principal>,
    /// Only keys that expire within so many days.
    pub expires_within_days: Option<u32>,
    /// Only keys that work and were not used for so many days, nor known for so long (K16).
    pub unused_for_days: Option<u32>,
    /// In which order.
    pub sort: Sort,
    /// How many to pass over.
    pub offset: u32,
    /// How many to answer at the most.
    pub limit: u32,
}

impl KeyQuery {
    /// Every key by its name, at most `limit` of them.
    #[must_use]
    pub const fn by_name(limit: u32) -> Self {
        Self {
            search: String::new(),
            kinds: Vec::new(),
            states: Vec::new(),
            owner: None,
            expires_within_days: None,
            unused_for_days: None,
            sort: Sort {
                by: SortBy::Name,
                descending: false,
            },
            offset: 0,
            limit,
        }
    }
}

/// An order.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
pub struct Sort {
    /// By which column.
    pub by: SortBy,
    /// From the last to the first.
    pub descending: bool,
}

/// A column to sort by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[serde(rename_all = "snake_case")]
pub enum SortBy {
    /// The name.
    Name,
    /// The kind.
    Kind,
    /// The state.
    State,
    /// The expiry; never comes last.
    Expires,
    /// The last use; never comes last.
    LastUsed,
    /// When it was made.
    Created,
}

/// Counts over all keys, whatever is listed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[serde(rename_all = "camelCase")]
pub struct KeyCounts {
    /// All keys.
    pub all: u32,
    /// Active keys that expire within 30 days.
    pub expiring_soon: u32,
    /// Active keys not used for 90 days, nor made since.
    pub unused: u32,
}

/// A key as it is known here.
#[derive(Clone, Debug)]
pub struct KeyRecord {
    /// As the server said it, or as it was meant here while it is unconfirmed.
    pub view: KeyView,
    /// Its fields once the edits that wait are in force.
    pub shown: KeyFields,
    /// Whether the server has not confirmed that it exists.
    pub unconfirmed: bool,
    /// What waits for it, oldest first.
    pub pending: Vec<OutboxEntry>,
    /// What suspends it (K11).
    pub suspension: Option<Suspension>,
    /// How its owner is shown, of a personal token; `None` also when they are not known here any more.
    pub owner_name: Option<String>,
}

impl KeyRecord {
    /// Its state now.
    #[must_use]
    pub fn state(&self, now: Timestamp) -> KeyState {
        self.view.life().state_under(self.suspension.is_some(), now)
    }
}

/// Writes a key, unless a later version is here already.
pub(crate) fn put(change: &Change<'_>, view: &KeyView, unconfirmed: bool) -> Result<(), ReplicaError> {
    let id = view.id.to_string();
    let known: Option<(i64, bool)> = change
        .prepare_cached("SELECT version, unconfirmed FROM key WHERE id = ?1")?
        .query_row([&id], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    if known.is_some_and(|(version, was_unconfirmed)| !was_unconfirmed && version > view.version) {
        return Ok(());
    }
    let shown = if change.is_edited(&id)? {
        outbox::as_wanted(view.fields(), &outbox::of_key(change, view.id)?)
    } else {
        view.fields()
    };
    // All of them are found by what they end in, also those that ended.
    let prefix = view.shared().next_back().map_or("", |secret| &secret.prefix);
    let last_fours: Vec<&str> = view
        .secrets
        .iter()
        .map(|secret| secret.last_four.as_str())
        .collect();
    let last_fours = last_fours.join(" ");
    let maker = change.name_of(view.created_by)?;
    let owner = match view.owner {
        Some(owner) => groups::owner_name(change, owner)?.unwrap_or_default(),
        None => String::new(),
    };
    let haystack = format!(
        "{}\n{}\n{prefix}\n{last_fours}\n{maker}\n{owner}",
        shown.name, shown.description
    )
    .to_lowercase();
    change
        .prepare_cached(
            "INSERT INTO key (id, version, unconfirmed, kind, name, created_at, expires_at, revoked_at, last_used_at,
                              haystack, paused_at, rotates_until, known_at, owner)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14)
             ON CONFLICT (id) DO UPDATE SET version = excluded.version, unconfirmed = excluded.unconfirmed,
                 kind = excluded.kind, name = excluded.name, created_at = excluded.created_at,
                 expires_at = excluded.expires_at, revoked_at = excluded.revoked_at,
                 last_used_at = excluded.last_used_at, haystack = excluded.haystack,
                 paused_at = excluded.paused_at, rotates_until = excluded.rotates_until,
                 known_at = excluded.known_at, owner = excluded.owner",
        )?
        .execute(params![
            id,
            view.version,
            unconfirmed,
            view.kind.as_str(),
            shown.name.as_str(),
            view.created_at.as_micros(),
            view.expires_at.map(Timestamp::as_micros),
            view.revoked_at.map(Timestamp::as_micros),
            view.last_used_at().map(Timestamp::as_micros),
            haystack,
            view.paused_at.map(Timestamp::as_micros),
            view.life().rotates_until.map(Timestamp::as_micros),
            view.shared().next().map(|secret| secret.created_at.as_micros()),
            view.owner.map(|owner| owner.to_string()),
        ])?;
    change
        .prepare_cached(
            "INSERT INTO key_view (id, view) VALUES (?1, ?2) ON CONFLICT (id) DO UPDATE SET view = excluded.view",
        )?
        .execute(params![id, serde_json::to_string(view)?])?;
    put_secrets(change, &id, view, known.is_some())?;
    change.touched(view.id);
    Ok(())
}

/// Writes the secrets of a key that are not here yet, and removes those it has no more. What a secret's hash is never
/// changes, so most changes of a key touch nothing here.
fn put_secrets(change: &Change<'_>, key: &str, view: &KeyView, was_known: bool) -> Result<(), ReplicaError> {
    let known: Vec<String> = if was_known {
        change
            .prepare_cached("SELECT id FROM secret WHERE key_id = ?1")?
            .query_map([key], |row| row.get(0))?
            .collect::<Result<_, _>>()?
    } else {
        Vec::new()
    };
    let wanted: Vec<(String, &[u8])> = view
        .secrets
        .iter()
        .map(|secret| (secret.id.to_string(), head(&secret.hash)))
        .collect();
    for id in known
        .iter()
        .filter(|id| !wanted.iter().any(|(wanted, _)| wanted == *id))
    {
        change
            .prepare_cached("DELETE FROM secret WHERE id = ?1")?
            .execute([id])?;
    }
    for (id, head) in wanted.iter().filter(|(id, _)| !known.contains(id)) {
        change
            .prepare_cached("INSERT INTO secret (id, key_id, head) VALUES (?1, ?2, ?3)")?
            .execute(params![id, key, head])?;
    }
    Ok(())
}

/// What a secret is looked up by. Two secrets may share it; whole hashes decide.
fn head(hash: &SecretHash) -> &[u8] {
    &hash.as_bytes()[..8]
}

/// Lists a key by its fields as they are wanted now: its edits began to wait, or ceased to.
pub(crate) fn show_anew(change: &Change<'_>, id: KeyId) -> Result<(), ReplicaError> {
    change.forget_edited();
    match read(change, id)? {
        Some(record) => put(change, &record.view, record.unconfirmed),
        None => Ok(()),
    }
}

/// Shows a key that is not made yet by other fields.
pub(crate) fn rename_unconfirmed(
    change: &Change<'_>,
    id: KeyId,
    request: &CreateKeyRequest,
) -> Result<(), ReplicaError> {
    let Some(mut record) = read(change, id)?.filter(|record| record.unconfirmed) else {
        return Ok(());
    };
    record.view.name = request.name.clone();
    record.view.description = request.description.clone();
    record.view.requests_per_minute = request.requests_per_minute;
    record.view.people.clone_from(&request.people);
    record.view.grants.clone_from(&request.grants);
    put(change, &record.view, true)
}

fn record(connection: &Connection, row: &Row<'_>) -> Result<KeyRecord, ReplicaError> {
    let view: String = row.get(0)?;
    let view: KeyView = serde_json::from_str(&view)?;
    let pending = outbox::of_key(connection, view.id)?;
    Ok(KeyRecord {
        shown: outbox::as_wanted(view.fields(), &pending),
        pending,
        unconfirmed: row.get(1)?,
        suspension: rules::suspension_of(connection, &view)?,
        owner_name: match view.owner {
            Some(owner) => groups::owner_name(connection, owner)?,
            None => None,
        },
        view,
    })
}

fn read(connection: &Connection, id: KeyId) -> Result<Option<KeyRecord>, ReplicaError> {
    let mut statement = connection.prepare_cached(
        "SELECT key_view.view, key.unconfirmed FROM key JOIN key_view ON key_view.id = key.id WHERE key.id = ?1",
    )?;
    let mut rows = statement.query([id.to_string()])?;
    rows.next()?.map(|row| record(connection, row)).transpose()
}

/// What the server has of a key's fields.
pub(crate) fn confirmed(connection: &Connection, id: KeyId) -> Result<Option<KeyFields>, ReplicaError> {
    Ok(read(connection, id)?.map(|record| record.view.fields()))
}

impl Replica {
    /// Keys that fit, in order, and how many fit in all.
    ///
    /// # Errors
    /// [`ReplicaError::Sqlite`] or [`ReplicaError::Row`].
    pub fn keys(&self, query: &KeyQuery, now: Timestamp) -> Result<(Vec<KeyRecord>, u32), ReplicaError> {
        let connection = self.lock();
        let (ids, total) = self.with_listing(&connection, |listing| listing.select(query, now))?;
        let keys = ids
            .into_iter()
            .map(|id| read(&connection, id))
            .collect::<Result<Vec<_>, _>>()?;
        Ok((keys.into_iter().flatten().collect(), total))
    }

    /// Counts over all keys.
    ///
    /// # Errors
    /// [`ReplicaError::Sqlite`].
    pub fn key_counts(&self, now: Timestamp) -> Result<KeyCounts, ReplicaError> {
        let connection = self.lock();
        self.with_listing(&connection, |listing| listing.counts(now))
    }

    /// One key.
    ///
    /// # Errors
    /// [`ReplicaError::Sqlite`] or [`ReplicaError::Row`].
    pub fn key(&self, id: KeyId) -> Result<Option<KeyRecord>, ReplicaError> {
        read(&self.lock(), id)
    }

    /// The key that has a secret with this hash, and which of its secrets that is.
    ///
    /// # Errors
    /// [`ReplicaError::Sqlite`] or [`ReplicaError::Row`].
    pub fn key_by_hash(&self, hash: &SecretHash) -> Result<Option<(KeyRecord, SecretId)>, ReplicaError> {
        let connection = self.lock();
        let mut statement = connection.prepare_cached(
            "SELECT key_view.view, key.unconfirmed FROM secret JOIN key ON key.id = secret.key_id
             JOIN key_view ON key_view.id = key.id WHERE secret.head = ?1",
        )?;
        let mut rows = statement.query([head(hash)])?;
        while let Some(row) = rows.next()? {
            let key = record(&connection, row)?;
            if let Some(secret) = key.view.secrets.iter().find(|secret| secret.hash == *hash) {
                let secret = secret.id;
                return Ok(Some((key, secret)));
            }
        }
        for waiting in outbox::rotations(&connection)? {
            if waiting.secret.hash == *hash {
                let key = read(&connection, waiting.secret.key_id)?;
                return Ok(key.map(|key| (key, waiting.secret.id)));
            }
        }
        Ok(None)
    }

    /// The secrets of all keys, and those that rotations under way will bring.
    ///
    /// # Errors
    /// [`ReplicaError::Sqlite`].
    pub fn secret_ids(&self) -> Result<Vec<SecretId>, ReplicaError> {
        let connection = self.lock();
        let mut statement =
            connection.prepare_cached("SELECT id FROM secret UNION SELECT id FROM left_secret")?;
        let ids = statement
            .query_map([], |row| row.get::<_, String>(0))?
            .collect::<Result<Vec<_>, _>>()?;
        let mut ids: Vec<SecretId> = ids.iter().filter_map(|id| id.parse().ok()).collect();
        let waiting = outbox::rotations(&connection)?;
        ids.extend(waiting.iter().map(|request| request.secret.id));
        Ok(ids)
    }

    /// The key of a secret, also of one that a rotation waits to bring.
    ///
    /// # Errors
    /// [`ReplicaError::Sqlite`] or [`ReplicaError::Row`].
    pub fn key_of_secret(&self, id: SecretId) -> Result<Option<KeyId>, ReplicaError> {
        let connection = self.lock();
        let of_key: Option<String> = connection
            .prepare_cached("SELECT key_id FROM secret WHERE id = ?1")?
            .query_row([id.to_string()], |row| row.get(0))
            .optional()?;
        if let Some(key) = of_key {
            return Ok(Some(
                key.parse()
                    .map_err(<serde_json::Error as serde::de::Error>::custom)?,
            ));
        }
        let waiting = outbox::rotations(&connection)?;
        Ok(waiting
            .iter()
            .find(|request| request.secret.id == id)
            .map(|request| request.secret.key_id))
    }

    /// The name of the key of a secret.
    ///
    /// # Errors
    /// [`ReplicaError::Sqlite`].
    pub fn key_name_of_secret(&self, id: SecretId) -> Result<Option<String>, ReplicaError> {
        let sql = "SELECT key.name FROM secret JOIN key ON key.id = secret.key_id WHERE secret.id = ?1";
        Ok(self
            .lock()
            .prepare_cached(sql)?
            .query_row([id.to_string()], |row| row.get(0))
            .optional()?)
    }
}
