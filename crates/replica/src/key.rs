//! Keys and their secrets: what is listed, searched, sorted and recognised offline.

use crypto::token::SecretHash;
use domain::clock::Timestamp;
use domain::id::{KeyId, SecretId};
use domain::key::{KeyKind, KeyState};
use protocol::key::KeyView;
use rusqlite::types::Value;
use rusqlite::{Connection, OptionalExtension as _, Row, params, params_from_iter};
use serde::{Deserialize, Serialize};

use crate::outbox::{self, OutboxEntry};
use crate::{Replica, ReplicaError, people};

/// Keys expiring within this many days are counted as expiring soon (K16).
const SOON_DAYS: i64 = 30;
/// Keys not used for this many days are counted as unused (K16).
const UNUSED_DAYS: i64 = 90;

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
    /// Only keys that expire within so many days.
    pub expires_within_days: Option<u32>,
    /// In which order.
    pub sort: Sort,
    /// How many to pass over.
    pub offset: u32,
    /// How many to answer at the most.
    pub limit: u32,
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
    /// Whether the server has not confirmed that it exists.
    pub unconfirmed: bool,
    /// What waits for it, oldest first.
    pub pending: Vec<OutboxEntry>,
}

/// Writes a key, unless a later version is here already.
pub(crate) fn put(connection: &Connection, view: &KeyView, unconfirmed: bool) -> Result<(), ReplicaError> {
    let id = view.id.to_string();
    let known: Option<(i64, bool)> = connection
        .prepare_cached("SELECT version, unconfirmed FROM key WHERE id = ?1")?
        .query_row([&id], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    if known.is_some_and(|(version, was_unconfirmed)| !was_unconfirmed && version > view.version) {
        return Ok(());
    }
    let last_four = view.secrets.last().map_or("", |secret| secret.last_four.as_str());
    let maker = people::display_name(connection, view.created_by)?.unwrap_or_default();
    let prefix = view.secrets.last().map_or("", |secret| secret.prefix.as_str());
    let haystack = format!(
        "{}\n{}\n{prefix}\n{last_four}\n{maker}",
        view.name, view.description
    )
    .to_lowercase();
    connection
        .prepare_cached(
            "INSERT INTO key (id, version, unconfirmed, kind, name, last_four, created_at, expires_at, revoked_at,
                              last_used_at, haystack, view)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)
             ON CONFLICT (id) DO UPDATE SET version = excluded.version, unconfirmed = excluded.unconfirmed,
                 kind = excluded.kind, name = excluded.name, last_four = excluded.last_four,
                 created_at = excluded.created_at, expires_at = excluded.expires_at,
                 revoked_at = excluded.revoked_at, last_used_at = excluded.last_used_at,
                 haystack = excluded.haystack, view = excluded.view",
        )?
        .execute(params![
            id,
            view.version,
            unconfirmed,
            view.kind.as_str(),
            view.name.as_str(),
            last_four,
            view.created_at.as_micros(),
            view.expires_at.map(Timestamp::as_micros),
            view.revoked_at.map(Timestamp::as_micros),
            view.last_used_at().map(Timestamp::as_micros),
            haystack,
            serde_json::to_string(view)?,
        ])?;
    if known.is_some() {
        connection
            .prepare_cached("DELETE FROM secret WHERE key_id = ?1")?
            .execute([&id])?;
    }
    let mut insert =
        connection.prepare_cached("INSERT INTO secret (id, key_id, hash) VALUES (?1, ?2, ?3)")?;
    for secret in &view.secrets {
        insert.execute(params![secret.id.to_string(), id, secret.hash.to_string()])?;
    }
    Ok(())
}

fn record(connection: &Connection, row: &Row<'_>) -> Result<KeyRecord, ReplicaError> {
    let view: String = row.get(0)?;
    let view: KeyView = serde_json::from_str(&view)?;
    Ok(KeyRecord {
        pending: outbox::of_key(connection, view.id)?,
        unconfirmed: row.get(1)?,
        view,
    })
}

/// The state of a row at `?1`, as a number in the order they are shown.
const STATE: &str = "CASE WHEN revoked_at IS NOT NULL THEN 2 \
                     WHEN expires_at IS NOT NULL AND expires_at <= ?1 THEN 1 ELSE 0 END";

const fn state_number(state: KeyState) -> i64 {
    match state {
        KeyState::Active => 0,
        KeyState::Expired => 1,
        KeyState::Revoked => 2,
    }
}

/// `WHERE` and its values; `?1` is always the present moment.
fn conditions(query: &KeyQuery, now: Timestamp) -> (String, Vec<Value>) {
    let mut sql = String::from("WHERE ?1 = ?1");
    let mut values = vec![Value::Integer(now.as_micros())];
    let mut push = |sql: &mut String, value: Value| {
        values.push(value);
        sql.push('?');
        sql.push_str(&values.len().to_string());
    };
    for word in query.search.to_lowercase().split_whitespace() {
        sql.push_str(" AND instr(haystack, ");
        push(&mut sql, Value::Text(word.to_owned()));
        sql.push_str(") > 0");
    }
    if !query.kinds.is_empty() {
        sql.push_str(" AND kind IN (");
        for (index, kind) in query.kinds.iter().enumerate() {
            if index > 0 {
                sql.push_str(", ");
            }
            push(&mut sql, Value::Text(kind.as_str().to_owned()));
        }
        sql.push(')');
    }
    if !query.states.is_empty() {
        sql.push_str(&format!(" AND {STATE} IN ("));
        for (index, state) in query.states.iter().enumerate() {
            if index > 0 {
                sql.push_str(", ");
            }
            push(&mut sql, Value::Integer(state_number(*state)));
        }
        sql.push(')');
    }
    if let Some(days) = query.expires_within_days {
        sql.push_str(" AND revoked_at IS NULL AND expires_at > ?1 AND expires_at <= ");
        push(
            &mut sql,
            Value::Integer(now.plus_days(i64::from(days)).as_micros()),
        );
    }
    (sql, values)
}

fn order(sort: Sort) -> String {
    let direction = if sort.descending { "DESC" } else { "ASC" };
    match sort.by {
        SortBy::Name => format!("name {direction}, id"),
        SortBy::Kind => format!("kind {direction}, name, id"),
        SortBy::State => format!("{STATE} {direction}, name, id"),
        SortBy::Expires => format!("expires_at IS NULL, expires_at {direction}, name, id"),
        SortBy::LastUsed => format!("last_used_at IS NULL, last_used_at {direction}, name, id"),
        SortBy::Created => format!("created_at {direction}, id"),
    }
}

impl Replica {
    /// Keys that fit, in order, and how many fit in all.
    ///
    /// # Errors
    /// [`ReplicaError::Sqlite`] or [`ReplicaError::Row`].
    pub fn keys(&self, query: &KeyQuery, now: Timestamp) -> Result<(Vec<KeyRecord>, u32), ReplicaError> {
        let connection = self.lock();
        let (conditions, mut values) = conditions(query, now);
        let total = connection
            .prepare_cached(&format!("SELECT count(*) FROM key {conditions}"))?
            .query_row(params_from_iter(&values), |row| row.get(0))?;
        let (limit, offset) = (values.len() + 1, values.len() + 2);
        let sql = format!(
            "SELECT view, unconfirmed FROM key {conditions} ORDER BY {} LIMIT ?{limit} OFFSET ?{offset}",
            order(query.sort)
        );
        values.push(Value::Integer(i64::from(query.limit)));
        values.push(Value::Integer(i64::from(query.offset)));
        let mut statement = connection.prepare_cached(&sql)?;
        let mut rows = statement.query(params_from_iter(&values))?;
        let mut keys = Vec::new();
        while let Some(row) = rows.next()? {
            keys.push(record(&connection, row)?);
        }
        Ok((keys, total))
    }

    /// Counts over all keys.
    ///
    /// # Errors
    /// [`ReplicaError::Sqlite`].
    pub fn key_counts(&self, now: Timestamp) -> Result<KeyCounts, ReplicaError> {
        let sql = "SELECT count(*),
                count(*) FILTER (WHERE revoked_at IS NULL AND expires_at > ?1 AND expires_at <= ?2),
                count(*) FILTER (WHERE revoked_at IS NULL AND (expires_at IS NULL OR expires_at > ?1)
                                   AND coalesce(last_used_at, created_at) <= ?3)
             FROM key";
        let moments = [now, now.plus_days(SOON_DAYS), now.plus_days(-UNUSED_DAYS)]
            .map(|moment| Value::Integer(moment.as_micros()));
        Ok(self
            .lock()
            .prepare_cached(sql)?
            .query_row(params_from_iter(moments), |row| {
                Ok(KeyCounts {
                    all: row.get(0)?,
                    expiring_soon: row.get(1)?,
                    unused: row.get(2)?,
                })
            })?)
    }

    /// One key.
    ///
    /// # Errors
    /// [`ReplicaError::Sqlite`] or [`ReplicaError::Row`].
    pub fn key(&self, id: KeyId) -> Result<Option<KeyRecord>, ReplicaError> {
        let connection = self.lock();
        let mut statement = connection.prepare_cached("SELECT view, unconfirmed FROM key WHERE id = ?1")?;
        let mut rows = statement.query([id.to_string()])?;
        rows.next()?.map(|row| record(&connection, row)).transpose()
    }

    /// The key that has a secret with this hash, and which of its secrets that is.
    ///
    /// # Errors
    /// [`ReplicaError::Sqlite`] or [`ReplicaError::Row`].
    pub fn key_by_hash(&self, hash: &SecretHash) -> Result<Option<(KeyRecord, SecretId)>, ReplicaError> {
        let connection = self.lock();
        let mut statement = connection.prepare_cached(
            "SELECT key.view, key.unconfirmed FROM secret JOIN key ON key.id = secret.key_id WHERE secret.hash = ?1",
        )?;
        let mut rows = statement.query([hash.to_string()])?;
        let Some(row) = rows.next()? else { return Ok(None) };
        let key = record(&connection, row)?;
        let secret = key
            .view
            .secrets
            .iter()
            .find(|secret| secret.hash == *hash)
            .map(|secret| secret.id);
        Ok(secret.map(|secret| (key, secret)))
    }

    /// The secrets of all keys.
    ///
    /// # Errors
    /// [`ReplicaError::Sqlite`].
    pub fn secret_ids(&self) -> Result<Vec<SecretId>, ReplicaError> {
        let connection = self.lock();
        let mut statement = connection.prepare_cached("SELECT id FROM secret")?;
        let ids = statement
            .query_map([], |row| row.get::<_, String>(0))?
            .collect::<Result<Vec<_>, _>>()?;
        Ok(ids.iter().filter_map(|id| id.parse().ok()).collect())
    }

    /// The name of the key that has this secret.
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
